//! Faults on API calls, and the record of the calls.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, create_request};

#[tokio::test]
async fn a_fault_fails_so_many_calls_which_do_nothing() {
    let harness = Harness::new().await;
    let busy = json!({
        "match": { "method": "POST", "path_contains": "/payments" }, "times": 2,
        "action": { "status": 423, "retry_after": 1, "body": { "title": "Locked" } },
    });
    harness.fault(busy).await;
    for _ in 0..2 {
        assert_eq!(harness.create("order-1001", 1000).await, (423, json!({ "title": "Locked" })));
    }
    assert_eq!(harness.create("order-1001", 1000).await.0, 201);
}

#[tokio::test]
async fn a_fault_loses_the_answer_after_the_work() {
    let harness = Harness::new().await;
    harness.fault(json!({ "match": { "path_contains": "/payments" }, "action": { "drop_after_work": true } })).await;
    let request = harness.call(Method::POST, "/epayment/v1/payments").header("Idempotency-Key", "create-order-2001");
    let lost = request.json(&create_request("order-2001", 1000)).send().await;
    assert!(lost.is_err(), "the connection closes: {lost:?}");
    assert_eq!(harness.payment("order-2001").await["state"], "CREATED");
    assert_eq!(harness.create("order-2001", 1000).await.0, 201, "the same key replays");
    let (_, all) = harness.control(Method::GET, "payments", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn recorded_calls_have_no_secrets() {
    let harness = Harness::new().await;
    harness.create("order-3001", 1000).await;
    let (_, requests) = harness.control(Method::GET, "requests", Value::Null).await;
    let last = requests.as_array().unwrap().last().unwrap();
    assert_eq!((&last["method"], &last["status"]), (&json!("POST"), &json!(201)));
    assert_eq!(last["path"], "/epayment/v1/payments");
    assert_eq!(last["body"], create_request("order-3001", 1000));
    assert_eq!(last["headers"]["idempotency-key"], "create-order-3001");
    let all = requests.to_string();
    for secret in [&harness.token, &harness.keys.client_secret, &harness.keys.subscription_key] {
        assert!(!all.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn an_invalid_fault_is_refused() {
    let harness = Harness::new().await;
    let (status, _) = harness.control(Method::POST, "faults", json!({ "action": { "explode": true } })).await;
    assert_eq!(status, 422);
}
