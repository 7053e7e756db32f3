//! Reservations that are not captured yet: they are listed, with the deadline of each.

use kvitt_wire::{ShopOrder, State};
use serde_json::{Value, json};

use crate::shop::Shop;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn due(shop: &Shop, arguments: &[&str]) -> Vec<Value> {
    let listed = shop.runs(&[&["orders", "due", "--json"], arguments].concat()).await.succeeded();
    listed.json().as_array().unwrap().clone()
}

async fn paid(shop: &Shop) -> String {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order.reference().to_owned()
}

#[tokio::test]
async fn a_capture_that_is_due_is_listed_until_it_is_captured() {
    let shop = Shop::open_with("capture.warn_days = 8").await;
    let reference = paid(&shop).await;
    let listed = due(&shop, &[]).await;
    assert_eq!(listed.len(), 1, "Vipps MobilePay guarantees a reservation for a week");
    assert_eq!((&listed[0]["reference"], &listed[0]["urgency"]), (&json!(reference), &json!("due")));
    assert_eq!((&listed[0]["uncaptured"], &listed[0]["currency"]), (&json!(58_700), &json!("NOK")));
    let days = |field: &str| (listed[0][field].as_i64().unwrap() - kvitt::base::clock::now().0 + 60_000) / DAY_MS;
    assert_eq!((days("capture_by"), days("released_at")), (7, 180));
    let table = shop.runs(&["orders", "due"]).await.succeeded().out;
    assert!(table.contains("587.00 NOK") && table.contains(&reference), "{table}");

    let key = shop.key("warehouse").await;
    let order = || async {
        let order = shop.get(&format!("/v1/shop/orders/{reference}")).bearer_auth(&key).send().await.unwrap();
        order.json::<ShopOrder>().await.unwrap()
    };
    let deadline = order().await.capture_deadline.unwrap();
    assert_eq!(Some(deadline.capture_by_ms), listed[0]["capture_by"].as_i64());
    assert_eq!(Some(deadline.released_at_ms), listed[0]["released_at"].as_i64());

    let part = |value| kvitt_vipps::Amount { value, currency: "NOK".into() };
    shop.vipps.client.capture(&reference, "capture-1", part(8_700)).await.unwrap();
    let left = || async { (due(&shop, &[]).await[0]["uncaptured"] == 50_000).then_some(()) };
    crate::shop::eventually("a part is captured", left).await;
    shop.vipps.client.capture(&reference, "capture-2", part(50_000)).await.unwrap();
    let nothing = || async { due(&shop, &["--all"]).await.is_empty().then_some(()) };
    crate::shop::eventually("all is captured", nothing).await;
    assert_eq!(order().await.capture_deadline, None, "nothing is left to capture");
    shop.close().await;
}

#[tokio::test]
async fn a_capture_with_time_left_is_not_due() {
    let shop = Shop::open().await;
    let reference = paid(&shop).await;
    assert!(due(&shop, &[]).await.is_empty());
    let all = due(&shop, &["--all"]).await;
    assert_eq!((&all[0]["reference"], &all[0]["urgency"]), (&json!(reference), &json!("later")));
    shop.close().await;
}
