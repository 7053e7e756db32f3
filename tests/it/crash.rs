//! A proxy process is killed or stopped in the middle of a payment, and restarted. The payment completes, once.

use kvitt_emulator::Credentials;
use kvitt_wire::{Checkout, State};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::shop::{Database, PHONE_NUMBER, Stage, Stream, beside, eventually, http, two_mugs_and_a_tea};

#[tokio::test]
async fn killed_before_the_webhook_it_confirms_the_order_after_a_restart() {
    let mut stage = Stage::set(Database::chosen()).await;
    let proxy = stage.start();
    let response = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let order: Checkout = response.json().await.unwrap();
    assert_eq!(order.state, State::Created);
    let mut log = proxy.kill();

    stage.vipps.approves(&order.reference).await;

    let proxy = stage.start();
    let path = format!("{}/v1/checkouts/{}", proxy.url, order.token);
    let confirmed = eventually("the confirmation", || async {
        let checkout: Checkout = http().get(&path).send().await.ok()?.json().await.ok()?;
        checkout.sharing.phone_number_ending.is_some().then_some(checkout)
    })
    .await;
    assert_eq!(confirmed.state, State::Authorized);
    assert_eq!(confirmed.reference, order.reference);
    assert_eq!(stage.vipps.records().await.len(), 1, "one order, one payment");
    log.push_str(&proxy.kill());

    let keys = Credentials::of("123456").unwrap();
    assert!(log.contains("checkout opened") && log.contains("checkout state changed"), "{log}");
    let secrets = [&keys.client_secret, &keys.subscription_key, stage.vipps.secret.expose_secret()];
    for hidden in [PHONE_NUMBER, &order.token, "Bearer "].into_iter().chain(secrets) {
        assert!(!log.contains(hidden), "the log contains a secret");
    }
    stage.vipps.close().await;
}

#[tokio::test]
async fn killed_during_creation_it_creates_that_payment_and_no_other() {
    let mut stage = Stage::set(Database::chosen()).await;
    let created = "/epayment/v1/payments";
    stage.vipps.fails("POST", created, 1, serde_json::json!({ "delay_ms": 60_000 })).await;
    let proxy = stage.start();
    let url = format!("{}/v1/checkouts", proxy.url);
    let request = tokio::spawn(async move { http().post(url).json(&two_mugs_and_a_tea()).send().await });
    eventually("the request is in flight", || async { (stage.vipps.faults_left().await == 0).then_some(()) }).await;
    proxy.kill();
    assert!(request.await.unwrap().is_err(), "no answer before the crash");
    assert_eq!(stage.vipps.records().await.len(), 0);

    let proxy = stage.start();
    eventually("the payment", || async { (stage.vipps.records().await.len() == 1).then_some(()) }).await;
    let metrics = format!("{}/metrics", proxy.url);
    eventually("the order has its payment", || async {
        let text = http().get(&metrics).send().await.ok()?.text().await.ok()?;
        text.contains("kvitt_checkouts{state=\"created\"} 1\n").then_some(())
    })
    .await;
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test]
async fn on_sigterm_it_accepts_nothing_new_and_drains_what_it_began() {
    let mut stage = Stage::set_with(Database::chosen(), "vipps.timeout_ms = 5000").await;
    let mut proxy = stage.start();
    let first = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send().await.unwrap();
    let first: Checkout = first.json().await.unwrap();
    let mut stream = Stream::open_at(&proxy.url, &format!("/v1/checkouts/{}", first.token), None).await;
    stream.next().await.unwrap();

    // The proxy is stopped while Vipps MobilePay works on a payment.
    stage.vipps.fails("POST", "/epayment/v1/payments", 1, json!({ "delay_ms": 3_000 })).await;
    let response = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send();
    let response = tokio::spawn(response);
    eventually("the request", || async { (stage.vipps.faults_left().await == 0).then_some(()) }).await;
    proxy.gets_sigterm();

    let answer = response.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED, "a request in progress is answered");
    let second: Checkout = answer.json().await.unwrap();
    assert_eq!(second.state, State::Starting, "the answer does not wait for Vipps MobilePay");
    assert!(stream.next().await.is_none(), "the stream is closed");
    assert!(stream.retry_ms.is_some_and(|ms| (1_000..3_000).contains(&ms)), "the page knows when to reconnect");
    let refused = || async { http().get(format!("{}/healthz", proxy.url)).send().await.is_err().then_some(()) };
    eventually("new connections are refused", refused).await;
    assert!(!proxy.has_died(), "the proxy drains the payment");
    proxy.ends().await;

    let store = beside(&stage.files.database).await;
    let (id, _) = kvitt::access::token::decode(&second.token).unwrap();
    let finished = store.checkout(id).await.unwrap().unwrap().checkout;
    assert_eq!(finished.current().state, State::Created, "the outcome is stored");
    store.close().await;
    stage.vipps.close().await;
}
