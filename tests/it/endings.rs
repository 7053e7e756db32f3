//! Payments that are rejected, cancelled or expired, and the customer's next step after each.

use kvitt_wire::{ConsentGiven, NewAttempt, State};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::shop::{Shop, problem};

#[tokio::test]
async fn rejected_in_the_app() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.customer("reject", order.reference()).await;
    let seen = order.becomes(State::Aborted).await;
    assert_eq!((seen.aggregate.authorized, seen.redirect_url.as_deref()), (0, None));
    shop.close().await;
}

#[tokio::test]
async fn refused_to_share_and_then_paid_without_sharing() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let first = order.reference().to_owned();
    shop.vipps.customer("refuse-consent", &first).await;
    order.becomes(State::Aborted).await;

    let again = order.retried().await;
    assert_eq!(again.state, State::Created);
    assert!(!again.sharing.consented);
    let second = order.reference().to_owned();
    assert_ne!(second, first);
    shop.vipps.approves(&second).await;
    let paid = order.becomes(State::Authorized).await;
    assert_eq!(paid.sharing.phone_number_ending, None);
    assert_eq!(shop.vipps.record(&first).await["state"], "ABORTED");
    assert_eq!(shop.vipps.record(&second).await["request"]["profile"], Value::Null);
    let keys: Vec<_> = shop.vipps.calls("POST", "/epayment/v1/payments").await;
    assert_ne!(keys[0]["headers"]["idempotency-key"], keys[1]["headers"]["idempotency-key"]);
    shop.close().await;
}

#[tokio::test]
async fn expired_after_ten_minutes() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    assert_eq!(order.seen.expires_at_ms - order.seen.created_at_ms, 10 * 60 * 1000);
    shop.vipps.clock_moves(9 * 60 * 1000).await;
    assert_eq!(shop.vipps.record(order.reference()).await["state"], "CREATED");
    shop.vipps.clock_moves(2 * 60 * 1000).await;
    order.becomes(State::Expired).await;
    assert_eq!(order.retried().await.state, State::Created);
    shop.close().await;
}

#[tokio::test]
async fn cancelled_by_the_customer() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    assert_eq!(order.cancels().await.state, State::Terminated);
    assert_eq!(shop.vipps.record(order.reference()).await["state"], "TERMINATED");
    let cancels = shop.vipps.calls("POST", "/cancel").await;
    assert_eq!(cancels[0]["body"], json!({ "cancelTransactionOnly": true }));
    assert_eq!(order.cancels().await.state, State::Terminated, "a second cancel changes nothing");
    assert_eq!(shop.vipps.calls("POST", "/cancel").await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn a_cancel_that_comes_too_late_leaves_the_authorization_alone() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.webhook_is("lose", "AUTHORIZED", 1).await;
    shop.vipps.approves(order.reference()).await;
    assert_eq!(order.cancels().await.state, State::Authorized);
    let record = shop.vipps.record(order.reference()).await;
    assert_eq!((&record["state"], &record["aggregate"]["cancelledAmount"]["value"]), (&json!("AUTHORIZED"), &json!(0)));
    shop.close().await;
}

#[tokio::test]
async fn a_paid_or_pending_order_gets_no_new_attempt() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let attempt = NewAttempt { terms_accepted: false, consent: None };
    // The pending attempt has a consent, and this one has none.
    problem(order.retries(&attempt).await, 409, "not_retryable").await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    problem(order.retries(&attempt).await, 409, "not_retryable").await;
    assert_eq!(shop.vipps.records().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn each_attempt_asks_for_consent_again() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.customer("reject", order.reference()).await;
    order.becomes(State::Aborted).await;
    let wordless =
        NewAttempt { terms_accepted: false, consent: Some(ConsentGiven { wording: "<b>".into(), language: None }) };
    problem(order.retries(&wordless).await, 422, "bad_wording").await;
    let attempt = NewAttempt {
        terms_accepted: false,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None }),
    };
    let response = order.retries(&attempt).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    order.reads().await;
    assert!(order.seen.sharing.consented);
    assert_eq!(shop.vipps.record(order.reference()).await["request"]["profile"]["scope"], "phoneNumber");
    shop.close().await;
}

#[tokio::test]
async fn a_shop_that_does_not_ask_for_the_number_gets_none_on_a_retry_either() {
    let shop = Shop::open_with("shop.asks_phone_number = false").await;
    let mut order = shop.ordered().await;
    shop.vipps.customer("reject", order.reference()).await;
    order.becomes(State::Aborted).await;
    let attempt = NewAttempt {
        terms_accepted: false,
        consent: Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None }),
    };
    assert_eq!(order.retries(&attempt).await.status(), StatusCode::CREATED);
    order.reads().await;
    assert_eq!(shop.vipps.record(order.reference()).await["request"]["profile"], Value::Null);
    shop.close().await;
}

#[tokio::test]
async fn an_order_whose_time_is_over_is_not_tried_again() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.customer("expire", order.reference()).await;
    order.becomes(State::Expired).await;
    let stored = shop.stored(&order).await;
    let payable_ms = stored.order.payable_until.unwrap().0 - stored.created_at.0;
    assert!((14_390_000..=14_400_000).contains(&payable_ms), "four hours: {payable_ms}");
    let now = kvitt::base::clock::now();
    let half_a_year = 200 * 24 * 60 * 60 * 1000;
    // Today's orders have a time of their own. Orders of earlier releases have that of the default.
    for (payable_until, created_at) in [(Some(now), stored.created_at), (None, now.plus_ms(-half_a_year))] {
        shop.alters_checkout(&order, |checkout| {
            (checkout.order.payable_until, checkout.created_at) = (payable_until, created_at);
        })
        .await;
        for terms_accepted in [false, true] {
            let again = NewAttempt { terms_accepted, consent: None };
            problem(order.retries(&again).await, 409, "offer_ended").await;
        }
        let path = format!("/pay/{}", order.seen.token);
        let page = shop.get(&path).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Denne bestillingen kan ikke betales lenger") && !page.contains("<form"), "{page}");
        let pressed = shop.post(&path).form(&[("terms_accepted", "yes")]).send().await.unwrap();
        assert_eq!(pressed.headers()["location"], format!("{}{path}", shop.url), "back to the page that says so");
    }
    assert_eq!(shop.vipps.calls("POST", "/epayment/v1/payments").await.len(), 1);
    shop.alters_checkout(&order, |checkout| checkout.created_at = stored.created_at).await;
    assert_eq!(order.retried().await.state, State::Created, "the old order's time is not over");
    shop.close().await;
}
