//! The proxy registers for webhooks by itself, and again when Vipps MobilePay has deleted the registration.

use kvitt_wire::State;

use crate::shop::{Shop, eventually};

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

/// Waits until the proxy has looked after both sales units.
async fn all_are_looked_after(shop: &Shop) {
    let store = shop.store().await;
    eventually("both are looked after", || async {
        let readings = store.readings().await.unwrap();
        let good =
            readings.iter().filter(|reading| reading.name == kvitt::registrations::REGISTERED && reading.value == 1);
        (good.count() == 2).then_some(())
    })
    .await;
    store.close().await;
}

/// Nobody looks at payments in these scenarios: what is heard of one comes by a webhook.
async fn a_payment_is_heard_of(shop: &Shop) {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
}

#[tokio::test]
async fn a_proxy_without_a_registration_makes_one_and_repairs_it() {
    let shop = Shop::open_with("webhook.repair = true\nwebhook.check_every_ms = 200").await;
    let first = registered(&shop, "").await;
    a_payment_is_heard_of(&shop).await;
    shop.vipps.client.remove_webhook(&first).await.unwrap();
    registered(&shop, &first).await;
    a_payment_is_heard_of(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn what_another_registered_is_picked_up() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_looked_after(&shop).await;
    shop.vipps.client.remove_webhook(&first).await.unwrap();
    for _ in 0..2 {
        let repaired = shop.runs(&["webhooks", "repair"]).await.ended_well();
        assert_eq!(repaired.out, "sales unit no: webhooks are registered\nsales unit dk: webhooks are registered\n");
    }
    registered(&shop, &first).await;
    a_payment_is_heard_of(&shop).await;
    shop.close().await;
}

#[tokio::test]
async fn a_registration_whose_secret_nobody_knows_is_left_to_a_person() {
    let shop = Shop::open_with("webhook.repair = true").await;
    let first = registered(&shop, "").await;
    all_are_looked_after(&shop).await;
    let store = shop.store().await;
    assert!(store.webhook_secrets().await.unwrap().iter().any(|secret| secret.registration == first));
    store.close().await;
    let config = std::fs::read_to_string(&shop.files.config).unwrap();
    let another = config.replace("encryption.key = \"YS", "encryption.key = \"ZS");
    assert_ne!(another, config);
    std::fs::write(&shop.files.config, &another).unwrap();
    let repaired = shop.runs(&["webhooks", "repair"]).await.ended_well();
    assert!(repaired.out.contains(&format!("`kvitt webhooks remove {first}`")), "{repaired:?}");
    assert_eq!(registered(&shop, "").await, first, "there is still that one alone");

    // A new key whose predecessor is there takes the secrets over.
    let old = format!("encryption.previous_key = \"{}\"\n", crate::shop::ENCRYPTION_KEY);
    let place = another.find("encryption.key").unwrap();
    std::fs::write(&shop.files.config, format!("{}{old}{}", &another[..place], &another[place..])).unwrap();
    assert!(shop.runs(&["encryption", "rotate"]).await.ended_well().out.starts_with("sealed 2 anew"));
    std::fs::write(&shop.files.config, another).unwrap();
    let good = shop.runs(&["webhooks", "repair"]).await.ended_well();
    assert!(good.out.starts_with("sales unit no: webhooks are registered\n"), "{good:?}");
    shop.close().await;
}
