//! A refusal is final only where it is the payment's own. Everything else is retried under the same key, until an answer or the event log
//! shows the result.

use kvitt::checkout::operation::{Operation, OperationId, OperationKind, Outcome};
use kvitt_wire::State;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Warehouse, nok, paid, recorded};
use crate::shop::{Database, Order, Shop, eventually, execute, problem};

/// A refusal in the form of Vipps MobilePay.
fn coded(status: u16, code: u32) -> Value {
    let details = json!([{ "name": "ErrorCode", "reason": code.to_string() }]);
    json!({ "status": status, "body": { "title": "Refused", "status": status, "extraDetails": details } })
}

/// The page of a gateway.
fn uncoded(status: u16) -> Value {
    json!({ "status": status, "body": "<html><h1>Blocked</h1></html>" })
}

/// The access token is no longer accepted by the next call, and the request for another is refused.
async fn loses_its_token(shop: &Shop, path: &str, status: u16) {
    shop.vipps.fails("POST", path, 1, json!({ "status": 401 })).await;
    let refused = json!({ "status": status, "body": { "error": "invalid_client" } });
    shop.vipps.fails("POST", "/accesstoken/get", 1, refused).await;
}

/// The idempotency keys of the calls to that path.
async fn keys(shop: &Shop, path: &str) -> Vec<String> {
    let calls = shop.vipps.calls("POST", path).await;
    calls.iter().map(|call| call["headers"]["idempotency-key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_refuses_no_operation() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    for (what, body, status) in [("capture", nok(10_000), 400), ("refund", nok(1_000), 404), ("cancel", json!({}), 403)]
    {
        loses_its_token(&shop, &format!("/{what}"), status).await;
        warehouse.does(order.reference(), what, &body).await;
        assert_eq!(shop.vipps.faults_left().await, 0, "{what}");
        let keys = keys(&shop, &format!("/{what}")).await;
        assert!(keys.len() == 2 && keys[0] == keys[1], "{what}: {keys:?}");
    }
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 48_700, 1_000));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_refuses_no_payment_and_loses_no_cancel() {
    let shop = Shop::open().await;
    shop.ordered().await;
    loses_its_token(&shop, "/epayment/v1/payments", 400).await;
    let mut order = shop.ordered().await;
    order.becomes(State::Created).await;
    for fault in ["token", "answer"] {
        match fault {
            "token" => loses_its_token(&shop, "/cancel", 400).await,
            _ => shop.vipps.fails("POST", "/cancel", 1, uncoded(400)).await,
        }
        order.cancels().await;
        order.becomes(State::Terminated).await;
        assert_eq!(shop.vipps.record(order.reference()).await["state"], "TERMINATED", "{fault}");
        assert_eq!(order.retried().await.state, State::Created);
    }
    assert_eq!(shop.vipps.faults_left().await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_code_is_not_final() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    for (what, body, status) in [("capture", nok(10_000), 400), ("refund", nok(1_000), 451), ("cancel", json!({}), 409)]
    {
        shop.vipps.fails("POST", &format!("/{what}"), 1, uncoded(status)).await;
        warehouse.does(order.reference(), what, &body).await;
        let keys = keys(&shop, &format!("/{what}")).await;
        assert!(keys.len() == 2 && keys[0] == keys[1], "{what}: {keys:?}");
    }
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 48_700, 1_000));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_without_an_answer_for_a_day_is_parked_and_stays_pending() {
    let shop = Shop::open_with("limits.wait_ms = 50").await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let blocked = json!({ "status": 400, "body": "<html>Blocked</html>", "retry_after": 600 });
    shop.vipps.fails("POST", "/capture", 2, blocked).await;
    let pending = warehouse.sends(order.reference(), "capture", "parcel", &nok(50_000)).await;
    assert_eq!(pending.status(), StatusCode::ACCEPTED);
    let parked = || async {
        // As after a day of tries.
        let exhaust = "UPDATE outbox SET tries = tries + 2000, due_at = 0 \
                       WHERE kind = 'capture' AND lease_until = 0 AND tries = 1";
        execute(&shop.files.database, exhaust).await;
        let listed = shop.runs(&["outbox", "list", "--parked", "--json"]).await.succeeded().json();
        (listed[0]["parked_reason"] == "tried too often").then_some(())
    };
    eventually("it is parked", parked).await;
    assert_eq!(warehouse.reads(order.reference()).await.attempts[0].operations[0].state, "pending");
    let more = warehouse.sends(order.reference(), "capture", "more", &nok(50_000)).await;
    problem(more, 409, "exceeds_what_is_left").await;

    shop.runs(&["outbox", "retry", "--all"]).await.succeeded();
    warehouse.sees_done(order.reference()).await;
    let keys = keys(&shop, "/capture").await;
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(recorded(&shop, order.reference()).await, (50_000, 0, 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_what_was_done_counts_as_done() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    for (what, body, refusal) in [("capture", nok(10_000), coded(409, 4010)), ("refund", nok(1_000), coded(409, 4150))]
    {
        done_before(&shop, &warehouse, &order, what, &body, refusal).await;
    }
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 0, 1_000));
    let order = paid(&shop).await;
    done_before(&shop, &warehouse, &order, "capture", &nok(58_700), coded(400, 6090)).await;
    assert_eq!(recorded(&shop, order.reference()).await, (58_700, 0, 0));
    shop.close().await;
}

/// An operation whose answer is lost, and whose repeat is refused.
async fn done_before(
    shop: &Shop,
    warehouse: &Warehouse<'_>,
    order: &Order<'_>,
    what: &str,
    body: &Value,
    refusal: Value,
) {
    let path = format!("/{what}");
    shop.vipps.fails("POST", &path, 1, json!({ "drop_after_work": true })).await;
    shop.vipps.fails("POST", &path, 1, refusal).await;
    let after = warehouse.does(order.reference(), what, body).await;
    assert_eq!(after.attempts[0].operations.last().unwrap().state, "done", "{what}");
    assert_eq!(shop.vipps.faults_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_about_a_fresh_key_is_not_final() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    // As while the same request is being carried out.
    shop.vipps.fails("POST", "/capture", 1, coded(409, 4010)).await;
    warehouse.does(order.reference(), "capture", &nok(10_000)).await;
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 0, 0));
    shop.close().await;
}

/// Makes the pending capture two days old, and due.
async fn two_days_pass(shop: &Shop) {
    let sql = match Database::chosen() {
        Database::Sqlite => {
            "UPDATE outbox SET effect = json_set(effect, '$.asked_at', (effect ->> 'asked_at') - 172800000), due_at = 0 \
             WHERE kind = 'capture' AND lease_until = 0 AND due_at > 0"
        }
        Database::Postgres => {
            "UPDATE outbox SET due_at = 0, effect = jsonb_set(effect::jsonb, '{asked_at}', \
                 to_jsonb((effect ->> 'asked_at')::bigint - 172800000))::json \
             WHERE kind = 'capture' AND lease_until = 0 AND due_at > 0"
        }
    };
    execute(&shop.files.database, sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_request_is_looked_up_in_the_event_log_before_it_is_repeated() {
    let shop = Shop::open_with("limits.wait_ms = 50").await;
    let warehouse = Warehouse::of(&shop).await;
    for done in [true, false] {
        let order = paid(&shop).await;
        let path = format!("/{}/capture", order.reference());
        shop.vipps.fails("POST", &path, 1, json!({ "status": 503, "retry_after": 600 })).await;
        let pending = warehouse.sends(order.reference(), "capture", order.reference(), &nok(10_000)).await;
        assert_eq!(pending.status(), StatusCode::ACCEPTED);
        let key = eventually("it is tried", || async { keys(&shop, &path).await.pop() }).await;
        if done {
            let amount = kvitt_vipps::Amount::new(10_000, "NOK");
            shop.vipps.client.capture(order.reference(), &key, amount).await.unwrap();
        }
        let calls = keys(&shop, &path).await.len();
        let settled = || async {
            two_days_pass(&shop).await;
            let operation = warehouse.reads(order.reference()).await.attempts.remove(0).operations.remove(0);
            (operation.state == "done").then_some(())
        };
        eventually("it is done", settled).await;
        let repeated = keys(&shop, &path).await.len() - calls;
        assert_eq!(repeated, usize::from(!done), "only what is not in the event log is sent again");
        assert_eq!(recorded(&shop, order.reference()).await, (10_000, 0, 0));
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_operations_do_not_use_up_the_payment() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    shop.is_quiet().await;
    let refused = |name| Operation {
        id: OperationId(uuid::Uuid::from_u128(name)),
        kind: OperationKind::Capture,
        amount: 1,
        lines: Vec::new(),
        by: None,
        outcome: Outcome::Refused { trouble: "vipps_6260".to_owned() },
        asked_at: kvitt::checkout::Moment(1),
        settled_at: None,
    };
    // A program has retried for long.
    shop.alters(&order, |attempt| attempt.operations = (1..=300).map(refused).collect()).await;
    warehouse.does(order.reference(), "capture", &nok(10_000)).await;
    warehouse.does(order.reference(), "refund", &nok(1_000)).await;
    let after = warehouse.does(order.reference(), "cancel", &json!({})).await;
    let operations = &after.attempts[0].operations;
    assert!(operations.len() < 60, "the oldest refusals are forgotten: {}", operations.len());
    assert_eq!(operations.iter().filter(|operation| operation.state == "done").count(), 3);
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 48_700, 1_000));
    shop.close().await;
}
