//! The records of Vipps MobilePay are compared with those of the proxy.

use std::collections::{HashMap, HashSet};

use kvitt::checkout::Attempt;
use kvitt::store::Store;
use kvitt_wire::{Checkout, State};
use serde_json::Value;

use crate::shop::{Stage, beside};

/// Both sides have the same payments. None was created or paid twice, or has two receipts.
pub(super) async fn agree(stage: &Stage, end: &Checkout) {
    let store = beside(&stage.files.database).await;
    let records = stage.vipps.records().await;
    let mut orders = HashMap::new();
    for record in &records {
        let reference = record["reference"].as_str().unwrap();
        let id = store.checkout_of(reference).await.unwrap().expect("the proxy does not know the payment");
        let checkout = store.checkout(id).await.unwrap().unwrap().checkout;
        let attempt = checkout.attempts.iter().find(|attempt| attempt.reference.as_str() == reference).unwrap();
        agrees(record, attempt);
        orders.insert(id, checkout);
    }
    for checkout in orders.values() {
        is_logged(&store, checkout).await;
    }
    let phases = store.phases().await.unwrap();
    assert_eq!(phases.iter().map(|(_, count)| count).sum::<i64>(), 1, "one submit, one order");
    store.close().await;
    let attempts: usize = orders.values().map(|checkout| checkout.attempts.len()).sum();
    assert_eq!(attempts, records.len(), "each attempt is one payment");
    let paid = records.iter().filter(|record| record["state"] == "AUTHORIZED").count();
    assert_eq!(paid, usize::from(end.state == State::Authorized), "only this order is paid, and once");
    created_once(stage).await;
    receipts_once(stage, &records).await;
}

/// The event log has every change of the order once.
async fn is_logged(store: &Store, checkout: &kvitt::checkout::Checkout) {
    let logged = store.order_events(checkout.id).await.unwrap();
    let count = |kind: &str| logged.iter().filter(|event| event.kind == kind).count();
    let attempt = checkout.current();
    assert_eq!(count("checkout.authorized"), usize::from(attempt.state == State::Authorized), "{logged:?}");
    assert!((count("payment.captured") > 0) == (attempt.aggregate.captured > 0), "{logged:?}");
    let last: Value = serde_json::from_str(&logged.last().expect("a completed order has events").payload).unwrap();
    assert_eq!(last["data"]["state"], attempt.state.as_str(), "{logged:?}");
}

fn agrees(record: &Value, attempt: &Attempt) {
    assert_eq!(attempt.state.as_str().to_uppercase(), record["state"].as_str().unwrap(), "{}", attempt.reference);
    let there = |field: &str| record["aggregate"][field]["value"].as_i64().unwrap();
    let here = attempt.aggregate;
    assert_eq!(
        (here.authorized, here.captured, here.cancelled, here.refunded),
        (there("authorizedAmount"), there("capturedAmount"), there("cancelledAmount"), there("refundedAmount")),
        "{}",
        attempt.reference
    );
    let events = record["events"].as_array().unwrap();
    let names: Vec<_> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    let once: HashSet<_> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "something happened twice: {names:?}");
}

/// A repeated creation has the same content under the same key.
async fn created_once(stage: &Stage) {
    let mut bodies = HashMap::new();
    let mut keys = HashMap::new();
    for call in stage.vipps.calls("POST", "/epayment/v1/payments").await {
        if call["path"] != "/epayment/v1/payments" {
            continue;
        }
        let (key, body) = (call["headers"]["idempotency-key"].to_string(), call["body"].clone());
        let reference = body["reference"].to_string();
        assert_eq!(bodies.entry(key.clone()).or_insert_with(|| body.clone()), &body, "one key, one content");
        assert_eq!(keys.entry(reference).or_insert_with(|| key.clone()), &key, "one payment, one key");
    }
}

/// Each payment has one receipt: with its creation or afterwards.
async fn receipts_once(stage: &Stage, records: &[Value]) {
    let sent = stage.vipps.calls("POST", "/order-management/v2/ecom/receipts/").await;
    for record in records {
        let reference = record["reference"].as_str().unwrap();
        let taken = |call: &&Value| {
            call["path"].as_str().is_some_and(|path| path.ends_with(reference))
                && call["status"].as_u64().is_some_and(|status| status < 300)
        };
        let with_payment = usize::from(!record["request"]["receipt"].is_null());
        // The log of calls lacks an answer that no proxy received. The payment has the receipt all the same.
        assert!(sent.iter().filter(taken).count() + with_payment <= 1, "{reference} has two receipts");
        assert!(with_payment == 1 || !record["receipt"].is_null(), "{reference} has no receipt");
    }
}
