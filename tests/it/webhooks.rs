//! Webhooks: accepted only when signed, processed once, and only a signal. A payment is found without them too.

use jiff::{SignedDuration, Timestamp};
use kvitt_wire::{ShopWarnings, State};
use reqwest::StatusCode;
use serde_json::json;

use crate::shop::{Order, Shop, eventually, other_secret, problem};

fn event(reference: &str, name: &str) -> String {
    json!({
        "msn": "123456",
        "reference": reference,
        "pspReference": "dd8e0a8e-2b26-40ed-98f1-1d5832fc129f",
        "name": name,
        "amount": { "currency": "NOK", "value": 58_700 },
        "timestamp": "2026-01-19T16:26:32.099Z",
        "success": true,
        "userDetails": { "mobileNumber": "4791234567" },
    })
    .to_string()
}

async fn counted(shop: &Shop, outcome: &str) -> bool {
    shop.metrics().await.contains(&format!("kvitt_webhooks_total{{outcome=\"{outcome}\"}} 1\n"))
}

#[tokio::test]
async fn an_unsigned_webhook_is_refused() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let body = event(order.reference(), "AUTHORIZED");
    let now = Timestamp::now();
    let other = other_secret();
    let signed = |at, secret| shop.vipps.webhook(&shop, secret, at, &body);

    let plain = shop.post("/callbacks/vipps/no").body(body.clone()).send().await.unwrap();
    problem(plain, 401, "bad_signature").await;
    let other = signed(now, &other).send().await.unwrap();
    problem(other, 401, "bad_signature").await;
    let altered = signed(now, &shop.vipps.secret).body(body.replace("58700", "1")).send().await.unwrap();
    problem(altered, 401, "bad_signature").await;
    for minutes in [-6, 6] {
        let stale = signed(now + SignedDuration::from_mins(minutes), &shop.vipps.secret).send().await.unwrap();
        problem(stale, 401, "bad_signature").await;
    }
    let elsewhere = shop.post("/callbacks/vipps/se").body(body.clone()).send().await.unwrap();
    problem(elsewhere, 404, "not_found").await;
    for outcome in ["signature_missing", "signature", "content_hash"] {
        assert!(counted(&shop, outcome).await, "{outcome}");
    }
    assert_eq!(order.reads().await.state, State::Created);
    shop.close().await;
}

#[tokio::test]
async fn a_webhook_is_only_a_signal() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let version = order.reads().await.version;
    assert_eq!(shop.vipps.sends_webhook(&shop, &event(order.reference(), "AUTHORIZED")).await, StatusCode::OK);
    eventually("the poll", || async { (!shop.vipps.calls("GET", order.reference()).await.is_empty()).then_some(()) })
        .await;
    order.follows(|checkout| checkout.version > version, "polled").await;
    assert_eq!(order.reads().await.state, State::Created, "the payment itself says that it is not paid");
    shop.close().await;
}

#[tokio::test]
async fn a_replay_has_no_effect() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    let body = event(order.reference(), "CAPTURED");
    for _ in 0..3 {
        assert_eq!(shop.vipps.sends_webhook(&shop, &body).await, StatusCode::OK);
    }
    shop.vipps.has_delivered().await;
    shop.is_quiet().await;
    let polls = shop.vipps.calls("GET", order.reference()).await.len();
    assert_eq!(shop.vipps.sends_webhook(&shop, &body).await, StatusCode::OK);
    assert_eq!(shop.vipps.sends_webhook(&shop, &event("nobody-knows-1", "AUTHORIZED")).await, StatusCode::OK);
    shop.is_quiet().await;
    assert_eq!(shop.vipps.calls("GET", order.reference()).await.len(), polls, "the replay caused no poll");
    shop.close().await;
}

#[tokio::test]
async fn a_signed_webhook_of_another_payment_is_acknowledged() {
    let shop = Shop::open().await;
    for body in
        ["{\"unexpected\":true}", "not json", "[]", &event("other-shop-1", "AUTHORIZED"), &event("x", "NEW_NAME")]
    {
        assert_eq!(shop.vipps.sends_webhook(&shop, body).await, StatusCode::OK, "{body}");
    }
    shop.inbox_is_empty().await;
    shop.close().await;
}

#[tokio::test]
async fn doubled_and_reordered_webhooks_change_nothing() {
    let shop = Shop::open().await;
    shop.vipps.webhook_is("duplicate", "AUTHORIZED", 1).await;
    shop.vipps.webhook_is("reorder", "CREATED", 1).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.vipps.has_delivered().await;
    assert_eq!(order.reads().await.state, State::Authorized);
    assert_eq!(shop.vipps.records().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn polling_finds_what_a_lost_webhook_missed() {
    let shop = Shop::open_with("polling.first_ms = 50").await;
    shop.vipps.webhook_is("lose", "AUTHORIZED", 1).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn the_customer_s_return_finds_what_a_lost_webhook_missed() {
    let shop = Shop::open().await;
    shop.vipps.webhook_is("lose", "AUTHORIZED", 1).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    let back = shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn a_webhook_with_a_bad_signature_can_be_sent_again() {
    let shop = Shop::open().await;
    shop.vipps.webhook_is("mis_sign", "AUTHORIZED", 1).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    eventually("the first delivery is refused", || async { counted(&shop, "signature").await.then_some(()) }).await;
    shop.vipps.clock_moves(5_000).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

async fn trusted(shop: &Shop, trusted: bool) {
    let line = format!("kvitt_webhooks_trusted{{sales_unit=\"no\"}} {}\n", u8::from(trusted));
    eventually("trust", || async { shop.metrics().await.contains(&line).then_some(()) }).await;
}

/// A shop whose webhooks have proven themselves.
async fn with_trust(options: &str) -> Shop {
    let shop = Shop::open_with(options).await;
    for _ in 0..3 {
        trusted(&shop, false).await;
        let mut order = shop.ordered().await;
        shop.vipps.approves(order.reference()).await;
        order.becomes(State::Authorized).await;
    }
    trusted(&shop, true).await;
    shop
}

/// Waits until an order has been polled for the first time, and will be half a minute later.
async fn is_polled_rarely(shop: &Shop, order: &Order<'_>) {
    let polled = || async { (!shop.vipps.calls("GET", order.reference()).await.is_empty()).then_some(()) };
    eventually("the first poll", polled).await;
    let store = shop.store().await;
    eventually("the next one is planned", || async {
        let now = kvitt::base::clock::now();
        store.next_due(now).await.unwrap().is_some_and(|due| due > now.plus_ms(20_000)).then_some(())
    })
    .await;
    store.close().await;
}

#[tokio::test]
async fn where_webhooks_have_proven_themselves_a_lost_one_has_other_payments_polled_soon() {
    let shop = with_trust("polling.first_ms = 300\nwebhook.grace_ms = 300").await;
    let (mut first, mut second) = (shop.ordered().await, shop.ordered().await);
    is_polled_rarely(&shop, &first).await;
    is_polled_rarely(&shop, &second).await;
    shop.vipps.webhook_is("lose", "AUTHORIZED", 2).await;
    shop.vipps.approves(first.reference()).await;
    shop.vipps.approves(second.reference()).await;
    // One customer comes back; the other one has closed the page.
    shop.get(&format!("/return/{}", first.seen.token)).send().await.unwrap();
    first.becomes(State::Authorized).await;
    trusted(&shop, false).await;
    // Its next poll was planned for later than this waits.
    second.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn a_webhook_that_comes_after_the_poll_is_not_lost() {
    let shop = Shop::open_with("webhook.grace_ms = 8000").await;
    for _ in 0..2 {
        let mut order = shop.ordered().await;
        shop.vipps.approves(order.reference()).await;
        order.becomes(State::Authorized).await;
    }
    let mut order = shop.ordered().await;
    shop.vipps.webhook_is("mis_sign", "AUTHORIZED", 1).await;
    shop.vipps.approves(order.reference()).await;
    eventually("the first delivery is refused", || async { counted(&shop, "signature").await.then_some(()) }).await;
    shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    order.becomes(State::Authorized).await;
    // Vipps MobilePay sends it again.
    shop.vipps.clock_moves(5_000).await;
    trusted(&shop, true).await;
    shop.close().await;
}

#[tokio::test]
async fn a_page_that_shows_a_waiting_payment_finds_what_a_lost_webhook_missed() {
    // One poll of the chain, and no other.
    let shop = Shop::open_with("polling.first_ms = 1\npolling.every_ms = 600000").await;
    shop.vipps.webhook_is("lose", "AUTHORIZED", 1).await;
    let mut order = shop.ordered().await;
    let polled = || async { (shop.vipps.calls("GET", order.reference()).await.len() == 1).then_some(()) };
    eventually("the poll of the chain", polled).await;
    shop.vipps.approves(order.reference()).await;
    assert_eq!(order.reads().await.state, State::Created, "the answer does not wait");
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn the_customer_s_return_finds_a_lost_capture() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    shop.vipps.webhook_is("lose", "CAPTURED", 1).await;
    let amount = kvitt_vipps::Amount { value: 58_700, currency: "NOK".into() };
    shop.vipps.client.capture(order.reference(), "capture-1", amount).await.unwrap();
    shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    order.follows(|checkout| checkout.aggregate.captured == 58_700, "captured").await;
    shop.close().await;
}

#[tokio::test]
async fn events_without_an_id_are_distinguished() {
    let shop = Shop::open().await;
    let orders = [shop.ordered().await, shop.ordered().await];
    for order in &orders {
        let body = event(order.reference(), "AUTHORIZED").replace("pspReference", "somethingElse");
        assert_eq!(shop.vipps.sends_webhook(&shop, &body).await, StatusCode::OK);
    }
    for order in &orders {
        let polled = || async { (!shop.vipps.calls("GET", order.reference()).await.is_empty()).then_some(()) };
        eventually("each is polled", polled).await;
    }
    shop.close().await;
}

#[tokio::test]
async fn many_webhooks_cause_few_polls() {
    let shop = Shop::open_with("polling.every_ms = 2000").await;
    let order = shop.ordered().await;
    for _ in 0..50 {
        shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    }
    let polls = || async { shop.vipps.calls("GET", order.reference()).await.len() };
    eventually("the poll", || async { (polls().await > 0).then_some(()) }).await;
    assert!(polls().await <= 3, "{}", polls().await);
    shop.close().await;
}

#[tokio::test]
async fn webhooks_that_are_not_verified_are_warned_of_until_one_is() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    let body = event("another-system-1", "AUTHORIZED");
    let warned = async || {
        let answer = shop.get("/v1/shop/warnings").bearer_auth(&key).send().await.unwrap();
        let warnings = answer.json::<ShopWarnings>().await.unwrap().warnings;
        warnings
            .iter()
            .any(|warning| warning.kind == "webhooks_unverified" && warning.sales_unit.as_deref() == Some("no"))
    };
    let found = "warn  sales unit no: webhooks arrive whose signature cannot be verified, and ";
    let plain = shop.post("/callbacks/vipps/no").body(body.clone()).send().await.unwrap();
    problem(plain, 401, "bad_signature").await;
    assert!(!warned().await, "anybody can send one without a signature");
    for verified in ["none was ever verified", "the last one that was verified is from "] {
        let signed = shop.vipps.webhook(&shop, &other_secret(), Timestamp::now(), &body);
        problem(signed.send().await.unwrap(), 401, "bad_signature").await;
        assert!(warned().await);
        let doctor = shop.runs(&["doctor"]).await.out;
        assert!(doctor.contains(&format!("{found}{verified}")), "{doctor}");
        assert!(shop.vipps.sends_webhook(&shop, &body).await.is_success());
        assert!(!warned().await);
        assert!(!shop.runs(&["doctor"]).await.out.contains(found));
    }
    shop.close().await;
}
