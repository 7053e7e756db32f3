//! The books of Vipps MobilePay against what the proxy has written down.

use std::collections::{HashMap, HashSet};

use kvitt::checkout::Attempt;
use kvitt::store::Store;
use kvitt_wire::{Checkout, State};
use serde_json::Value;

use crate::shop::{Stage, vault};

/// Every payment there is one of ours, as we have it, and the other way round; none was created, paid or given a receipt twice.
pub(super) async fn agree(stage: &Stage, end: &Checkout) {
    let store = Store::open(&stage.files.database, &vault()).await.unwrap();
    let books = stage.vipps.books().await;
    let mut orders = HashMap::new();
    for book in &books {
        let reference = book["reference"].as_str().unwrap();
        let id = store.checkout_of(reference).await.unwrap().expect("a payment that nobody here knows");
        let checkout = store.checkout(id).await.unwrap().unwrap().checkout;
        let attempt = checkout.attempts.iter().find(|attempt| attempt.reference.as_str() == reference).unwrap();
        agrees(book, attempt);
        orders.insert(id, checkout);
    }
    for checkout in orders.values() {
        is_logged(&store, checkout).await;
    }
    let phases = store.phases().await.unwrap();
    assert_eq!(phases.iter().map(|(_, count)| count).sum::<i64>(), 1, "one press, one order");
    store.close().await;
    let attempts: usize = orders.values().map(|checkout| checkout.attempts.len()).sum();
    assert_eq!(attempts, books.len(), "each attempt is one payment");
    let paid = books.iter().filter(|book| book["state"] == "AUTHORIZED").count();
    assert_eq!(paid, usize::from(end.state == State::Authorized), "the order is paid once, and no other is");
    created_once(stage).await;
    receipts_once(stage, &books).await;
}

/// What has become of the order is in the log, each move once.
async fn is_logged(store: &Store, checkout: &kvitt::checkout::Checkout) {
    let logged = store.order_events(checkout.id).await.unwrap();
    let count = |kind: &str| logged.iter().filter(|event| event.kind == kind).count();
    let attempt = checkout.current();
    assert_eq!(count("checkout.authorized"), usize::from(attempt.state == State::Authorized), "{logged:?}");
    assert!((count("payment.captured") > 0) == (attempt.aggregate.captured > 0), "{logged:?}");
    let last: Value = serde_json::from_str(&logged.last().expect("an order that is over has events").payload).unwrap();
    assert_eq!(last["data"]["state"], attempt.state.as_str(), "{logged:?}");
}

fn agrees(book: &Value, attempt: &Attempt) {
    assert_eq!(attempt.state.as_str().to_uppercase(), book["state"].as_str().unwrap(), "{}", attempt.reference);
    let there = |field: &str| book["aggregate"][field]["value"].as_i64().unwrap();
    let here = attempt.aggregate;
    assert_eq!(
        (here.authorized, here.captured, here.cancelled, here.refunded),
        (there("authorizedAmount"), there("capturedAmount"), there("cancelledAmount"), there("refundedAmount")),
        "{}",
        attempt.reference
    );
    let events = book["events"].as_array().unwrap();
    let names: Vec<_> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    let once: HashSet<_> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "something happened twice: {names:?}");
}

/// A creation that was repeated said the same under the same key.
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

/// Each receipt got there by one way, once.
async fn receipts_once(stage: &Stage, books: &[Value]) {
    let sent = stage.vipps.calls("POST", "/order-management/v2/ecom/receipts/").await;
    for book in books {
        let reference = book["reference"].as_str().unwrap();
        let taken = |call: &&Value| {
            call["path"].as_str().is_some_and(|path| path.ends_with(reference))
                && call["status"].as_u64().is_some_and(|status| status < 300)
        };
        let with_payment = usize::from(!book["request"]["receipt"].is_null());
        // An answer that nobody was there to hear is not in the record; the receipt itself is.
        assert!(sent.iter().filter(taken).count() + with_payment <= 1, "{reference} has two receipts");
        assert!(with_payment == 1 || !book["receipt"].is_null(), "{reference} has no receipt");
    }
}
