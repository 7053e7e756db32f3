//! Webhooks: signature, order, retries.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::{Arrival, Harness, Receiver};

/// Checks the signature with code of its own.
fn is_signed(arrival: &Arrival, secret: &str, url: &str) -> bool {
    let header = |name: &str| arrival.headers[name].to_str().unwrap();
    let hash = STANDARD.encode(Sha256::digest(&arrival.body));
    let url = reqwest::Url::parse(url).unwrap();
    let line =
        format!("POST\n{}?{}\n{};{};{hash}", url.path(), url.query().unwrap(), header("x-ms-date"), header("host"),);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(line.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    header("x-ms-content-sha256") == hash
        && header("authorization")
            == format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}")
}

#[tokio::test]
async fn an_authorization_is_delivered_at_once_with_a_signature_and_the_shared_data() {
    let harness = Harness::new().await;
    let mut receiver = Receiver::answering(&[]).await;
    let (status, registered) = harness.register(&receiver.url, &["authorized"]).await;
    assert_eq!(status, 201, "{registered}");
    harness.advance(Duration::from_secs(3000)).await;
    harness.create("order-1001", 1000).await;
    harness.act("order-1001", "approve").await;

    let arrival = receiver.next().await;
    assert!(is_signed(&arrival, registered["secret"].as_str().unwrap(), &receiver.url));
    let date = jiff::fmt::rfc2822::parse(arrival.headers["x-ms-date"].to_str().unwrap()).unwrap();
    assert!(jiff::Timestamp::now().duration_since(date.timestamp()).abs() < jiff::SignedDuration::from_mins(1));
    let body = arrival.json();
    assert_eq!((&body["msn"], &body["name"], &body["success"]), (&json!("123456"), &json!("AUTHORIZED"), &json!(true)));
    assert_eq!(body["userDetails"], json!({ "mobileNumber": "4791234567" }));
    assert_eq!(body["sub"], harness.payment("order-1001").await["profile"]["sub"]);
    assert_ne!(body["pspReference"], harness.payment("order-1001").await["pspReference"]);
}

#[tokio::test]
async fn a_failed_delivery_is_retried_and_delays_its_payment_only() {
    let harness = Harness::new().await;
    let mut receiver = Receiver::answering(&[500]).await;
    harness.register(&receiver.url, &["created", "authorized"]).await;
    harness.create("order-2001", 1000).await;
    assert_eq!(receiver.next().await.name(), "CREATED");
    harness.act("order-2001", "approve").await;
    harness.create("order-2002", 1000).await;
    assert_eq!(receiver.next().await.json()["reference"], "order-2002", "another payment is not held back");
    assert!(receiver.is_empty());

    harness.advance(Duration::from_secs(2)).await;
    assert_eq!(receiver.next().await.name(), "CREATED");
    assert_eq!(receiver.next().await.name(), "AUTHORIZED");
}

#[tokio::test]
async fn an_expiry_is_delivered_without_a_call() {
    let harness = Harness::new().await;
    let mut receiver = Receiver::answering(&[]).await;
    harness.register(&receiver.url, &["expired"]).await;
    harness.create("order-3001", 1000).await;
    harness.advance(Duration::from_secs(600)).await;
    assert_eq!(receiver.next().await.name(), "EXPIRED");
}

#[tokio::test]
async fn webhooks_are_duplicated_reordered_lost_and_mis_signed_by_faults() {
    let harness = Harness::new().await;
    let mut receiver = Receiver::answering(&[200, 200, 200, 401]).await;
    let (_, registered) = harness.register(&receiver.url, &["created", "authorized", "captured"]).await;
    for (kind, event) in [("reorder", "CREATED"), ("duplicate", "AUTHORIZED"), ("mis_sign", "CAPTURED")] {
        harness.fault(json!({ "match": { "event": event }, "action": { "webhook": kind } })).await;
    }
    harness.create("order-4001", 1000).await;
    harness.act("order-4001", "approve").await;
    for name in ["AUTHORIZED", "AUTHORIZED", "CREATED"] {
        assert_eq!(receiver.next().await.name(), name);
    }
    harness.capture("order-4001", "capture", 1000).await;
    let secret = registered["secret"].as_str().unwrap();
    assert!(!is_signed(&receiver.next().await, secret, &receiver.url));
    harness.advance(Duration::from_secs(2)).await;
    assert!(is_signed(&receiver.next().await, secret, &receiver.url));

    harness.fault(json!({ "match": { "event": "CREATED" }, "action": { "webhook": "lose" } })).await;
    harness.create("order-4002", 1000).await;
    harness.act("order-4002", "approve").await;
    assert_eq!(receiver.next().await.name(), "AUTHORIZED", "CREATED was lost");
    let (_, deliveries) = harness.control(reqwest::Method::GET, "deliveries", serde_json::Value::Null).await;
    let results: Vec<_> = deliveries["attempts"].as_array().unwrap().iter().map(|line| &line["result"]).collect();
    assert!(results.contains(&&json!("lost")) && results.contains(&&json!("failed")), "{results:?}");
}

#[tokio::test]
async fn registrations_are_listed_without_secret_limited_and_deleted() {
    let harness = Harness::new().await;
    let mut ids = Vec::new();
    for n in 0..25 {
        let (status, registered) = harness.register(&format!("https://shop.example/{n}"), &["captured"]).await;
        assert_eq!(status, 201);
        ids.push(registered["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(harness.register("https://shop.example/more", &["captured"]).await.0, 400);
    assert_eq!(harness.register("https://shop.example/more", &["paid"]).await.0, 400);
    assert_eq!(harness.register("ftp://shop.example/more", &["refunded"]).await.0, 400);
    let (_, list) = harness.get("/webhooks/v1/webhooks").await;
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 25);
    assert!(list["webhooks"][0].get("secret").is_none());
    let delete = |id: &str| harness.call(reqwest::Method::DELETE, &format!("/webhooks/v1/webhooks/{id}"));
    assert_eq!(harness.send(delete(&ids[0])).await.0, 204);
    assert_eq!(harness.send(delete(&ids[0])).await.0, 404);
}
