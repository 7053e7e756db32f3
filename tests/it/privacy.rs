//! Personal data is encrypted at rest, under a key that can be replaced. Erased data does not come back.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use kvitt::base::vault::{Key, Vault};
use kvitt::checkout::Moment;
use kvitt::store::{Cause, Committed, Error, Store};
use kvitt_wire::{Checkout, Sharing, State};
use reqwest::StatusCode;

use crate::shop::{
    Database, ENCRYPTION_KEY, Files, Order, PHONE_NUMBER, Shop, Stage, beside, dump, eventually, execute, http,
    two_mugs_and_a_tea, vault,
};
use crate::store::Place;

/// Runs a command on a shop's files, while the proxies of this process continue.
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

/// The order stays, without its customer. A webhook that makes the proxy poll brings nothing back.
async fn is_erased(shop: &Shop, order: &mut Order<'_>) {
    order.follows(|checkout| checkout.sharing == Sharing::default(), "forgotten").await;
    assert_eq!((order.seen.state, order.seen.aggregate.authorized), (State::Authorized, 58_700));
    let capture = kvitt_vipps::Amount { value: 1_000, currency: "NOK".into() };
    shop.vipps.client.capture(order.reference(), &format!("{}-c", order.reference()), capture).await.unwrap();
    order.follows(|checkout| checkout.aggregate.captured == 1_000, "polled").await;
    let stored = shop.stored(order).await;
    assert_eq!(stored.customer, None);
    assert!(stored.erased_at.is_some() && stored.current().consent.is_some(), "the consent and the erasure stay");
    assert_eq!(order.reads().await.sharing, Sharing::default());
    let page = shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_row_identifies_the_customer() {
    let shop = Shop::open().await;
    let order = shared(&shop).await;
    let stored = shop.stored(&order).await.customer.unwrap();
    assert_eq!(stored.phone_number.unwrap().digits(), PHONE_NUMBER);
    let sub = stored.sub.unwrap();
    let written = dump(&shop.files.database).await;
    assert!(written.contains(order.reference()), "the dump contains the order");
    assert!(!written.contains(PHONE_NUMBER) && !written.contains(&sub));
    shop.close().await;
}

#[tokio::test]
async fn a_customer_erased_by_reference_stays_erased() {
    let shop = Shop::open().await;
    let (mut order, other) = (shared(&shop).await, shared(&shop).await);
    let erased = kvitt(&shop.files, &["customers", "erase", "--reference", order.reference()], "").await;
    says(&erased, "erased the customer of 1 order\n");
    is_erased(&shop, &mut order).await;
    assert!(shop.stored(&other).await.customer.is_some(), "other customers keep theirs");
    says(
        &kvitt(&shop.files, &["customers", "erase", "--reference", "nobody-1"], "").await,
        "there is no such customer",
    );
    shop.close().await;
}

#[tokio::test]
async fn erasing_by_number_covers_every_order() {
    let shop = Shop::open().await;
    let (mut one, mut two) = (shared(&shop).await, shared(&shop).await);
    let erase = ["customers", "erase", "--phone-number", "-"];
    says(&kvitt(&shop.files, &erase, "+47 912 34 568\n").await, "there is no such customer");
    says(&kvitt(&shop.files, &erase, "912 34").await, "with its country code");
    says(&kvitt(&shop.files, &erase, "+47 912 34 567\n").await, "erased the customer of 2 orders\n");
    is_erased(&shop, &mut one).await;
    is_erased(&shop, &mut two).await;
    says(&kvitt(&shop.files, &erase, PHONE_NUMBER).await, "there is no such customer");
    shop.close().await;
}

/// An order that is paid at a proxy process, with the number shared.
pub(crate) async fn shared_at(stage: &Stage) -> Checkout {
    let response =
        http().post(format!("{}/v1/checkouts", stage.url())).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = response.json().await.unwrap();
    // The answer may come before that of Vipps MobilePay.
    eventually("the payment", || async { (seen_at(stage, &order).await?.state == State::Created).then_some(()) }).await;
    stage.vipps.approves(&order.reference).await;
    eventually("the number", || async {
        let seen = seen_at(stage, &order).await?;
        seen.sharing.phone_number_ending.is_some().then_some(seen)
    })
    .await
}

pub(crate) async fn seen_at(stage: &Stage, order: &Checkout) -> Option<Checkout> {
    http().get(format!("{}/v1/checkouts/{}", stage.url(), order.token)).send().await.ok()?.json().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn old_personal_data_is_erased_by_retention() {
    let options = "polling.first_ms = 200\nvipps.timeout_ms = 500\nretention.customer_days = 30";
    let mut stage = Stage::set_with(Database::chosen(), options).await;
    let proxy = stage.start();
    let (young, old) = (shared_at(&stage).await, shared_at(&stage).await);
    proxy.kill();
    let store = beside(&stage.files.database).await;
    let (day_ms, now) = (24 * 60 * 60 * 1000, kvitt::base::clock::now());
    for (order, days) in [(&young, 29), (&old, 31)] {
        let (id, _) = kvitt::access::token::decode(&order.token).unwrap();
        let mut checkout = store.checkout(id).await.unwrap().unwrap().checkout;
        checkout.customer.as_mut().unwrap().received_at = now.plus_ms(-days * day_ms);
        checkout.version += 1;
        assert_eq!(store.commit(&checkout, &[], &Cause::Request, now).await.unwrap(), Committed::Yes);
    }
    store.postpone_chore(kvitt::shop::customers::CHORE, Moment(0)).await.unwrap();
    store.close().await;

    let proxy = stage.start();
    eventually("the old one is erased", || async {
        (seen_at(&stage, &old).await?.sharing == Sharing::default()).then_some(())
    })
    .await;
    let store = beside(&stage.files.database).await;
    let (id, _) = kvitt::access::token::decode(&old.token).unwrap();
    let asked = store.order_audit(id).await.unwrap();
    store.close().await;
    assert_eq!((asked[0].action.as_str(), asked[0].by.name.as_str()), ("erase_customer", "retention"));
    let young = seen_at(&stage, &young).await.unwrap();
    assert!(young.sharing.phone_number_ending.is_some(), "it is not old enough yet");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_the_proxy_runs() {
    // The paid order is not polled: a write would encrypt it with the present key, and leave less for `rotate`.
    let mut stage = Stage::set_with(Database::chosen(), "").await;
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
    let order = shared_at(&stage).await;
    let sharing = order.sharing.clone();
    let is_the_same = async || assert_eq!(seen_at(&stage, &order).await.unwrap().sharing, sharing);
    stage.vipps.has_delivered().await;
    proxy.kill();

    let new = Key::random().to_base64();
    keys(&new, None);
    says(&kvitt(&stage.files, &["migrate"], "").await, "sealed under another key than those of the configuration");
    let doctor = kvitt(&stage.files, &["doctor"], "").await;
    assert_eq!(doctor.status.code(), Some(2));
    says(&doctor, "FAIL  encryption: stored data cannot be decrypted: sealed under another key");
    keys(&new, Some(ENCRYPTION_KEY));
    let proxy = stage.start();
    says(&kvitt(&stage.files, &["doctor"], "").await, "warn  encryption: 1 encrypted with encryption.previous_key: ");
    says(&kvitt(&stage.files, &["encryption", "rotate"], "").await, "encrypted 1 again;");
    says(&kvitt(&stage.files, &["doctor"], "").await, "ok    encryption: all data can be decrypted");
    says(&kvitt(&stage.files, &["encryption", "rotate"], "").await, "encrypted 0 again;");
    is_the_same().await;
    proxy.kill();

    keys(&new, None);
    let proxy = stage.start();
    is_the_same().await;
    let erase = ["customers", "erase", "--phone-number", PHONE_NUMBER];
    says(&kvitt(&stage.files, &erase, "").await, "erased the customer of 1 order\n");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test]
async fn plain_text_of_an_earlier_release_is_encrypted_at_the_start() {
    let place = Place::new(Database::Sqlite);
    execute(&place.url, include_str!("../fixtures/sqlite-0.1.0.sql")).await;
    let before = dump(&place.url).await;
    assert!(before.contains(PHONE_NUMBER), "that release stored it in plain text");
    let effect = "INSERT INTO outbox SELECT 'read', checkout_id, sales_unit, 'read_profile', \
         json_object('effect', 'read_profile', 'reference', 'nordlys-secnntaezg-1', 'sub', 'the-sub-in-the-outbox'), \
         due_at, 0, 0, NULL, created_at FROM outbox LIMIT 1";
    execute(&place.url, effect).await;

    let store = place.open().await;
    let paid = store.checkout_of("nordlys-secnntaezg-1").await.unwrap().unwrap();
    let customer = store.checkout(paid).await.unwrap().unwrap().checkout.customer.unwrap();
    assert_eq!(customer.phone_number.as_ref().unwrap().digits(), PHONE_NUMBER);
    assert_eq!(store.checkouts_with_number(&customer.phone_number.unwrap()).await.unwrap(), [paid]);
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
