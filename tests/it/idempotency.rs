//! Idempotency: repeats under one key make one order, from two tabs, at two proxies, and after a crash.

use kvitt_wire::{Checkout, ConsentGiven, NewAttempt, NewCheckout, State};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;

use crate::shop::{Database, SHOP_ORIGIN, Shop, Stage, eventually, http, problem, two_mugs_and_a_tea};

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const CREATE: &str = "/epayment/v1/payments";

/// Submits the order on the shop's page, under a key.
fn submit(proxy: &str, key: &str) -> RequestBuilder {
    submit_from(SHOP_ORIGIN, proxy, key)
}

/// Submits it on a page of another origin.
fn submit_from(origin: &str, proxy: &str, key: &str) -> RequestBuilder {
    let request = http().post(format!("{proxy}/v1/checkouts")).header("origin", origin);
    request.header("idempotency-key", key).json(&two_mugs_and_a_tea())
}

async fn submitted(shop: &Shop, key: &str) -> Response {
    submit(&shop.url, key).send().await.unwrap()
}

/// The order of an answer, and whether the answer was replayed.
async fn order(response: Response) -> (Checkout, bool) {
    assert_eq!(response.status(), StatusCode::CREATED);
    let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
    (response.json().await.unwrap(), replayed)
}

/// Submits at these proxies at once, and retries until each has answered. All must answer with the same order.
async fn one_order_for_all(proxies: &[&str], key: &str) -> Checkout {
    let submitting = proxies.iter().map(|proxy| async move {
        eventually("the order", || async {
            let response = submit(proxy, key).send().await.unwrap();
            match response.status() {
                StatusCode::CREATED => Some(order(response).await.0),
                _ => {
                    assert_eq!(response.headers()["retry-after"], "1");
                    problem(response, 409, "idempotency_in_progress").await;
                    None
                }
            }
        })
        .await
    });
    let orders = futures_util::future::join_all(submitting).await;
    assert!(orders.iter().all(|order| order.token == orders[0].token), "one order");
    orders.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_repeat_is_answered_with_the_same_order() {
    let shop = Shop::open().await;
    let (first, replayed) = order(submitted(&shop, KEY).await).await;
    assert!(!replayed);
    let (again, replayed) = order(submitted(&shop, KEY).await).await;
    assert!(replayed);
    assert_eq!(again, first);

    shop.vipps.approves(&first.reference).await;
    eventually("the payment is polled", || async {
        let (now, _) = order(submitted(&shop, &format!("\"{KEY}\"")).await).await;
        assert_eq!(now.token, first.token);
        (now.state == State::Authorized).then_some(())
    })
    .await;
    assert_eq!(shop.vipps.records().await.len(), 1);

    let (other, _) = order(submitted(&shop, "another-submit-of-it").await).await;
    assert_ne!(other.token, first.token);
    let (elsewhere, replayed) = order(submit_from(&shop.url, &shop.url, KEY).send().await.unwrap()).await;
    assert!(!replayed && elsewhere.token != first.token, "a key is valid for one origin");
    shop.close().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let shop = Shop::open().await;
    let (mut opened, _) = order(submitted(&shop, KEY).await).await;
    let less = NewCheckout { consent: None, ..two_mugs_and_a_tea() };
    problem(submit(&shop.url, KEY).json(&less).send().await.unwrap(), 422, "idempotency_key_reused").await;
    shop.vipps.customer("reject", &opened.reference).await;
    let attempts = format!("/v1/checkouts/{}/attempts", opened.token);
    eventually("the order has ended", || async {
        let seen: Checkout = shop.get(attempts.trim_end_matches("/attempts")).send().await.ok()?.json().await.ok()?;
        (seen.state == State::Aborted).then_some(())
    })
    .await;
    let retry = || {
        shop.post(&attempts).header("origin", SHOP_ORIGIN).json(&NewAttempt { terms_accepted: false, consent: None })
    };
    let reused = retry().header("idempotency-key", KEY).send().await.unwrap();
    problem(reused, 422, "idempotency_key_reused").await;
    for replay in [false, true] {
        let again = retry().header("idempotency-key", "the-second-attempt").send().await.unwrap();
        let (again, replayed) = order(again).await;
        assert_eq!((again.state, replayed), (State::Created, replay));
        opened = again;
    }
    assert_eq!(shop.vipps.records().await.len(), 2);
    assert!(opened.reference.ends_with("-2"));
    shop.close().await;
}

#[tokio::test]
async fn malformed_keys_are_refused() {
    let shop = Shop::open().await;
    for key in ["", "short", "\"\"", "with a space in it", "with-a-quote-\"-in-it", &"x".repeat(256)] {
        problem(submitted(&shop, key).await, 400, "bad_idempotency_key").await;
    }
    let two = submit(&shop.url, KEY).header("idempotency-key", "another-submit-of-it").send().await.unwrap();
    problem(two, 400, "bad_idempotency_key").await;
    assert_eq!(shop.vipps.records().await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn a_refused_request_can_be_corrected_under_the_same_key() {
    let shop = Shop::open().await;
    let hasty = NewCheckout { terms_accepted: false, ..two_mugs_and_a_tea() };
    let refused = submit(&shop.url, KEY).json(&hasty).send().await.unwrap();
    problem(refused, 422, "terms_not_accepted").await;
    assert!(!order(submitted(&shop, KEY).await).await.1);
    shop.close().await;
}

#[tokio::test]
async fn a_concurrent_repeat_is_asked_to_retry() {
    let shop = Shop::open().await;
    shop.vipps.fails("POST", CREATE, 1, json!({ "delay_ms": 1_000 })).await;
    let first = tokio::spawn(submit(&shop.url, KEY).send());
    eventually("it is in flight", || async { (shop.vipps.faults_left().await == 0).then_some(()) }).await;
    let twin = submitted(&shop, KEY).await;
    assert_eq!(twin.headers()["retry-after"], "1");
    problem(twin, 409, "idempotency_in_progress").await;
    let (first, _) = order(first.await.unwrap().unwrap()).await;
    let (again, replayed) = order(submitted(&shop, KEY).await).await;
    assert!(replayed);
    assert_eq!(again, first);
    shop.close().await;
}

#[tokio::test]
async fn a_concurrent_repeat_waits_no_longer_than_the_first_request() {
    let shop = Shop::open_with("limits.wait_ms = 200").await;
    shop.vipps.fails("POST", CREATE, 1, json!({ "delay_ms": 1_500 })).await;
    let (first, _) = order(submitted(&shop, KEY).await).await;
    assert_eq!(first.state, State::Starting);
    let (again, replayed) = order(submitted(&shop, KEY).await).await;
    assert_eq!((again.token, again.state, replayed), (first.token, State::Starting, true));
    eventually("the payment", || async { (shop.vipps.records().await.len() == 1).then_some(()) }).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_open_one_order() {
    let shop = Shop::open().await;
    let order = one_order_for_all(&[shop.url.as_str(); 12], KEY).await;
    assert_eq!(order.state, State::Created);
    assert_eq!(shop.vipps.records().await.len(), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_at_two_proxies_open_one_order() {
    let mut shop = Shop::open_on(Database::Postgres, "").await;
    let other = shop.opens_another_proxy().await;
    for nth in 0..5 {
        one_order_for_all(&[shop.url.as_str(), &other].repeat(4), &format!("submit-number-{nth:04}")).await;
    }
    assert_eq!(shop.vipps.records().await.len(), 5);
    shop.close().await;
}

#[tokio::test]
async fn after_a_crash_past_the_commit_a_repeat_finds_the_order() {
    let mut stage = Stage::set(Database::chosen()).await;
    let mut proxy = stage.start_mortal(&["--dies-after=commit".to_owned(), "--nth=1".to_owned()]);
    assert!(submit(&proxy.url, KEY).send().await.is_err(), "no answer before the crash");
    eventually("the crash", || std::future::ready(proxy.has_died().then_some(()))).await;
    let proxy = stage.start();
    let order = one_order_for_all(&[&proxy.url], KEY).await;
    assert_eq!(order.state, State::Created);
    let store = crate::shop::beside(&stage.files.database).await;
    assert_eq!(store.phases().await.unwrap(), [(kvitt_wire::State::Created, 1)], "one order");
    store.close().await;
    assert_eq!(stage.vipps.records().await.len(), 1, "one payment");
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_retry_at_once_get_one_attempt() {
    let shop = Shop::open().await;
    let mut first = shop.ordered().await;
    shop.vipps.customer("reject", first.reference()).await;
    first.becomes(State::Aborted).await;
    let attempt = NewAttempt { terms_accepted: false, consent: None };
    let (one, two) = tokio::join!(first.retries(&attempt), first.retries(&attempt));
    let ((one, _), (two, _)) = (order(one).await, order(two).await);
    assert_eq!((one.state, two.state), (State::Created, State::Created));
    assert_eq!((one.reference.as_str(), one.redirect_url), (two.reference.as_str(), two.redirect_url));
    assert!(one.reference.ends_with("-2"));

    // A third, later request with a consent gets the attempt that exists, which requests less.
    let sharing = NewAttempt {
        terms_accepted: false,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None }),
    };
    let (three, _) = order(first.retries(&sharing).await).await;
    assert_eq!((three.reference, three.sharing.consented), (one.reference, false));
    assert_eq!(shop.vipps.records().await.len(), 2);
    shop.close().await;
}
