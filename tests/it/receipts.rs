//! The receipt is sent with the payment or after it. A failed receipt never fails the payment.

use kvitt_wire::State;
use serde_json::{Value, json};

use crate::shop::{Shop, eventually};

const AFTERWARDS: &str = "shop.receipt = \"order-management\"";
const RECEIPTS: &str = "/order-management/v2/ecom/receipts/";

async fn receipt_is_settled(shop: &Shop, calls: usize) {
    eventually("the receipt", || async {
        let metrics = shop.metrics().await;
        // Only the first scheduled poll is left.
        let settled = metrics.contains("\nkvitt_outbox_waiting 1\n");
        (settled && shop.vipps.calls("POST", RECEIPTS).await.len() == calls).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_receipt_can_be_sent_after_the_creation() {
    let shop = Shop::open_with(AFTERWARDS).await;
    let mut order = shop.ordered().await;
    receipt_is_settled(&shop, 1).await;
    let record = shop.vipps.record(order.reference()).await;
    assert_eq!(record["request"]["receipt"], Value::Null, "the receipt is sent only once");
    let lines = record["receipt"]["orderLines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| line["totalAmount"].as_i64().unwrap()).sum::<i64>(), 58_700);
    assert_eq!(lines[0]["unitInfo"]["quantity"], "2", "a quantity is text");
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn a_receipt_that_exists_already_counts_as_sent() {
    let shop = Shop::open_with(AFTERWARDS).await;
    shop.vipps.fails("POST", RECEIPTS, 1, json!({ "drop_after_work": true })).await;
    let mut order = shop.ordered().await;
    receipt_is_settled(&shop, 2).await;
    let statuses: Vec<_> = shop.vipps.calls("POST", RECEIPTS).await.iter().map(|call| call["status"].clone()).collect();
    assert_eq!(statuses[1], 409);
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn a_refused_receipt_does_not_fail_the_payment() {
    let shop = Shop::open_with(AFTERWARDS).await;
    shop.vipps.fails("POST", RECEIPTS, 1, json!({ "status": 400 })).await;
    let mut order = shop.ordered().await;
    receipt_is_settled(&shop, 1).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn receipts_can_be_disabled() {
    let shop = Shop::open_with("shop.receipt = \"none\"").await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    assert_eq!(shop.vipps.record(order.reference()).await["request"]["receipt"], Value::Null);
    assert_eq!(shop.vipps.calls("POST", RECEIPTS).await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn a_receipt_refused_for_its_credentials_is_retried() {
    let shop = Shop::open_with(AFTERWARDS).await;
    shop.vipps.fails("POST", RECEIPTS, 2, json!({ "status": 401 })).await;
    let order = shop.ordered().await;
    receipt_is_settled(&shop, 3).await;
    assert!(shop.vipps.record(order.reference()).await["receipt"].is_object());
    shop.close().await;
}
