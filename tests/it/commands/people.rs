//! Commands about customers, deliveries to the shop's backend, and payment requests.

use std::process::{Command, Output};

use kvitt_wire::{ShopOrder, State};
use serde_json::json;

use super::paid;
use crate::shop::{LOCAL_RELAY, PHONE_NUMBER, Receiver, Shop, log};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_shown_and_erased() {
    let shop = Shop::open().await;
    let mut order = paid(&shop).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let found = shop.runs(&["customers", "find", "+47 91 23 45 67", "--json"]).await.succeeded().json();
    let id = found["customers"][0]["id"].as_str().unwrap();
    let shown = shop.runs(&["customers", "show", id, "--json"]).await.succeeded().json();
    assert_eq!((&shown["phone_number"], &shown["orders"]), (&json!(PHONE_NUMBER), &json!([order.reference()])));
    let page = shop.runs(&["customers", "show", id]).await.succeeded().out;
    assert!(page.contains("phoneNumber") && page.contains(kvitt_wire::CONSENT_WORDING), "{page}");
    let seen = shop.runs(&["orders", "show", order.reference(), "--json"]).await.succeeded().json();
    assert_eq!(seen["customer_id"], json!(id));
    let happened = seen["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap());
    assert!(happened.collect::<Vec<_>>().contains(&"checkout.authorized"), "{seen}");

    let nobody = shop.runs(&["customers", "erase", "--phone-number", "912 34 568"]).await;
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.err.contains("erased the customer of 0 orders"), "{}", nobody.err);
    let finnish = shop.runs(&["customers", "erase", "--phone-number", "040 123 4567"]).await;
    assert!(finnish.code == Some(1) && finnish.err.contains("with its country code"), "{}", finnish.err);
    let erased = shop.runs(&["customers", "erase", "--id", id]).await.succeeded();
    assert_eq!(erased.out, "erased the customer of 1 order\n");
    assert_eq!(shop.runs(&["customers", "show", id]).await.code, Some(1));
    let found = shop.runs(&["customers", "find", PHONE_NUMBER, "--json"]).await.succeeded().json();
    assert_eq!(found, json!({ "customers": [] }));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_shown_and_replayed() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    paid(&shop).await;
    let delivery = receiver.receives_event("checkout.authorized").await;
    let show = ["deliveries", "show", &endpoint.id, delivery.id()];
    let shown = async || shop.runs(&[&show[..], &["--json"]].concat()).await.succeeded().json();
    crate::shop::eventually("delivered", || async { (shown().await["last_status"] == 204).then_some(()) }).await;
    let page = shop.runs(&show).await.succeeded().out;
    assert!(page.contains("delivered") && page.contains("checkout.authorized"), "{page}");
    let times = receiver.received().iter().filter(|received| received.id() == delivery.id()).count();
    shop.runs(&["deliveries", "replay", &endpoint.id, "--delivery", delivery.id()]).await.succeeded();
    let again = || async {
        let received = receiver.received().iter().filter(|received| received.id() == delivery.id()).count();
        (received > times).then_some(())
    };
    crate::shop::eventually("the event is delivered again", again).await;
    assert_eq!(shop.runs(&["deliveries", "show", &endpoint.id, "evt_none"]).await.code, Some(1));
    shop.close().await;
}

async fn request(shop: &Shop, key: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    command.arg("request").args(arguments).env("KVITT_URL", &shop.url).env("KVITT_KEY", key);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_request_is_sent_as_a_link_and_withdrawn() {
    let shop = Shop::open().await;
    let key = shop.key("counter").await;
    let args = ["send", "--amount", "249.00", "--description", "A stoneware mug", "--idempotency-key", "mug-1"];
    let output = request(&shop, &key, &[&args[..], &["--json"]].concat()).await;
    let requested: ShopOrder = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let url = requested.request.unwrap().url;
    assert_eq!((requested.state, requested.amount.value), (State::Open, 24_900));
    let page = shop.http.get(&url).send().await.unwrap();
    assert!(page.status().is_success() && page.text().await.unwrap().contains("A stoneware mug"));

    let shown = String::from_utf8(request(&shop, &key, &args).await.stdout).unwrap();
    assert!(shown.contains(&requested.reference) && shown.contains(&url) && shown.contains('█'), "{shown}");
    let back = request(&shop, &key, &["withdraw", &requested.reference]).await;
    assert!(back.status.success(), "{back:?}");
    let again = request(&shop, &key, &["withdraw", "nordlys-nobody-1"]).await;
    assert!(again.status.code() == Some(1) && String::from_utf8(again.stderr).unwrap().contains("(not_found)"));
    let wrong = request(&shop, &key, &["send", "--amount", "249"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    log::hide(url.rsplit('/').next().unwrap());
    shop.close().await;
}
