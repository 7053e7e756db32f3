//! Reconciliation with Vipps MobilePay: missed changes are recovered, and remaining differences are reported.

use kvitt_wire::State;
use serde_json::{Value, json};

use crate::shop::{Order, Shop, eventually};

/// A paid order whose webhook is lost.
async fn paid_without_webhook(shop: &Shop) -> Order<'_> {
    shop.vipps.webhook_is("lose", "AUTHORIZED", 1).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    assert_eq!(order.reads().await.state, State::Created);
    order
}

/// A paid order that the proxy knows as paid.
async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    shop.vipps.has_delivered().await;
    shop.inbox_is_empty().await;
    order
}

/// Reconciles once no effect but polls is waiting: an order with pending effects is not compared.
async fn compared(shop: &Shop, payments: u64) -> (Option<i32>, Value) {
    let ran = || async {
        let ran = shop.runs(&["reconcile", "--json"]).await;
        (ran.json()["payments"] == payments).then_some((ran.code, ran.json()))
    };
    eventually("all are compared", ran).await
}

#[tokio::test]
async fn reconciliation_applies_what_was_missed() {
    let shop = Shop::open().await;
    let mut order = paid_without_webhook(&shop).await;
    let (code, report) = compared(&shop, 1).await;
    assert_eq!((code, &report["healed"]), (Some(0), &json!([order.reference()])), "{report}");
    assert_eq!(order.reads().await.state, State::Authorized);
    let (code, report) = compared(&shop, 1).await;
    assert_eq!((code, &report["healed"], &report["drift"]), (Some(0), &json!([]), &json!([])), "{report}");
    shop.close().await;
}

#[tokio::test]
async fn the_proxy_reconciles_on_schedule() {
    let shop = Shop::open_with("reconcile.every_ms = 200").await;
    let mut order = paid_without_webhook(&shop).await;
    order.becomes(State::Authorized).await;
    shop.close().await;
}

#[tokio::test]
async fn a_payment_unknown_to_vipps_mobilepay_is_drift() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    shop.vipps.deletes_payments().await;
    let (code, report) = compared(&shop, 1).await;
    assert_eq!(code, Some(2), "{report}");
    let missing = json!([{ "what": "payment", "ours": "authorized", "theirs": "unknown" }]);
    assert_eq!(report["drift"][0]["reference"], order.reference());
    assert_eq!(report["drift"][0]["differences"], missing);

    let last = shop.runs(&["reconcile", "--last"]).await;
    assert_eq!(last.code, Some(2), "{last:?}");
    assert!(last.out.starts_with("1 payments compared: 1 differ, 0 corrected, 0 not answered\n"), "{last:?}");
    assert!(last.out.contains(order.reference()) && !last.out.contains(&order.seen.token), "{last:?}");
    shop.close().await;
}

#[tokio::test]
async fn a_difference_that_persists_is_drift() {
    let shop = Shop::open().await;
    let (ended, richer) = (paid(&shop).await, paid(&shop).await);
    shop.alters(&ended, |attempt| attempt.state = State::Terminated).await;
    shop.alters(&richer, |attempt| attempt.aggregate.captured = 1).await;
    let (code, report) = compared(&shop, 2).await;
    assert_eq!(code, Some(2), "{report}");
    let drift = report["drift"].as_array().unwrap();
    let of = |order: &Order<'_>| {
        let found = drift.iter().find(|drift| drift["reference"] == order.reference()).unwrap();
        found["differences"].clone()
    };
    assert_eq!(of(&ended), json!([{ "what": "state", "ours": "terminated", "theirs": "authorized" }]));
    assert_eq!(of(&richer), json!([{ "what": "captured", "ours": "1", "theirs": "0" }]));
    shop.close().await;
}

#[tokio::test]
async fn an_unanswered_comparison_is_reported() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let busy = json!({ "status": 429, "retry_after": 1 });
    shop.vipps.fails("GET", order.reference(), 1, busy.clone()).await;
    assert_eq!(compared(&shop, 1).await.0, Some(0), "it respects Retry-After, and retries");
    shop.vipps.fails("GET", order.reference(), 3, json!({ "status": 500 })).await;
    let (code, report) = compared(&shop, 1).await;
    assert_eq!((code, &report["unanswered"][0]["reference"]), (Some(1), &json!(order.reference())), "{report}");
    shop.close().await;
}

#[tokio::test]
async fn a_double_payment_agrees_once_it_is_released() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let first = order.reference().to_owned();
    shop.fails_attempt(&order).await;
    order.retried().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    shop.vipps.approves(&first).await;
    let released = || async {
        let record = shop.vipps.record(&first).await;
        (record["aggregate"]["cancelledAmount"]["value"] == 58_700).then_some(())
    };
    eventually("the reservation is released", released).await;
    let (code, report) = compared(&shop, 2).await;
    assert_eq!((code, &report["drift"]), (Some(0), &json!([])), "{report}");
    shop.close().await;
}
