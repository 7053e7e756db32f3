//! Endpoints that fail, are slow, lead elsewhere, or lead inside.

use kvitt_wire::State;
use serde_json::{Value, json};

use super::{AT_HOME, Receiver, Says, Shop, delivery, eventually, listed, paid, tests};
use crate::shop::{Database, Stage, execute, http, two_mugs_and_a_tea};

/// Told by a proxy that does not wait long.
fn impatient() -> String {
    AT_HOME.replace("timeout_ms = 8000", "timeout_ms = 500")
}

async fn endpoint(shop: &Shop, id: &str) -> Value {
    let all = shop.runs(&["endpoints", "list", "--json"]).await.ended_well().json();
    all.as_array().unwrap().iter().find(|endpoint| endpoint["id"] == id).unwrap().clone()
}

/// Waits until it is disabled, and says why.
async fn disabled(shop: &Shop, id: &str) -> String {
    let reason = || async { endpoint(shop, id).await["disabled_reason"].as_str().map(str::to_owned) };
    eventually("it is disabled", reason).await
}

#[tokio::test]
async fn a_failed_delivery_is_retried_under_the_same_id() {
    let shop = Shop::open_with(&impatient()).await;
    let receiver = Receiver::answering([Says::Status(500), Says::Nothing]).await;
    let added = shop.tells(&receiver).await;
    let id = tests(&shop, &added.id).await;
    let heard = receiver.hears(3).await;
    assert!(heard.iter().all(|heard| heard.id() == id && heard.is_signed_with(&added.secret)));
    assert!(heard.iter().all(|each| each.body == heard[0].body), "the same, byte for byte");
    let done = delivery(&shop, &added.id, |one| !one["delivered_at"].is_null()).await;
    assert_eq!((&done["tries"], &done["last_status"], &done["last_error"]), (&json!(3), &json!(204), &Value::Null));
    assert_eq!(endpoint(&shop, &added.id).await["failing_since"], Value::Null, "a success forgives");
    shop.close().await;
}

#[tokio::test]
async fn a_delivery_that_fails_too_often_is_parked_and_replayed() {
    let extra = AT_HOME.replace("[20, 20, 20, 20, 20, 20, 20, 20, 20]", "[20]");
    let shop = Shop::open_with(&extra).await;
    let receiver = Receiver::answering([Says::Status(500), Says::Status(503)]).await;
    let added = shop.tells(&receiver).await;
    let id = tests(&shop, &added.id).await;
    let given_up = delivery(&shop, &added.id, |one| !one["given_up_at"].is_null()).await;
    assert_eq!((&given_up["tries"], &given_up["last_status"]), (&json!(2), &json!(503)));
    assert_eq!(given_up["last_error"], "it answered 503 Service Unavailable");
    assert_eq!(listed(&shop, &added.id, &["--failed"]).await.len(), 1);
    shop.runs(&["deliveries", "replay", &added.id, "--delivery", &id]).await.ended_well();
    assert_eq!(receiver.hears(3).await[2].id(), id);
    delivery(&shop, &added.id, |one| !one["delivered_at"].is_null()).await;
    assert!(listed(&shop, &added.id, &["--failed"]).await.is_empty());
    shop.close().await;
}

#[tokio::test]
async fn retry_after_of_an_endpoint_is_respected() {
    let shop = Shop::open_with(AT_HOME).await;
    let receiver = Receiver::answering([Says::Later(3_600)]).await;
    let added = shop.tells(&receiver).await;
    tests(&shop, &added.id).await;
    let waits = delivery(&shop, &added.id, |one| one["last_status"] == 503).await;
    let wait_s = (waits["due_at"].as_i64().unwrap() - waits["tried_at"].as_i64().unwrap()) / 1000;
    assert_eq!(wait_s, 3_600);
    shop.close().await;
}

#[tokio::test]
async fn an_endpoint_that_answers_410_is_disabled_and_the_others_notified() {
    let shop = Shop::open_with(AT_HOME).await;
    let (gone, other) = (Receiver::answering([Says::Status(410)]).await, Receiver::answering([]).await);
    let (added, _) = (shop.tells(&gone).await, shop.tells(&other).await);
    let id = tests(&shop, &added.id).await;
    assert_eq!(disabled(&shop, &added.id).await, "it answered 410 Gone");
    let told = other.hears_of("endpoint.disabled").await.json();
    assert_eq!(
        (&told["data"]["endpoint"], &told["data"]["reason"]),
        (&json!(added.id), &json!("it answered 410 Gone"))
    );
    assert!(shop.metrics().await.contains("\nkvitt_endpoints_disabled 1\n"));
    let refused = shop.runs(&["endpoints", "test", &added.id]).await;
    assert!(refused.code == Some(1) && refused.err.contains("kvitt endpoints enable"), "{refused:?}");
    paid(&shop).await;
    other.hears_of("checkout.authorized").await;
    assert_eq!(gone.heard().len(), 1, "it is told nothing more");

    shop.runs(&["endpoints", "enable", &added.id]).await.ended_well();
    shop.runs(&["deliveries", "replay", &added.id, "--since", "2020-01-01T00:00:00Z"]).await.ended_well();
    let again = || async { (gone.heard().iter().filter(|heard| heard.id() == id).count() == 2).then_some(()) };
    eventually("it is told once more", again).await;
    gone.hears_of("checkout.authorized").await;
    shop.close().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_disabled() {
    let shop = Shop::open_with(AT_HOME).await;
    let (bad, good) = (Receiver::answering([Says::Status(500)]).await, Receiver::answering([]).await);
    let (added, fine) = (shop.tells(&bad).await, shop.tells(&good).await);
    // Both have failed since 1970, as far as is written down.
    execute(&shop.files.database, "UPDATE endpoints SET failing_since = 1").await;
    tests(&shop, &added.id).await;
    assert_eq!(disabled(&shop, &added.id).await, "it has done nothing but fail for days");
    good.hears_of("endpoint.disabled").await;
    let forgiven = || async { endpoint(&shop, &fine.id).await["failing_since"].is_null().then_some(()) };
    eventually("a success forgives", forgiven).await;
    assert_eq!(bad.heard().len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_slow_endpoint_delays_no_other_and_redirects_are_not_followed() {
    let shop = Shop::open_with(&impatient()).await;
    let elsewhere = Receiver::answering([]).await;
    let slow = Receiver::answering(vec![Says::Nothing; 40]).await;
    let redirects = Receiver::answering([Says::Elsewhere(elsewhere.url.clone())]).await;
    let (slow_one, redirecting) = (shop.tells(&slow).await, shop.tells(&redirects).await);
    paid(&shop).await;
    let heard = redirects.hears(3).await;
    assert!(heard.iter().any(|heard| heard.kind() == "checkout.authorized"));
    let late = |one: &Value| one["last_error"] == "no answer within 500 ms" && one["last_status"].is_null();
    delivery(&shop, &slow_one.id, late).await;
    let delivered = || async {
        let all = listed(&shop, &redirecting.id, &[]).await;
        all.iter().all(|one| !one["delivered_at"].is_null()).then_some(())
    };
    eventually("the other one is told meanwhile", delivered).await;
    assert!(elsewhere.heard().is_empty());
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
    // What a name leads to is known when it is called.
    let port = receiver.url.rsplit(':').next().unwrap();
    let added = shop.runs(&["endpoints", "add", &format!("https://localhost:{port}")]).await.ended_well();
    let id = added.out.lines().next().unwrap();
    tests(&shop, id).await;
    let refused = delivery(&shop, id, |one| !one["last_error"].is_null()).await;
    assert_eq!(refused["last_error"], "leads to an address that is not public");
    assert!(receiver.heard().is_empty());
    shop.close().await;
}

#[tokio::test]
async fn an_unrecorded_delivery_is_repeated_under_the_same_id() {
    let extra = format!("polling.first_ms = 200\nvipps.timeout_ms = 500\n{}", impatient());
    let stage = Stage::set_with(Database::chosen(), &extra).await;
    let receiver = Receiver::answering([]).await;
    stage.files.tell(&receiver).await;
    let mut process = stage.start_mortal(&["--dies-after=delivery".to_owned(), "--nth=1".to_owned()]);
    let asking = http().post(format!("{}/v1/checkouts", process.url)).json(&two_mugs_and_a_tea()).send();
    let order: kvitt_wire::Checkout = asking.await.unwrap().json().await.unwrap();
    assert_eq!(order.state, State::Created);
    stage.vipps.approves(&order.reference).await;
    let first = receiver.hears(1).await.remove(0);
    eventually("it dies", || std::future::ready(process.has_died().then_some(()))).await;
    let again = stage.start();
    let repeated = || async {
        let same = receiver.heard().into_iter().filter(|heard| heard.id() == first.id()).count();
        (same == 2).then_some(())
    };
    eventually("it is told again", repeated).await;
    drop(again);
    let mut vipps = stage.vipps;
    vipps.close().await;
}
