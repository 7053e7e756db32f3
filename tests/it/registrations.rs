//! The proxy registers its webhooks by itself, and registers anew after Vipps MobilePay has deleted the registration.

use kvitt_vipps::EventName;
use kvitt_wire::{Checkout, State};

use crate::shop::{Database, Shop, Stage, eventually, execute, http, two_mugs_and_a_tea};

/// The only registration of the Norwegian sales unit, once it is another one than `before`.
async fn registered(shop: &Shop, before: &str) -> String {
    let id = eventually("it is registered", || async {
        let listed = shop.vipps.client.webhooks().await.unwrap();
        listed.into_iter().map(|listed| listed.id).find(|id| id != before)
    })
    .await;
    assert_eq!(shop.vipps.client.webhooks().await.unwrap().len(), 1);
    id
}

/// Waits until the proxy has checked both sales units.
async fn all_are_checked(shop: &Shop) {
    let store = shop.store().await;
    eventually("both are checked", || async {
        let readings = store.gauges().await.unwrap();
        let good = readings
            .iter()
            .filter(|reading| reading.name == kvitt::observe::metrics::WEBHOOK_REGISTERED && reading.value == 1);
        (good.count() == 2).then_some(())
    })
    .await;
    store.close().await;
}

/// A payment is found by its webhook: these scenarios do not poll.
async fn a_webhook_arrives(shop: &Shop) {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
}

#[tokio::test]
async fn a_proxy_without_a_registration_makes_one_and_repairs_it() {
    let shop = Shop::open_with("webhook.repair = true\nwebhook.check_every_ms = 200").await;
    let first = registered(&shop, "").await;
    a_webhook_arrives(&shop).await;
    shop.vipps.client.remove_webhook(&first).await.unwrap();
    registered(&shop, &first).await;
    a_webhook_arrives(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn a_registration_by_another_proxy_is_picked_up() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_checked(&shop).await;
    shop.vipps.client.remove_webhook(&first).await.unwrap();
    for _ in 0..2 {
        let repaired = shop.runs(&["webhooks", "repair"]).await.succeeded();
        assert_eq!(repaired.out, "sales unit no: webhooks are registered\nsales unit dk: webhooks are registered\n");
    }
    registered(&shop, &first).await;
    a_webhook_arrives(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn a_secret_under_another_key_needs_manual_action() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_checked(&shop).await;
    let store = shop.store().await;
    assert!(store.webhook_secrets().await.unwrap().iter().any(|secret| secret.registration == first));
    store.close().await;
    let config = std::fs::read_to_string(&shop.files.config).unwrap();
    let another = config.replace("encryption.key = \"YS", "encryption.key = \"ZS");
    assert_ne!(another, config);
    std::fs::write(&shop.files.config, &another).unwrap();
    let repaired = shop.runs(&["webhooks", "repair"]).await.succeeded();
    assert!(repaired.out.contains(&format!("`kvitt webhooks remove {first}`")), "{repaired:?}");
    assert_eq!(registered(&shop, "").await, first, "there is still only one");

    // With the previous key, a new key can decrypt the secrets.
    let old = format!("encryption.previous_key = \"{}\"\n", crate::shop::ENCRYPTION_KEY);
    let place = another.find("encryption.key").unwrap();
    std::fs::write(&shop.files.config, format!("{}{old}{}", &another[..place], &another[place..])).unwrap();
    assert!(shop.runs(&["encryption", "rotate"]).await.succeeded().out.starts_with("encrypted 2 again"));
    std::fs::write(&shop.files.config, another).unwrap();
    let good = shop.runs(&["webhooks", "repair"]).await.succeeded();
    assert!(good.out.starts_with("sales unit no: webhooks are registered\n"), "{good:?}");
    shop.close().await;
}

/// A payment at a proxy process is found by its webhook.
async fn a_webhook_arrives_at(stage: &Stage) {
    let seen = async |url: &str| http().get(url).send().await.ok()?.json::<Checkout>().await.ok();
    let response =
        http().post(format!("{}/v1/checkouts", stage.url())).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = response.json().await.unwrap();
    let url = format!("{}/v1/checkouts/{}", stage.url(), order.token);
    eventually("the payment", || async { (seen(&url).await?.state == State::Created).then_some(()) }).await;
    stage.vipps.approves(&order.reference).await;
    eventually("the webhook has arrived", || async { (seen(&url).await?.state == State::Authorized).then_some(()) })
        .await;
}

/// The number of registrations of the Norwegian sales unit.
async fn registrations(stage: &Stage) -> usize {
    stage.vipps.client.webhooks().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_dies_while_it_registers_has_webhooks_after_its_next_start() {
    // Two tokens, two lists, two registrations.
    for nth in 1..=6 {
        let options = "webhook.repair = true\nwebhook.check_every_ms = 500";
        let mut stage = Stage::set_with(Database::chosen(), options).await;
        let mut proxy = stage.start_mortal(&["--dies-after=answer".to_owned(), format!("--nth={nth}")]);
        eventually("it has died", || std::future::ready(proxy.has_died().then_some(()))).await;
        let left = registrations(&stage).await;
        assert!(left <= 1);
        drop(proxy);
        let proxy = stage.start();
        eventually("it is registered", || async { registered_by_the_metrics(&stage.url()).await[0].then_some(()) })
            .await;
        a_webhook_arrives_at(&stage).await;
        assert!(registrations(&stage).await <= left + 1);
        drop(proxy);
        stage.vipps.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_proxies_beside_an_orphan_register_once() {
    let mut stage = Stage::set_with(Database::Postgres, "webhook.repair = true").await;
    let url = format!("{}/callbacks/vipps/no", stage.url());
    let orphan = stage.vipps.client.register_webhook(&url, &EventName::ALL).await.unwrap().id;
    let proxies = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let first = scope.spawn(|| stage.start());
            let others = [(); 2].map(|()| scope.spawn(|| stage.start_beside()));
            [first].into_iter().chain(others).map(|proxy| proxy.join().unwrap()).collect::<Vec<_>>()
        })
    });
    eventually("it is registered", || async { (registrations(&stage).await == 2).then_some(()) }).await;
    a_webhook_arrives_at(&stage).await;
    let said = stage.command(&["doctor"]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains(&format!("`kvitt webhooks remove {orphan}`")), "{said}");
    let made = stage.vipps.calls("POST", "/webhooks/v1/webhooks").await.len();
    assert_eq!(made, 3, "the orphan, and one for each sales unit");
    drop(proxies);
    stage.vipps.close().await;
}

#[tokio::test]
async fn a_registration_that_cannot_be_stored_is_removed() {
    let shop = Shop::open_on(Database::Sqlite, "webhook.repair = true\nwebhook.check_every_ms = 100").await;
    let first = registered(&shop, "").await;
    all_are_checked(&shop).await;
    execute(
        &shop.files.database,
        "CREATE TRIGGER full BEFORE INSERT ON webhook_secrets BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .await;
    shop.vipps.client.remove_webhook(&first).await.unwrap();
    let removed = || async { shop.vipps.calls("DELETE", "/webhooks/v1/webhooks").await.len() };
    eventually("it has retried many times", || async { (removed().await > 10).then_some(()) }).await;
    assert!(shop.vipps.client.webhooks().await.unwrap().len() <= 1, "one that is being made, at most");
    execute(&shop.files.database, "DROP TRIGGER full").await;
    eventually("it is registered", || async {
        let store = shop.store().await;
        let known = store.webhook_secrets().await.unwrap();
        store.close().await;
        let listed = shop.vipps.client.webhooks().await.unwrap();
        listed.iter().any(|listed| known.iter().any(|known| known.registration == listed.id)).then_some(())
    })
    .await;
    a_webhook_arrives(&shop).await;
    shop.close().await;
}

/// The ids of the registrations whose secrets are stored.
async fn secrets_of(shop: &Shop) -> Vec<String> {
    let store = shop.store().await;
    let secrets = store.webhook_secrets().await.unwrap();
    store.close().await;
    secrets.into_iter().map(|secret| secret.registration).collect()
}

#[tokio::test]
async fn removing_a_registration_invalidates_its_secret() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_checked(&shop).await;
    assert!(secrets_of(&shop).await.contains(&first));
    for said in [format!("removed {first}\n"), format!("{first} is not registered (any more)\n")] {
        assert_eq!(shop.runs(&["webhooks", "remove", &first]).await.succeeded().out, said);
    }
    assert!(!secrets_of(&shop).await.contains(&first));
    shop.runs(&["webhooks", "repair"]).await.succeeded();
    let second = registered(&shop, &first).await;
    assert!(secrets_of(&shop).await.contains(&second));
    a_webhook_arrives(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn a_lost_secret_does_not_block_key_rotation() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_checked(&shop).await;
    let config = std::fs::read_to_string(&shop.files.config).unwrap();
    std::fs::write(&shop.files.config, config.replace("encryption.key = \"YS", "encryption.key = \"ZS")).unwrap();
    let doctor = shop.runs(&["doctor"]).await;
    assert!(doctor.out.contains("warn  encryption: 2 webhook secrets cannot be decrypted"), "{doctor:?}");
    let rotated = shop.runs(&["encryption", "rotate"]).await.succeeded();
    assert!(rotated.out.contains(&format!("`kvitt webhooks remove {first}`")), "{rotated:?}");
    assert!(rotated.out.ends_with("encrypted 0 again; encryption.previous_key is no longer needed\n"), "{rotated:?}");
    shop.close().await;
}

/// What the metrics say of the sales units, the Norwegian one first.
async fn registered_by_the_metrics(proxy: &str) -> [bool; 2] {
    let metrics = http().get(format!("{proxy}/metrics")).send().await.unwrap().text().await.unwrap();
    ["no", "dk"].map(|unit| metrics.contains(&format!("\nkvitt_webhook_registered{{sales_unit=\"{unit}\"}} 1\n")))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_and_one_more_sales_unit_are_registered_at_the_next_start() {
    let mut stage = Stage::set_with(Database::chosen(), "webhook.repair = true").await;
    let whole = std::fs::read_to_string(&stage.files.config).unwrap();
    let one_unit = &whole[..whole.rfind("[[sales_unit]]").unwrap()];
    std::fs::write(&stage.files.config, one_unit).unwrap();
    let proxy = stage.start();
    let says = async |expected: [bool; 2]| {
        eventually(&format!("the metrics say {expected:?}"), || async {
            (registered_by_the_metrics(&stage.url()).await == expected).then_some(())
        })
        .await;
    };
    says([true, false]).await;
    drop(proxy);

    // Both are planned to be looked at in an hour.
    let named = whole.replace("public_url = \"http://127.0.0.1:", "public_url = \"http://localhost:");
    assert_ne!(named, whole);
    std::fs::write(&stage.files.config, named).unwrap();
    let list = "/webhooks/v1/webhooks";
    stage.vipps.fails("GET", list, 1_000, serde_json::json!({ "status": 500 })).await;
    let proxy = stage.start();
    assert_eq!(registered_by_the_metrics(&stage.url()).await, [false, false], "the old address does not count");
    drop(proxy);
    stage.vipps.nothing_fails().await;
    execute(&stage.files.database, "UPDATE chores SET due_at = due_at + 3000000").await;
    let proxy = stage.start();
    says([true, true]).await;
    let listed = stage.vipps.client.webhooks().await.unwrap();
    assert!(listed.iter().any(|listed| listed.url.contains("//localhost:")), "{listed:?}");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_vanished_is_made_again_at_the_next_start() {
    let mut stage = Stage::set_with(Database::chosen(), "webhook.repair = true").await;
    for _ in 0..2 {
        let proxy = stage.start();
        eventually("it is registered", || async { (registrations(&stage).await == 1).then_some(()) }).await;
        a_webhook_arrives_at(&stage).await;
        eventually("it is known to be", || async { registered_by_the_metrics(&stage.url()).await[0].then_some(()) })
            .await;
        drop(proxy);
        let gone = stage.vipps.client.webhooks().await.unwrap().remove(0).id;
        stage.vipps.client.remove_webhook(&gone).await.unwrap();
        // Vipps MobilePay deleted it while no proxy ran, and the next look was planned in an hour.
        execute(&stage.files.database, "UPDATE chores SET due_at = due_at + 3000000").await;
    }
    stage.vipps.close().await;
}
