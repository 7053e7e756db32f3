//! Payments from creation to refund.

use std::time::Duration;

use kvitt_emulator::Options;
use reqwest::Method;
use serde_json::json;

use crate::bench::{Bench, code, wish};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_token_is_given_for_the_right_keys_and_ends_after_an_hour() {
    let bench = Bench::new().await;
    let (status, body) = bench.send(bench.token_request()).await;
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], "3600", "numbers are strings");
    assert!(body["access_token"].as_str().unwrap().len() > 1000);

    let wrong = bench.http.post(format!("{}/accesstoken/get", bench.emulator.url()));
    let wrong = wrong.header("client_id", &bench.keys.client_id).header("client_secret", "another");
    assert_eq!(bench.send(wrong).await.0, 401);
    assert_eq!(bench.get("/epayment/v1/payments/unknown-1").await.0, 404);
    bench.advance(3600 * SECOND).await;
    assert_eq!(bench.get("/epayment/v1/payments/unknown-1").await.0, 401);
}

#[tokio::test]
async fn a_payment_is_created_approved_captured_and_refunded() {
    let bench = Bench::new().await;
    let (status, created) = bench.create("order-1001", 58_700).await;
    assert_eq!(status, 201, "{created}");
    assert!(created["redirectUrl"].as_str().unwrap().starts_with(&format!("{}/landing?token=", bench.emulator.url())));

    assert_eq!(bench.act("order-1001", "approve").await.0, 200);
    let paid = bench.payment("order-1001").await;
    assert_eq!(paid["state"], "AUTHORIZED");
    assert_eq!(paid["aggregate"]["authorizedAmount"], json!({ "currency": "NOK", "value": 58_700 }));
    assert_eq!(paid["userDetails"], json!({ "mobileNumber": "4791234567" }));
    assert!(paid["profile"]["sub"].is_string());

    let (status, captured) = bench.capture("order-1001", "capture-1", 50_000).await;
    assert_eq!((status, &captured["state"]), (200, &json!("AUTHORIZED")));
    assert_eq!(captured["aggregate"]["capturedAmount"]["value"], 50_000);
    assert_eq!(code(&bench.capture("order-1001", "capture-2", 8_701).await), "6090");
    let (_, refunded) = bench.refund("order-1001", "refund-1", 10_000).await;
    assert_eq!(refunded["aggregate"]["refundedAmount"]["value"], 10_000);
    assert_eq!(code(&bench.refund("order-1001", "refund-2", 40_001).await), "6150");
    let (status, cancelled) = bench.cancel("order-1001", &json!({})).await;
    assert_eq!((status, &cancelled["aggregate"]["cancelledAmount"]["value"]), (200, &json!(8_700)));
    assert_eq!(code(&bench.cancel("order-1001", &json!({})).await), "6190");

    let (_, events) = bench.get("/epayment/v1/payments/order-1001/events").await;
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]);
    assert_eq!(events[0]["pspReference"], paid["pspReference"], "GET carries that of the creation");
    assert_ne!(events[0]["pspReference"], events[1]["pspReference"]);
}

#[tokio::test]
async fn the_same_key_replays_and_another_body_conflicts() {
    let bench = Bench::new().await;
    let first = bench.create("order-2001", 1000).await;
    assert_eq!(bench.create("order-2001", 1000).await, first);
    let other = bench.post("/epayment/v1/payments", "create-order-2001", &wish("order-2001", 2000)).await;
    assert_eq!((other.0, code(&other)), (409, "4020"));
    let taken = bench.post("/epayment/v1/payments", "another key", &wish("order-2001", 1000)).await;
    assert_eq!((taken.0, code(&taken)), (409, "4150"));

    bench.act("order-2001", "approve").await;
    let first = bench.capture("order-2001", "capture", 400).await;
    assert_eq!(bench.capture("order-2001", "capture", 400).await, first);
    let other = bench.capture("order-2001", "capture", 500).await;
    assert_eq!((other.0, code(&other)), (409, "4010"));
    assert_eq!(bench.payment("order-2001").await["aggregate"]["capturedAmount"]["value"], 400);
}

#[tokio::test]
async fn a_refused_key_stays_refused() {
    let bench = Bench::new().await;
    bench.create("order-2101", 1000).await;
    let early = bench.capture("order-2101", "capture", 1000).await;
    assert_eq!(code(&early), "6080");
    bench.act("order-2101", "approve").await;
    assert_eq!(bench.capture("order-2101", "capture", 1000).await, early);
    assert_eq!(bench.capture("order-2101", "capture again", 1000).await.0, 200);
}

#[tokio::test]
async fn six_captures_a_minute_are_too_many() {
    let bench = Bench::new().await;
    bench.create("order-3001", 1000).await;
    bench.act("order-3001", "approve").await;
    for n in 0..5 {
        assert_eq!(bench.capture("order-3001", &format!("c-{n}"), 1).await.0, 200);
    }
    let path = "/epayment/v1/payments/order-3001/capture";
    let body = json!({ "modificationAmount": { "currency": "NOK", "value": 1 } });
    let sixth = bench.call(Method::POST, path).header("Idempotency-Key", "c-5").json(&body).send().await.unwrap();
    assert_eq!(sixth.status(), 429);
    let wait: u64 = sixth.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    bench.advance(wait as u32 * SECOND).await;
    assert_eq!(bench.capture("order-3001", "c-5", 1).await.0, 200);
}

#[tokio::test]
async fn a_payment_expires_by_the_emulators_clock() {
    let bench = Bench::new().await;
    bench.create("order-4001", 1000).await;
    bench.advance(599 * SECOND).await;
    assert_eq!(bench.payment("order-4001").await["state"], "CREATED");
    bench.advance(SECOND).await;
    assert_eq!(bench.payment("order-4001").await["state"], "EXPIRED");
    assert_eq!(bench.act("order-4001", "approve").await.0, 409);
}

#[tokio::test]
async fn cancelling_only_the_transaction_spares_an_authorization() {
    let bench = Bench::new().await;
    let only = json!({ "cancelTransactionOnly": true });
    bench.create("order-5001", 1000).await;
    let (_, ended) = bench.cancel("order-5001", &only).await;
    assert_eq!(
        (&ended["state"], &ended["aggregate"]["cancelledAmount"]["value"]),
        (&json!("TERMINATED"), &json!(1000))
    );

    bench.create("order-5002", 1000).await;
    bench.act("order-5002", "approve").await;
    assert_eq!(code(&bench.cancel("order-5002", &only).await), "6060");
    bench.capture("order-5002", "capture", 1000).await;
    assert_eq!(code(&bench.cancel("order-5002", &json!({})).await), "6040");
}

#[tokio::test]
async fn refusing_to_share_ends_the_payment() {
    let bench = Bench::new().await;
    bench.create("order-6001", 1000).await;
    bench.control(Method::POST, "payments/order-6001/approve", json!({ "share": false })).await;
    let refused = bench.payment("order-6001").await;
    assert_eq!((&refused["state"], refused.get("userDetails")), (&json!("ABORTED"), None));
}

#[tokio::test]
async fn amounts_that_stand_for_a_refusal_fail_the_attempt() {
    let bench = Bench::new().await;
    bench.create("order-6101", 151).await;
    let path = "/epayment/v1/test/payments/order-6101/approve";
    let force = bench.call(Method::POST, path).json(&json!({ "customer": { "phoneNumber": "4791234567" } }));
    assert_eq!(code(&bench.send(force).await), "10010");
    let payment = bench.payment("order-6101").await;
    assert_eq!((&payment["state"], payment.get("userDetails")), (&json!("CREATED"), None));
    let (_, events) = bench.get("/epayment/v1/payments/order-6101/events").await;
    assert_eq!((&events[1]["name"], &events[1]["success"]), (&json!("AUTHORIZED"), &json!(false)));

    bench.create("order-6102", 201).await;
    bench.act("order-6102", "approve").await;
    assert_eq!(code(&bench.cancel("order-6102", &json!({})).await), "6250");
    bench.advance(3599 * SECOND).await;
    let mut bench = bench;
    bench.renew_token().await;
    assert_eq!(bench.payment("order-6102").await["state"], "CREATED", "unknown for an hour, and not expired");
    bench.advance(2 * SECOND).await;
    assert_eq!(bench.payment("order-6102").await["state"], "AUTHORIZED");

    bench.create("order-6103", 1000).await;
    bench.act("order-6103", "approve").await;
    bench.capture("order-6103", "capture", 1000).await;
    assert_eq!(code(&bench.refund("order-6103", "r-1", 123).await), "5100");
    assert_eq!(code(&bench.refund("order-6103", "r-2", 124).await), "6220");
}

#[tokio::test]
async fn a_wrong_request_is_refused_with_its_number() {
    let bench = Bench::new().await;
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
        let mut body = wish(&format!("order-710{n}"), 1000);
        *body.pointer_mut(field).unwrap() = value.clone();
        let reply = bench.post("/epayment/v1/payments", &format!("key-{n}"), &body).await;
        assert_eq!(code(&reply), number, "{field} = {value}");
    }
    let mut body = wish("order-7201", 1000);
    body["customerPhone"] = json!("4791234567");
    let (status, problem) = bench.post("/epayment/v1/payments", "key-unknown", &body).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("customerPhone")));

    let create = || bench.call(Method::POST, "/epayment/v1/payments").json(&wish("order-7301", 1000));
    let (status, problem) = bench.send(create()).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("Idempotency-Key")));
    let (status, problem) = bench.send(create().header("Idempotency-Key", "k".repeat(51))).await;
    assert_eq!((status, &problem["extraDetails"][0]["name"]), (400, &json!("Idempotency-Key")));
    let long = create().header("Idempotency-Key", "k").header("Vipps-System-Name", "n".repeat(31));
    assert_eq!(bench.send(long).await.0, 400);
}

#[tokio::test]
async fn a_push_needs_an_approval_and_a_customer_with_the_app() {
    let bench = Bench::new().await;
    let push = |reference: &str, number: &str| {
        let mut body = wish(reference, 1000);
        body["userFlow"] = json!("PUSH_MESSAGE");
        body["customer"] = json!({ "phoneNumber": number });
        body
    };
    let refused = bench.post("/epayment/v1/payments", "push-1", &push("order-8001", "4791234567")).await;
    assert_eq!((refused.0, code(&refused)), (403, "5080"));
    let approved = json!({ "push_message": true, "long_living": false });
    assert_eq!(bench.control(Method::POST, "sales-units/123456", approved).await.0, 204);
    let (status, created) = bench.post("/epayment/v1/payments", "push-2", &push("order-8002", "4791234567")).await;
    assert_eq!((status, created), (201, json!({ "reference": "order-8002" })));
    let nobody = bench.post("/epayment/v1/payments", "push-3", &push("order-8003", "4790000000")).await;
    assert_eq!(code(&nobody), "7010");
}

#[tokio::test]
async fn keys_of_another_sales_unit_open_nothing() {
    let bench = Bench::new().await;
    bench.create("order-9001", 1000).await;
    let url = format!("{}/epayment/v1/payments/order-9001", bench.emulator.url());
    let mixed = bench.http.get(url).bearer_auth(&bench.token).header("Merchant-Serial-Number", "234567");
    let mixed = mixed.header("Ocp-Apim-Subscription-Key", &bench.keys.subscription_key);
    assert_eq!(bench.send(mixed).await.0, 401);
}

#[tokio::test]
async fn what_was_shared_is_readable_for_a_week() {
    let mut bench = Bench::new().await;
    bench.create("order-9101", 1000).await;
    bench.act("order-9101", "approve").await;
    let sub = bench.payment("order-9101").await["profile"]["sub"].as_str().unwrap().to_owned();
    let path = format!("{}/vipps-userinfo-api/userinfo/{sub}", bench.emulator.url());
    let ask = |bench: &Bench| bench.http.get(&path).bearer_auth(&bench.token);
    let (status, info) = bench.send(ask(&bench)).await;
    assert_eq!((status, &info["phone_number"]), (200, &json!("4791234567")));
    assert_eq!(bench.send(ask(&bench).header("Ocp-Apim-Subscription-Key", &bench.keys.subscription_key)).await.0, 401);
    bench.advance(168 * 3600 * SECOND).await;
    bench.renew_token().await;
    assert_eq!(bench.send(ask(&bench)).await.1["phone_number"], "[Expired]");
}

#[tokio::test]
async fn the_profile_appears_after_its_delay() {
    let bench = Bench::with("123456", Options { profile_delay_ms: 3_600_000, ..Options::default() }).await;
    bench.create("order-9201", 1000).await;
    bench.act("order-9201", "approve").await;
    let early = bench.payment("order-9201").await;
    assert_eq!(
        (&early["state"], &early["profile"], early.get("userDetails")),
        (&json!("AUTHORIZED"), &json!({}), None)
    );
    bench.control(Method::POST, "profile-delay", json!({ "ms": 0 })).await;
    assert_eq!(bench.payment("order-9201").await["userDetails"]["mobileNumber"], "4791234567");
}

#[tokio::test]
async fn a_strict_emulator_takes_https_only() {
    let bench = Bench::with("123456", Options { strict: true, ..Options::default() }).await;
    assert_eq!(code(&bench.create("order-9301", 1000).await), "4090");
    assert_eq!(bench.register("http://127.0.0.1:1/hooks", &["authorized"]).await.0, 400);
}

#[tokio::test]
async fn it_stops_when_told_to() {
    let bench = Bench::new().await;
    bench.emulator.shutdown();
    tokio::time::timeout(5 * SECOND, bench.emulator.stopped()).await.expect("it stops");
    assert!(bench.http.get(bench.emulator.url()).send().await.is_err());
}
