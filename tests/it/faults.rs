//! Vipps MobilePay fails, is slow or refuses. Each order still has one payment, under one key.

use kvitt_wire::State;
use serde_json::json;

use crate::shop::Shop;

const CREATE: &str = "/epayment/v1/payments";

macro_rules! each_order_has_one_payment {
    ($name:ident, $method:literal, $path:expr, $times:literal, $action:tt) => {
        #[tokio::test]
        async fn $name() {
            let shop = Shop::open().await;
            shop.vipps.fails($method, $path, $times, json!($action)).await;
            let mut order = shop.ordered().await;
            order.becomes(State::Created).await;
            shop.vipps.approves(order.reference()).await;
            order.becomes(State::Authorized).await;
            assert_eq!(shop.vipps.records().await.len(), 1);
            let calls = shop.vipps.calls("POST", CREATE).await;
            let keys: Vec<_> = calls.iter().map(|call| &call["headers"]["idempotency-key"]).collect();
            assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
            shop.close().await;
        }
    };
}

each_order_has_one_payment!(the_answer_is_lost_after_the_work, "POST", CREATE, 1, { "drop_after_work": true });
each_order_has_one_payment!(the_connection_is_cut_before_the_work, "POST", CREATE, 1, { "drop_before_work": true });
each_order_has_one_payment!(it_is_down_for_a_moment, "POST", CREATE, 2, { "status": 500 });
each_order_has_one_payment!(it_is_busy, "POST", CREATE, 1, { "status": 429, "retry_after": 1 });
each_order_has_one_payment!(the_token_is_rejected, "POST", CREATE, 1, { "status": 401 });
each_order_has_one_payment!(the_payment_is_locked, "POST", CREATE, 1, { "status": 423 });
each_order_has_one_payment!(it_is_slow, "POST", CREATE, 1, { "delay_ms": 2500 });
each_order_has_one_payment!(polling_fails, "GET", CREATE, 2, { "status": 503 });

#[tokio::test]
async fn a_payment_that_is_refused_says_why_and_can_be_tried_again() {
    let shop = Shop::open().await;
    let refusal = json!({
        "type": "https://httpstatuses.io/400", "title": "Bad request", "status": 400,
        "extraDetails": [{ "name": "ErrorCode", "reason": "5010" }],
    });
    shop.vipps.fails("POST", CREATE, 1, json!({ "status": 400, "body": refusal })).await;
    let mut order = shop.ordered().await;
    assert_eq!(order.seen.state, State::Failed);
    assert_eq!(order.seen.trouble.as_deref(), Some("vipps_5010"));
    assert_eq!(order.retried().await.state, State::Created);
    shop.close().await;
}

#[tokio::test]
async fn a_customer_is_not_kept_waiting_for_a_slow_answer() {
    let shop = Shop::open_with("limits.wait_ms = 50").await;
    shop.vipps.fails("POST", CREATE, 1, json!({ "delay_ms": 500 })).await;
    let mut order = shop.ordered().await;
    assert_eq!(order.seen.state, State::Starting);
    let created = order.becomes(State::Created).await;
    assert!(created.redirect_url.is_some(), "the stream has the redirect URL");
    shop.close().await;
}

each_order_has_one_payment!(polling_is_refused_for_a_moment, "GET", CREATE, 1, { "status": 404 });
each_order_has_one_payment!(the_keys_are_wrong_for_a_moment, "GET", CREATE, 3, { "status": 401 });

#[tokio::test]
async fn a_refused_cancel_can_be_retried() {
    let shop = Shop::open_with("limits.wait_ms = 2000").await;
    let mut order = shop.ordered().await;
    let locked = json!({
        "type": "https://httpstatuses.io/400", "title": "Bad request", "status": 400,
        "extraDetails": [{ "name": "ErrorCode", "reason": "6020" }],
    });
    shop.vipps.fails("POST", "/cancel", 1, json!({ "status": 400, "body": locked })).await;
    assert_eq!(order.cancels().await.state, State::Created);
    assert_eq!(order.cancels().await.state, State::Terminated);
    let calls = shop.vipps.calls("POST", "/cancel").await;
    assert_ne!(calls[0]["headers"]["idempotency-key"], calls[1]["headers"]["idempotency-key"]);
    shop.close().await;
}

#[tokio::test]
async fn a_return_before_the_payment_exists_does_no_harm() {
    let shop = Shop::open_with("limits.wait_ms = 50").await;
    shop.vipps.fails("POST", CREATE, 1, json!({ "delay_ms": 1_000 })).await;
    let mut order = shop.ordered().await;
    assert_eq!(order.seen.state, State::Starting);
    shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    order.becomes(State::Created).await;
    assert_eq!(shop.vipps.calls("GET", order.reference()).await.len(), 0, "there was nothing to poll");
    shop.close().await;
}

#[tokio::test]
async fn a_second_authorization_is_released_even_if_the_first_try_fails() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let first = order.reference().to_owned();
    shop.fails_attempt(&order).await;
    order.retried().await;
    let second = order.reference().to_owned();
    shop.vipps.approves(&second).await;
    order.becomes(State::Authorized).await;

    shop.vipps.fails("POST", "/cancel", 1, json!({ "status": 404 })).await;
    shop.vipps.approves(&first).await;
    let released = || async {
        let record = shop.vipps.record(&first).await;
        (record["aggregate"]["cancelledAmount"]["value"] == 58_700).then_some(())
    };
    crate::shop::eventually("the reservation is released", released).await;
    assert_eq!(order.reads().await.reference, second);
    assert_eq!(shop.vipps.record(&second).await["aggregate"]["cancelledAmount"]["value"], 0);
    shop.close().await;
}

#[tokio::test]
async fn a_payment_with_a_foreign_redirect_is_cancelled() {
    let shop = Shop::open().await;
    for elsewhere in
        ["https://landing.vipps.no.evil.example/?token=x", "http://landing.vipps.no/", "javascript:alert(1)"]
    {
        shop.vipps.fails("POST", "/epayment/v1/payments", 1, json!({ "redirect_url": elsewhere })).await;
        let mut order = shop.ordered().await;
        assert_eq!(order.seen.redirect_url, None, "{elsewhere}");
        assert_eq!(order.seen.trouble.as_deref(), Some("bad_redirect"));
        order.becomes(State::Terminated).await;
        assert_eq!(order.seen.trouble.as_deref(), Some("bad_redirect"));
        assert_eq!(shop.vipps.record(order.reference()).await["state"], "TERMINATED");
        assert!(order.retried().await.redirect_url.is_some(), "the next attempt has a valid redirect");
    }
    shop.vipps.fails("POST", "/epayment/v1/payments", 1, json!({ "redirect_url": "https://pay.vipps.dk/x" })).await;
    assert_eq!(shop.ordered().await.seen.redirect_url.as_deref(), Some("https://pay.vipps.dk/x"));
    shop.close().await;
}
