//! What customers share: sealed in the database, under a key that can be replaced, and gone for good when it is erased.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use kvitt::checkout::{Moment, Planned};
use kvitt::store::{Cause, Committed, Error, Store};
use kvitt::vault::{Key, Vault};
use kvitt_wire::{Checkout, Sharing, State};
use reqwest::StatusCode;

use crate::shop::{
    Database, ENCRYPTION_KEY, Files, Order, PHONE_NUMBER, Shop, Stage, dump, eventually, execute, http,
    two_mugs_and_a_tea, vault,
};
use crate::store::Place;

/// The proxy's own command on a shop's files. The proxies of this process go on meanwhile.
async fn kvitt(files: &Files, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    command.args(args).arg("--config").arg(&files.config);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let run = move || {
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn says(output: &Output, expected: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains(expected) || err.contains(expected), "{out}{err}");
    assert!(!out.contains(PHONE_NUMBER) && !err.contains(PHONE_NUMBER));
}

/// An order that is paid, with the number shared.
async fn shared(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    order
}

/// The order is there as it was, but for its customer, and a webhook that makes the proxy look brings nothing back.
async fn is_forgotten(shop: &Shop, order: &mut Order<'_>) {
    order.follows(|checkout| checkout.sharing == Sharing::default(), "forgotten").await;
    assert_eq!((order.seen.state, order.seen.aggregate.authorized), (State::Authorized, 58_700));
    let capture = kvitt_vipps::Amount { value: 1_000, currency: "NOK".into() };
    shop.vipps.client.capture(order.reference(), &format!("{}-c", order.reference()), capture).await.unwrap();
    order.follows(|checkout| checkout.aggregate.captured == 1_000, "looked at").await;
    let stored = shop.stored(order).await;
    assert_eq!(stored.customer, None);
    assert!(stored.erased_at.is_some() && stored.current().consent.is_some(), "that there was a yes, and an erasure");
    assert_eq!(order.look().await.sharing, Sharing::default());
    let page = shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_row_says_who_has_paid() {
    let shop = Shop::open().await;
    let order = shared(&shop).await;
    let stored = shop.stored(&order).await.customer.unwrap();
    assert_eq!(stored.phone_number.unwrap().digits(), PHONE_NUMBER);
    let sub = stored.sub.unwrap();
    let written = dump(&shop.files.database).await;
    assert!(written.contains(order.reference()), "the dump has what is there");
    assert!(!written.contains(PHONE_NUMBER) && !written.contains(&sub));
    shop.close().await;
}

#[tokio::test]
async fn what_is_erased_by_reference_stays_away() {
    let shop = Shop::open().await;
    let (mut order, other) = (shared(&shop).await, shared(&shop).await);
    let erased = kvitt(&shop.files, &["customers", "erase", "--reference", order.reference()], "").await;
    says(&erased, "erased the customer of 1 order\n");
    is_forgotten(&shop, &mut order).await;
    assert!(shop.stored(&other).await.customer.is_some(), "nobody else's is");
    says(&kvitt(&shop.files, &["customers", "erase", "--reference", "nobody-1"], "").await, "there is no such order");
    shop.close().await;
}

#[tokio::test]
async fn what_is_erased_by_number_is_erased_in_every_order() {
    let shop = Shop::open().await;
    let (mut one, mut two) = (shared(&shop).await, shared(&shop).await);
    let erase = ["customers", "erase", "--phone-number", "-"];
    says(&kvitt(&shop.files, &erase, "+47 912 34 568\n").await, "there is no such order");
    says(&kvitt(&shop.files, &erase, "912 34").await, "with its country code");
    says(&kvitt(&shop.files, &erase, "+47 912 34 567\n").await, "erased the customer of 2 orders\n");
    is_forgotten(&shop, &mut one).await;
    is_forgotten(&shop, &mut two).await;
    says(&kvitt(&shop.files, &erase, PHONE_NUMBER).await, "there is no such order");
    shop.close().await;
}

#[tokio::test]
async fn what_is_old_enough_is_erased_by_itself() {
    let mut shop = Shop::open_with("retention.customer_days = 30\nlimits.heartbeat_ms = 100").await;
    let day_ms = 24 * 60 * 60 * 1000;
    let ages = [29, 31];
    let tokens = {
        let mut tokens = Vec::new();
        for days in ages {
            let order = shared(&shop).await;
            let mut checkout = shop.stored(&order).await;
            let mut customer = checkout.customer.take().unwrap();
            customer.received_at = kvitt::clock::now().plus_ms(-days * day_ms);
            checkout.customer = Some(customer);
            checkout.version += 1;
            let store = shop.store().await;
            let none: &[Planned] = &[];
            let committed = store.commit(&checkout, none, &Cause::Request, kvitt::clock::now()).await.unwrap();
            assert_eq!(committed, Committed::Yes);
            store.postpone_chore(kvitt::customers::FORGETTING, Moment(0)).await.unwrap();
            store.close().await;
            tokens.push(order.seen.token);
        }
        tokens
    };
    // A proxy looks whether it is its turn when it starts.
    shop.opens_another_proxy().await;
    let mut orders = Vec::new();
    for token in &tokens {
        orders.push(shop.order_of(token).await);
    }
    is_forgotten(&shop, &mut orders[1]).await;
    assert!(shop.stored(&orders[0]).await.customer.is_some(), "it is not old enough yet");
    drop(orders);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_the_proxy_runs() {
    let mut stage = Stage::set(Database::chosen()).await;
    let written = std::fs::read_to_string(&stage.files.config).unwrap();
    let keys = |key: &str, previous: Option<&str>| {
        let mut lines = format!("encryption.key = \"{key}\"");
        if let Some(previous) = previous {
            lines.push_str(&format!("\nencryption.previous_key = \"{previous}\""));
        }
        std::fs::write(&stage.files.config, written.replace(&format!("encryption.key = \"{ENCRYPTION_KEY}\""), &lines))
            .unwrap();
    };
    let proxy = stage.start();
    let asked = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = asked.json().await.unwrap();
    stage.vipps.approves(&order.reference).await;
    let path = format!("{}/v1/checkouts/{}", stage.url(), order.token);
    let number_ends = async || {
        eventually("the number", || async {
            let checkout: Checkout = http().get(&path).send().await.ok()?.json().await.ok()?;
            checkout.sharing.phone_number_ending
        })
        .await
    };
    let ending = number_ends().await;
    proxy.kill();

    let new = Key::random().written();
    keys(&new, None);
    says(&kvitt(&stage.files, &["migrate"], "").await, "sealed under another key than those of the configuration");
    keys(&new, Some(ENCRYPTION_KEY));
    let proxy = stage.start();
    says(&kvitt(&stage.files, &["encryption", "rotate"], "").await, "sealed 1 anew;");
    says(&kvitt(&stage.files, &["encryption", "rotate"], "").await, "sealed 0 anew;");
    assert_eq!(number_ends().await, ending);
    proxy.kill();

    keys(&new, None);
    let proxy = stage.start();
    assert_eq!(number_ends().await, ending);
    let erase = ["customers", "erase", "--phone-number", PHONE_NUMBER];
    says(&kvitt(&stage.files, &erase, "").await, "erased the customer of 1 order\n");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test]
async fn what_an_earlier_release_wrote_in_the_open_is_sealed_at_the_start() {
    let place = Place::new(Database::Sqlite);
    execute(&place.url, include_str!("../fixtures/sqlite-0.1.0.sql")).await;
    let before = dump(&place.url).await;
    assert!(before.contains(PHONE_NUMBER), "the release wrote it in the open");
    let effect = "INSERT INTO outbox SELECT 'read', checkout_id, sales_unit, 'read_profile', \
         json_object('effect', 'read_profile', 'reference', 'nordlys-secnntaezg-1', 'sub', 'the-sub-in-the-outbox'), \
         due_at, 0, 0, NULL, created_at FROM outbox LIMIT 1";
    execute(&place.url, effect).await;

    let store = place.open().await;
    let paid = store.checkout_of("nordlys-secnntaezg-1").await.unwrap().unwrap();
    let customer = store.checkout(paid).await.unwrap().unwrap().checkout.customer.unwrap();
    assert_eq!(customer.phone_number.as_ref().unwrap().digits(), PHONE_NUMBER);
    assert_eq!(store.checkouts_with(&customer.phone_number.unwrap()).await.unwrap(), [paid]);
    let claimed = store.claim_due(10, 1_000, Moment(2_000_000_000_000)).await.unwrap();
    assert!(claimed.iter().any(|claim| claim.effect.kind() == "read_profile"), "{claimed:?}");
    let after = dump(&place.url).await;
    for hidden in [PHONE_NUMBER, &customer.sub.unwrap(), "the-sub-in-the-outbox"] {
        assert!(!after.contains(hidden), "{hidden} is in the file");
    }
    store.close().await;
    let other = Vault::new(&Key::random(), None);
    assert!(matches!(Store::open(&place.url, &other).await, Err(Error::Sealed(_))));
    Store::open(&place.url, &vault()).await.unwrap().close().await;
}
