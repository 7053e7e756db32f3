//! The shop captures, releases and refunds. The records of Vipps MobilePay decide.

mod drift;
mod lines;
mod refusals;

use kvitt_wire::{ShopOrder, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{Order, Shop, eventually, problem};

/// The shop's warehouse system.
struct Warehouse<'a> {
    shop: &'a Shop,
    key: String,
}

impl<'a> Warehouse<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, key: shop.key("warehouse").await }
    }

    async fn sends(&self, reference: &str, what: &str, key: &str, body: &Value) -> Response {
        let path = format!("/v1/shop/orders/{reference}/{what}");
        let request = self.shop.post(&path).bearer_auth(&self.key).header("idempotency-key", key);
        request.json(body).send().await.unwrap()
    }

    /// Requests an operation that succeeds. Returns the order of the answer.
    async fn does(&self, reference: &str, what: &str, body: &Value) -> ShopOrder {
        let key = format!("{what}-{}", uuid::Uuid::new_v4());
        let answer = self.sends(reference, what, &key, body).await;
        assert_eq!(answer.status(), StatusCode::OK, "{what}");
        answer.json().await.unwrap()
    }

    async fn reads(&self, reference: &str) -> ShopOrder {
        let path = format!("/v1/shop/orders/{reference}");
        self.shop.get(&path).bearer_auth(&self.key).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until every operation on the order is done.
    async fn sees_done(&self, reference: &str) {
        let done = || async {
            let operations = self.reads(reference).await.attempts.remove(0).operations;
            operations.iter().all(|operation| operation.state == "done").then_some(())
        };
        eventually("it is done", done).await;
    }
}

fn nok(value: i64) -> Value {
    json!({ "amount": { "value": value, "currency": "NOK" } })
}

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    // The first poll is far away: a webhook that comes before the creation is answered would change nothing.
    order.becomes(State::Created).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order
}

/// The captured, cancelled and refunded amounts, by the records of Vipps MobilePay.
async fn recorded(shop: &Shop, reference: &str) -> (i64, i64, i64) {
    let record = shop.vipps.record(reference).await;
    let field = |name: &str| record["aggregate"][name]["value"].as_i64().unwrap();
    (field("capturedAmount"), field("cancelledAmount"), field("refundedAmount"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_captured_and_refunded_in_part_and_the_rest_released() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let mut order = paid(&shop).await;
    let reference = order.reference().to_owned();

    let shipped =
        json!({ "amount": { "value": 24_900, "currency": "NOK" }, "lines": [{ "sku": "mug", "quantity": 1 }] });
    let after = warehouse.does(&reference, "capture", &shipped).await;
    assert_eq!((after.aggregate.captured, after.aggregate.authorized), (24_900, 58_700));
    let operation = &after.attempts[0].operations[0];
    assert_eq!(
        (operation.kind.as_str(), operation.state.as_str(), operation.amount.value),
        ("capture", "done", 24_900)
    );
    assert_eq!((operation.lines[0].sku.as_str(), operation.lines[0].quantity), ("mug", 1.into()));

    warehouse.does(&reference, "capture", &nok(8_900)).await;
    warehouse.does(&reference, "refund", &nok(900)).await;
    let after = warehouse.does(&reference, "cancel", &json!({})).await;
    assert_eq!((after.aggregate.captured, after.aggregate.cancelled, after.aggregate.refunded), (33_800, 24_900, 900));
    let after = warehouse.does(&reference, "refund", &json!({})).await;
    assert_eq!(after.attempts[0].operations.last().unwrap().amount.value, 32_900, "the whole rest");
    assert_eq!(recorded(&shop, &reference).await, (33_800, 24_900, 33_800));
    // The customer's page receives it too.
    order.follows(|checkout| checkout.aggregate.refunded == 33_800, "refunded").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_moves_money_once() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let reference = order.reference();

    // The answer is lost, so that the outbox retries too.
    shop.vipps.fails("POST", "/capture", 1, json!({ "drop_after_work": true })).await;
    let body = nok(10_000);
    let sends = || warehouse.sends(reference, "capture", "parcel-1", &body);
    let (one, other) = tokio::join!(sends(), sends());
    let later = sends().await;
    assert_eq!([one.status(), other.status(), later.status()], [StatusCode::OK; 3]);
    assert_eq!(later.headers()["idempotency-replayed"], "true");
    assert_eq!(recorded(&shop, reference).await, (10_000, 0, 0));

    for (what, body) in [("capture", nok(10_001)), ("refund", nok(10_000))] {
        problem(warehouse.sends(reference, what, "parcel-1", &body).await, 422, "idempotency_key_reused").await;
    }
    assert_eq!(recorded(&shop, reference).await, (10_000, 0, 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_move_no_more_than_there_is() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let keys: Vec<_> = (0..12).map(|nth| format!("parcel-{nth}")).collect();
    let body = nok(30_000);
    let requests = keys.iter().map(|key| warehouse.sends(order.reference(), "capture", key, &body));
    let mut done = 0;
    for answer in futures_util::future::join_all(requests).await {
        match answer.status() {
            StatusCode::OK => done += 1,
            _ => drop(problem(answer, 409, "exceeds_what_is_left").await),
        }
    }
    assert_eq!(done, 1);
    assert_eq!(recorded(&shop, order.reference()).await, (30_000, 0, 0));
    assert_eq!(shop.vipps.calls("POST", "/capture").await.len(), 1, "the others were refused before any call");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_is_not_released_while_a_capture_is_pending() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let reference = order.reference();

    // The first try fails, and the retry comes two seconds later. A cancel could overtake it.
    shop.vipps.fails("POST", "/capture", 1, json!({ "status": 503 })).await;
    let body = nok(24_900);
    let too_early = async {
        let requested = || async { (!shop.vipps.calls("POST", "/capture").await.is_empty()).then_some(()) };
        eventually("the capture is requested", requested).await;
        problem(warehouse.sends(reference, "cancel", "rest", &json!({})).await, 409, "capture_under_way").await;
    };
    let (captured, ()) = tokio::join!(warehouse.sends(reference, "capture", "parcel", &body), too_early);
    assert_eq!(captured.status(), StatusCode::OK);
    let later = warehouse.sends(reference, "cancel", "rest", &json!({})).await;
    assert_eq!(later.status(), StatusCode::OK, "a temporary refusal may be retried under its key");
    assert_eq!(recorded(&shop, reference).await, (24_900, 33_800, 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_comes_with_advice() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let reference = order.reference();
    // Half a year later the reservation has expired, and the webhook is lost.
    shop.vipps.webhook_is("lose", "CANCELLED", 1).await;
    shop.vipps.clock_moves(181 * 24 * 60 * 60 * 1000).await;
    let refused =
        problem(warehouse.sends(reference, "capture", "late", &json!({})).await, 409, "operation_refused").await;
    assert!(refused.detail.unwrap().starts_with("vipps_6100: it has expired"));
    let calls = shop.vipps.calls("POST", "/capture").await.len();
    let operation = warehouse.reads(reference).await.attempts.remove(0).operations.remove(0);
    assert_eq!((operation.state.as_str(), operation.trouble.as_deref()), ("refused", Some("vipps_6100")));
    assert!(operation.advice.unwrap().starts_with("it has expired"));
    // A refusal is final for its key. Another key makes another request.
    problem(warehouse.sends(reference, "capture", "late", &json!({})).await, 409, "operation_refused").await;
    assert_eq!(shop.vipps.calls("POST", "/capture").await.len(), calls);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_operation_moves_nothing() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let unpaid = shop.ordered().await;
    problem(warehouse.sends(unpaid.reference(), "capture", "k", &json!({})).await, 409, "not_paid").await;
    let order = paid(&shop).await;
    let reference = order.reference();

    let dkk = json!({ "amount": { "value": 1_000, "currency": "DKK" } });
    let nothing = json!({ "lines": [{ "sku": "mug", "quantity": 0 }] });
    let unreadable = json!({ "lines": [{ "sku": "mug\u{0}", "quantity": 1 }] });
    for (what, body, status, code) in [
        ("capture", unreadable, 422, "bad_lines"),
        ("capture", nok(58_701), 409, "exceeds_what_is_left"),
        ("refund", nok(1), 409, "exceeds_what_is_left"),
        ("capture", nok(0), 422, "bad_amount"),
        ("capture", nok(-1), 422, "bad_amount"),
        ("capture", dkk, 422, "wrong_currency"),
        ("capture", nothing, 422, "bad_lines"),
        ("capture", json!({ "amuont": 1 }), 400, "malformed_json"),
        // A cancel has no amount.
        ("cancel", nok(100), 400, "malformed_json"),
    ] {
        problem(warehouse.sends(reference, what, &format!("{what}-{code}"), &body).await, status, code).await;
    }
    problem(warehouse.sends("nordlys-none-1", "capture", "k", &json!({})).await, 404, "not_found").await;
    let path = format!("/v1/shop/orders/{reference}/capture");
    let keyless = shop.post(&path).bearer_auth(&warehouse.key).json(&json!({})).send().await.unwrap();
    problem(keyless, 400, "idempotency_key_required").await;
    problem(shop.post(&path).json(&json!({})).send().await.unwrap(), 401, "unauthorized").await;
    assert_eq!(recorded(&shop, reference).await, (0, 0, 0));
    shop.close().await;
}
