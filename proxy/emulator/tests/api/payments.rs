//! Payments from creation to refund.

use std::time::Duration;

use kvitt_emulator::Options;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Harness, code, create_request};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_token_is_issued_for_valid_keys_and_expires_after_an_hour() {
    let harness = Harness::new().await;
    let (status, body) = harness.send(harness.token_request()).await;
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], "3600", "numbers are strings");
    assert!(body["access_token"].as_str().unwrap().len() > 1000);

    let wrong = harness.http.post(format!("{}/accesstoken/get", harness.emulator.url()));
    let wrong = wrong.header("client_id", &harness.keys.client_id).header("client_secret", "another");
    assert_eq!(harness.send(wrong).await.0, 401);
    assert_eq!(harness.get("/epayment/v1/payments/unknown-1").await.0, 404);
    harness.advance(3600 * SECOND).await;
    assert_eq!(harness.get("/epayment/v1/payments/unknown-1").await.0, 401);
}

#[tokio::test]
async fn a_payment_is_created_approved_captured_and_refunded() {
    let harness = Harness::new().await;
    let (status, created) = harness.create("order-1001", 58_700).await;
    assert_eq!(status, 201, "{created}");
    assert!(
        created["redirectUrl"].as_str().unwrap().starts_with(&format!("{}/landing?token=", harness.emulator.url()))
    );

    assert_eq!(harness.act("order-1001", "approve").await.0, 200);
    let paid = harness.payment("order-1001").await;
    assert_eq!(paid["state"], "AUTHORIZED");
    assert_eq!(paid["aggregate"]["authorizedAmount"], json!({ "currency": "NOK", "value": 58_700 }));
    assert_eq!(paid["userDetails"], json!({ "mobileNumber": "4791234567" }));
    assert!(paid["profile"]["sub"].is_string());

    let (status, captured) = harness.capture("order-1001", "capture-1", 50_000).await;
    assert_eq!((status, &captured["state"]), (200, &json!("AUTHORIZED")));
    assert_eq!(captured["aggregate"]["capturedAmount"]["value"], 50_000);
    assert_eq!(code(&harness.capture("order-1001", "capture-2", 8_701).await), "6090");
    let (_, refunded) = harness.refund("order-1001", "refund-1", 10_000).await;
    assert_eq!(refunded["aggregate"]["refundedAmount"]["value"], 10_000);
    assert_eq!(code(&harness.refund("order-1001", "refund-2", 40_001).await), "6150");
    let (status, cancelled) = harness.cancel("order-1001", &json!({})).await;
    assert_eq!((status, &cancelled["aggregate"]["cancelledAmount"]["value"]), (200, &json!(8_700)));
    assert_eq!(code(&harness.cancel("order-1001", &json!({})).await), "6190");

    let (_, events) = harness.get("/epayment/v1/payments/order-1001/events").await;
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]);
    assert_eq!(events[0]["pspReference"], paid["pspReference"], "GET carries that of the creation");
    assert_ne!(events[0]["pspReference"], events[1]["pspReference"]);
}

#[tokio::test]
async fn a_repeated_key_replays_the_answer_and_conflicts_with_another_body() {
    let harness = Harness::new().await;
    let first = harness.create("order-2001", 1000).await;
    assert_eq!(harness.create("order-2001", 1000).await, first);
    let other = harness.post("/epayment/v1/payments", "create-order-2001", &create_request("order-2001", 2000)).await;
    assert_eq!((other.0, code(&other)), (409, "4020"));
    let taken = harness.post("/epayment/v1/payments", "another key", &create_request("order-2001", 1000)).await;
    assert_eq!((taken.0, code(&taken)), (409, "4150"));

    harness.act("order-2001", "approve").await;
    let first = harness.capture("order-2001", "capture", 400).await;
    assert_eq!(harness.capture("order-2001", "capture", 400).await, first);
    let other = harness.capture("order-2001", "capture", 500).await;
    assert_eq!((other.0, code(&other)), (409, "4010"));
    assert_eq!(harness.payment("order-2001").await["aggregate"]["capturedAmount"]["value"], 400);
}

#[tokio::test]
async fn a_refusal_is_replayed_too() {
    let harness = Harness::new().await;
    harness.create("order-2101", 1000).await;
    let early = harness.capture("order-2101", "capture", 1000).await;
    assert_eq!(code(&early), "6080");
    harness.act("order-2101", "approve").await;
    assert_eq!(harness.capture("order-2101", "capture", 1000).await, early);
    assert_eq!(harness.capture("order-2101", "capture again", 1000).await.0, 200);
}

#[tokio::test]
async fn the_sixth_capture_in_a_minute_is_refused() {
    let harness = Harness::new().await;
    harness.create("order-3001", 1000).await;
    harness.act("order-3001", "approve").await;
    for n in 0..5 {
        assert_eq!(harness.capture("order-3001", &format!("c-{n}"), 1).await.0, 200);
    }
    let path = "/epayment/v1/payments/order-3001/capture";
    let body = json!({ "modificationAmount": { "currency": "NOK", "value": 1 } });
    let sixth = harness.call(Method::POST, path).header("Idempotency-Key", "c-5").json(&body).send().await.unwrap();
    assert_eq!(sixth.status(), 429);
    let wait: u64 = sixth.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    harness.advance(wait as u32 * SECOND).await;
    assert_eq!(harness.capture("order-3001", "c-5", 1).await.0, 200);
}

#[tokio::test]
async fn a_payment_expires_by_the_emulators_clock() {
    let harness = Harness::new().await;
    harness.create("order-4001", 1000).await;
    harness.advance(599 * SECOND).await;
    assert_eq!(harness.payment("order-4001").await["state"], "CREATED");
    harness.advance(SECOND).await;
    assert_eq!(harness.payment("order-4001").await["state"], "EXPIRED");
    assert_eq!(harness.act("order-4001", "approve").await.0, 409);
}

#[tokio::test]
async fn cancelling_only_the_transaction_does_not_release_an_authorization() {
    let harness = Harness::new().await;
    let only = json!({ "cancelTransactionOnly": true });
    harness.create("order-5001", 1000).await;
    let (_, ended) = harness.cancel("order-5001", &only).await;
    assert_eq!(
        (&ended["state"], &ended["aggregate"]["cancelledAmount"]["value"]),
        (&json!("TERMINATED"), &json!(1000))
    );

    harness.create("order-5002", 1000).await;
    harness.act("order-5002", "approve").await;
    assert_eq!(code(&harness.cancel("order-5002", &only).await), "6060");
    harness.capture("order-5002", "capture", 1000).await;
    assert_eq!(code(&harness.cancel("order-5002", &json!({})).await), "6040");
}

#[tokio::test]
async fn refusing_to_share_ends_the_payment() {
    let harness = Harness::new().await;
    harness.create("order-6001", 1000).await;
    harness.control(Method::POST, "payments/order-6001/approve", json!({ "share": false })).await;
    let refused = harness.payment("order-6001").await;
    assert_eq!((&refused["state"], refused.get("userDetails")), (&json!("ABORTED"), None));
}

#[tokio::test]
async fn amounts_that_simulate_a_refusal_fail_the_attempt() {
    let harness = Harness::new().await;
    harness.create("order-6101", 151).await;
    let path = "/epayment/v1/test/payments/order-6101/approve";
    let force = harness.call(Method::POST, path).json(&json!({ "customer": { "phoneNumber": "4791234567" } }));
    assert_eq!(code(&harness.send(force).await), "10010");
    let payment = harness.payment("order-6101").await;
    assert_eq!((&payment["state"], payment.get("userDetails")), (&json!("CREATED"), None));
    let (_, events) = harness.get("/epayment/v1/payments/order-6101/events").await;
    assert_eq!((&events[1]["name"], &events[1]["success"]), (&json!("AUTHORIZED"), &json!(false)));

    harness.create("order-6102", 201).await;
    harness.act("order-6102", "approve").await;
    assert_eq!(code(&harness.cancel("order-6102", &json!({})).await), "6250");
    harness.advance(3599 * SECOND).await;
    let mut harness = harness;
    harness.renew_token().await;
    assert_eq!(harness.payment("order-6102").await["state"], "CREATED", "unknown for an hour, and not expired");
    harness.advance(2 * SECOND).await;
    assert_eq!(harness.payment("order-6102").await["state"], "AUTHORIZED");

    harness.create("order-6103", 1000).await;
    harness.act("order-6103", "approve").await;
    harness.capture("order-6103", "capture", 1000).await;
    assert_eq!(code(&harness.refund("order-6103", "r-1", 123).await), "5100");
    assert_eq!(code(&harness.refund("order-6103", "r-2", 124).await), "6220");
}

#[tokio::test]
async fn an_invalid_request_is_refused_with_its_code() {
    let harness = Harness::new().await;
    let cases = [
        ("/amount/value", json!(12.5), "4040"),
        ("/amount/value", json!(99), "4040"),
        ("/amount/currency", json!("DKK"), "5040"),
        ("/returnUrl", json!("http://shop.example/return"), "4090"),
        ("/profile/scope", json!("phoneNumber shoeSize"), "4080"),
        ("/profile/scope", json!("nin"), "5030"),
        ("/paymentMethod/type", json!("CARD"), "4160"),
        ("/userFlow", json!("PUSH_MESSAGE"), "4140"),
    ];
    for (n, (field, value, number)) in cases.into_iter().enumerate() {
        let mut body = create_request(&format!("order-710{n}"), 1000);
        *body.pointer_mut(field).unwrap() = value.clone();
        let reply = harness.post("/epayment/v1/payments", &format!("key-{n}"), &body).await;
        assert_eq!(code(&reply), number, "{field} = {value}");
    }
    let mut body = create_request("order-7201", 1000);
    body["customerPhone"] = json!("4791234567");
    let (status, problem) = harness.post("/epayment/v1/payments", "key-unknown", &body).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("customerPhone")));

    let create = || harness.call(Method::POST, "/epayment/v1/payments").json(&create_request("order-7301", 1000));
    let (status, problem) = harness.send(create()).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("Idempotency-Key")));
    let (status, problem) = harness.send(create().header("Idempotency-Key", "k".repeat(51))).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("Idempotency-Key")));
    let long = create().header("Idempotency-Key", "k").header("Vipps-System-Name", "n".repeat(31));
    assert_eq!(harness.send(long).await.0, 400);
}

#[tokio::test]
async fn a_push_needs_an_approval_and_a_customer_with_the_app() {
    let harness = Harness::new().await;
    let push = |reference: &str, number: &str| {
        let mut body = create_request(reference, 1000);
        body["userFlow"] = json!("PUSH_MESSAGE");
        body["customer"] = json!({ "phoneNumber": number });
        body
    };
    let refused = harness.post("/epayment/v1/payments", "push-1", &push("order-8001", "4791234567")).await;
    assert_eq!((refused.0, code(&refused)), (403, "5080"));
    let approved = json!({ "push_message": true, "long_living": false });
    assert_eq!(harness.control(Method::POST, "sales-units/123456", approved).await.0, 204);
    let (status, created) = harness.post("/epayment/v1/payments", "push-2", &push("order-8002", "4791234567")).await;
    assert_eq!((status, created), (201, json!({ "reference": "order-8002" })));
    let nobody = harness.post("/epayment/v1/payments", "push-3", &push("order-8003", "4790000000")).await;
    assert_eq!(code(&nobody), "7010");
}

#[tokio::test]
async fn keys_of_another_sales_unit_are_refused() {
    let harness = Harness::new().await;
    harness.create("order-9001", 1000).await;
    let url = format!("{}/epayment/v1/payments/order-9001", harness.emulator.url());
    let mixed = harness.http.get(url).bearer_auth(&harness.token).header("Merchant-Serial-Number", "234567");
    let mixed = mixed.header("Ocp-Apim-Subscription-Key", &harness.keys.subscription_key);
    assert_eq!(harness.send(mixed).await.0, 401);
}

#[tokio::test]
async fn shared_data_is_readable_for_a_week() {
    let mut harness = Harness::new().await;
    harness.create("order-9101", 1000).await;
    harness.act("order-9101", "approve").await;
    let sub = harness.payment("order-9101").await["profile"]["sub"].as_str().unwrap().to_owned();
    let path = format!("{}/vipps-userinfo-api/userinfo/{sub}", harness.emulator.url());
    let ask = |harness: &Harness| harness.http.get(&path).bearer_auth(&harness.token);
    let (status, info) = harness.send(ask(&harness)).await;
    assert_eq!((status, &info["phone_number"]), (200, &json!("4791234567")));
    assert_eq!(
        harness.send(ask(&harness).header("Ocp-Apim-Subscription-Key", &harness.keys.subscription_key)).await.0,
        401
    );
    harness.advance(168 * 3600 * SECOND).await;
    harness.renew_token().await;
    assert_eq!(harness.send(ask(&harness)).await.1["phone_number"], "[Expired]");
}

#[tokio::test]
async fn the_profile_appears_after_its_delay() {
    let harness = Harness::with("123456", Options { profile_delay_ms: 3_600_000, ..Options::default() }).await;
    harness.create("order-9201", 1000).await;
    harness.act("order-9201", "approve").await;
    let early = harness.payment("order-9201").await;
    assert_eq!(
        (&early["state"], &early["profile"], early.get("userDetails")),
        (&json!("AUTHORIZED"), &json!({}), None)
    );
    harness.control(Method::POST, "profile-delay", json!({ "ms": 0 })).await;
    assert_eq!(harness.payment("order-9201").await["userDetails"]["mobileNumber"], "4791234567");
}

#[tokio::test]
async fn http_on_loopback_can_be_refused_as_by_the_real_api() {
    let harness = Harness::with("123456", Options { http_on_loopback: false, ..Options::default() }).await;
    assert_eq!(code(&harness.create("order-9301", 1000).await), "4090");
    assert_eq!(harness.register("http://127.0.0.1:1/hooks", &["authorized"]).await.0, 400);
}

#[tokio::test]
async fn the_emulator_stops_on_shutdown() {
    let harness = Harness::new().await;
    harness.emulator.shutdown();
    tokio::time::timeout(5 * SECOND, harness.emulator.stopped()).await.expect("it stops");
    assert!(harness.http.get(harness.emulator.url()).send().await.is_err());
}
