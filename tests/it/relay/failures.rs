//! Endpoints that fail, are slow, redirect, or have an internal address.

use kvitt_wire::State;
use serde_json::{Value, json};

use super::{Answer, LOCAL_RELAY, Receiver, Shop, delivery, eventually, listed, paid, tests};
use crate::shop::{Database, Stage, execute, http, two_mugs_and_a_tea};

/// The relay's options with a short timeout.
fn with_short_timeout() -> String {
    LOCAL_RELAY.replace("timeout_ms = 8000", "timeout_ms = 500")
}

async fn endpoint(shop: &Shop, id: &str) -> Value {
    let all = shop.runs(&["endpoints", "list", "--json"]).await.succeeded().json();
    all.as_array().unwrap().iter().find(|endpoint| endpoint["id"] == id).unwrap().clone()
}

/// Waits until the endpoint is disabled. Returns the reason.
async fn disabled(shop: &Shop, id: &str) -> String {
    let reason = || async { endpoint(shop, id).await["disabled_reason"].as_str().map(str::to_owned) };
    eventually("it is disabled", reason).await
}

#[tokio::test]
async fn a_failed_delivery_is_retried_under_the_same_id() {
    let shop = Shop::open_with(&with_short_timeout()).await;
    let receiver = Receiver::answering([Answer::Status(500), Answer::None]).await;
    let added = shop.adds_endpoint(&receiver).await;
    let id = tests(&shop, &added.id).await;
    let received = receiver.receives(3).await;
    assert!(received.iter().all(|received| received.id() == id && received.is_signed_with(&added.secret)));
    assert!(received.iter().all(|each| each.body == received[0].body), "the same, byte for byte");
    let done = delivery(&shop, &added.id, |one| !one["delivered_at"].is_null()).await;
    assert_eq!((&done["tries"], &done["last_status"], &done["last_error"]), (&json!(3), &json!(204), &Value::Null));
    assert_eq!(endpoint(&shop, &added.id).await["failing_since"], Value::Null, "a success resets the failures");
    shop.close().await;
}

#[tokio::test]
async fn a_delivery_that_fails_too_often_is_parked_and_replayed() {
    let extra = LOCAL_RELAY.replace("[20, 20, 20, 20, 20, 20, 20, 20, 20]", "[20]");
    let shop = Shop::open_with(&extra).await;
    let receiver = Receiver::answering([Answer::Status(500), Answer::Status(503)]).await;
    let added = shop.adds_endpoint(&receiver).await;
    let id = tests(&shop, &added.id).await;
    let given_up = delivery(&shop, &added.id, |one| !one["given_up_at"].is_null()).await;
    assert_eq!((&given_up["tries"], &given_up["last_status"]), (&json!(2), &json!(503)));
    assert_eq!(given_up["last_error"], "it answered 503 Service Unavailable");
    assert_eq!(listed(&shop, &added.id, &["--failed"]).await.len(), 1);
    shop.runs(&["deliveries", "replay", &added.id, "--delivery", &id]).await.succeeded();
    assert_eq!(receiver.receives(3).await[2].id(), id);
    delivery(&shop, &added.id, |one| !one["delivered_at"].is_null()).await;
    assert!(listed(&shop, &added.id, &["--failed"]).await.is_empty());
    shop.close().await;
}

#[tokio::test]
async fn retry_after_of_an_endpoint_is_respected() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([Answer::RetryAfter(3_600)]).await;
    let added = shop.adds_endpoint(&receiver).await;
    tests(&shop, &added.id).await;
    let waits = delivery(&shop, &added.id, |one| one["last_status"] == 503).await;
    let wait_s = (waits["due_at"].as_i64().unwrap() - waits["tried_at"].as_i64().unwrap()) / 1000;
    assert_eq!(wait_s, 3_600);
    shop.close().await;
}

#[tokio::test]
async fn an_endpoint_that_answers_410_is_disabled_and_the_others_notified() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let (gone, other) = (Receiver::answering([Answer::Status(410)]).await, Receiver::answering([]).await);
    let (added, _) = (shop.adds_endpoint(&gone).await, shop.adds_endpoint(&other).await);
    let id = tests(&shop, &added.id).await;
    assert_eq!(disabled(&shop, &added.id).await, "it answered 410 Gone");
    let event = other.receives_event("endpoint.disabled").await.json();
    assert_eq!(
        (&event["data"]["endpoint"], &event["data"]["reason"]),
        (&json!(added.id), &json!("it answered 410 Gone"))
    );
    assert!(shop.metrics().await.contains("\nkvitt_endpoints_disabled 1\n"));
    let refused = shop.runs(&["endpoints", "test", &added.id]).await;
    assert!(refused.code == Some(1) && refused.err.contains("kvitt endpoints enable"), "{refused:?}");
    paid(&shop).await;
    other.receives_event("checkout.authorized").await;
    assert_eq!(gone.received().len(), 1, "nothing more is delivered");

    shop.runs(&["endpoints", "enable", &added.id]).await.succeeded();
    shop.runs(&["deliveries", "replay", &added.id, "--since", "2020-01-01T00:00:00Z"]).await.succeeded();
    let again = || async { (gone.received().iter().filter(|received| received.id() == id).count() == 2).then_some(()) };
    eventually("the event is replayed", again).await;
    gone.receives_event("checkout.authorized").await;
    shop.close().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_disabled() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let (bad, good) = (Receiver::answering([Answer::Status(500)]).await, Receiver::answering([]).await);
    let (added, fine) = (shop.adds_endpoint(&bad).await, shop.adds_endpoint(&good).await);
    // By the stored time, both have failed since 1970.
    execute(&shop.files.database, "UPDATE endpoints SET failing_since = 1").await;
    tests(&shop, &added.id).await;
    assert_eq!(disabled(&shop, &added.id).await, "it has done nothing but fail for days");
    good.receives_event("endpoint.disabled").await;
    let forgiven = || async { endpoint(&shop, &fine.id).await["failing_since"].is_null().then_some(()) };
    eventually("a success resets the failures", forgiven).await;
    assert_eq!(bad.received().len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_slow_endpoint_delays_no_other_and_redirects_are_not_followed() {
    let shop = Shop::open_with(&with_short_timeout()).await;
    let elsewhere = Receiver::answering([]).await;
    let slow = Receiver::answering(vec![Answer::None; 40]).await;
    let redirects = Receiver::answering([Answer::Redirect(elsewhere.url.clone())]).await;
    let (slow_one, redirecting) = (shop.adds_endpoint(&slow).await, shop.adds_endpoint(&redirects).await);
    paid(&shop).await;
    let received = redirects.receives(3).await;
    assert!(received.iter().any(|received| received.kind() == "checkout.authorized"));
    let late = |one: &Value| one["last_error"] == "no answer within 500 ms" && one["last_status"].is_null();
    delivery(&shop, &slow_one.id, late).await;
    let delivered = || async {
        let all = listed(&shop, &redirecting.id, &[]).await;
        all.iter().all(|one| !one["delivered_at"].is_null()).then_some(())
    };
    eventually("the other endpoint is not delayed", delivered).await;
    assert!(elsewhere.received().is_empty());
    shop.close().await;
}

#[tokio::test]
async fn internal_addresses_are_never_called() {
    let shop = Shop::open().await;
    shop.is_open().await;
    let receiver = Receiver::answering([]).await;
    for (url, why) in [
        (receiver.url.as_str(), "must begin with https://"),
        ("https://127.0.0.1/", "leads to an address that is not public"),
        ("https://[::ffff:169.254.169.254]/", "leads to an address that is not public"),
        ("https://me:hush@shop.example/", "must have no user name or password in it"),
        ("shop.example", "is not an address"),
    ] {
        let refused = shop.runs(&["endpoints", "add", url]).await;
        assert!(refused.code == Some(1) && refused.err.contains(why) && !refused.err.contains("hush"), "{refused:?}");
    }
    // A name is resolved at the delivery.
    let port = receiver.url.rsplit(':').next().unwrap();
    let added = shop.runs(&["endpoints", "add", &format!("https://localhost:{port}")]).await.succeeded();
    let id = added.out.lines().next().unwrap();
    tests(&shop, id).await;
    let refused = delivery(&shop, id, |one| !one["last_error"].is_null()).await;
    assert_eq!(refused["last_error"], "leads to an address that is not public");
    assert!(receiver.received().is_empty());
    shop.close().await;
}

#[tokio::test]
async fn an_unrecorded_delivery_is_repeated_under_the_same_id() {
    let extra = format!("polling.first_ms = 200\nvipps.timeout_ms = 500\n{}", with_short_timeout());
    let stage = Stage::set_with(Database::chosen(), &extra).await;
    let receiver = Receiver::answering([]).await;
    stage.files.add_endpoint(&receiver).await;
    let mut process = stage.start_mortal(&["--dies-after=delivery".to_owned(), "--nth=1".to_owned()]);
    let request = http().post(format!("{}/v1/checkouts", process.url)).json(&two_mugs_and_a_tea()).send();
    let order: kvitt_wire::Checkout = request.await.unwrap().json().await.unwrap();
    assert_eq!(order.state, State::Created);
    stage.vipps.approves(&order.reference).await;
    let first = receiver.receives(1).await.remove(0);
    eventually("it crashes", || std::future::ready(process.has_died().then_some(()))).await;
    let again = stage.start();
    let repeated = || async {
        let same = receiver.received().into_iter().filter(|received| received.id() == first.id()).count();
        (same == 2).then_some(())
    };
    eventually("the event is delivered again", repeated).await;
    drop(again);
    let mut vipps = stage.vipps;
    vipps.close().await;
}
