//! What is authorized stays authorized. Another amount at Vipps MobilePay is shown to a person, and releases nothing.

use kvitt_wire::{ShopWarnings, State};
use serde_json::{Value, json};

use super::{Warehouse, nok, paid, recorded};
use crate::shop::{Order, Shop, eventually, problem};

/// The customer comes back, and the proxy reads the payment, whose amount is this one.
async fn is_read_with(shop: &Shop, order: &Order<'_>, amount: Value) {
    shop.vipps.has_delivered().await;
    shop.is_quiet().await;
    let mut payment = shop.vipps.record(order.reference()).await;
    payment["amount"] = amount;
    shop.vipps.fails("GET", order.reference(), 1, json!({ "status": 200, "body": payment })).await;
    shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    eventually("the payment is read", || async { (shop.vipps.faults_left().await == 0).then_some(()) }).await;
    shop.is_quiet().await;
}

async fn warned(shop: &Shop, key: &str) -> Vec<(String, Option<String>)> {
    let answer = shop.get("/v1/shop/warnings").bearer_auth(key).send().await.unwrap();
    let warnings = answer.json::<ShopWarnings>().await.unwrap().warnings;
    warnings.into_iter().map(|warning| (warning.kind, warning.reference)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_of_a_paid_order_is_shown_and_releases_nothing() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    let reference = order.reference().to_owned();
    let key = &warehouse.key;
    warehouse.does(&reference, "capture", &nok(10_000)).await;
    let doctor = || async { shop.runs(&["doctor"]).await.out };
    assert!(doctor().await.contains("other amounts: none"));

    for (amount, shown, printed) in [
        (json!({ "value": 58_701, "currency": "NOK" }), Some(58_701), "587.01 NOK at Vipps MobilePay"),
        (json!({ "value": 58_700, "currency": "SEK" }), None, "an amount in another currency at Vipps MobilePay"),
    ] {
        is_read_with(&shop, &order, amount).await;
        let seen = warehouse.reads(&reference).await;
        assert_eq!((seen.state, seen.aggregate.captured), (State::Authorized, 10_000));
        let drift = seen.attempts[0].drift.expect("it is kept with the payment");
        assert_eq!(drift.amount.map(|amount| amount.value), shown);
        assert_eq!(recorded(&shop, &reference).await, (10_000, 0, 0), "nothing is released");
        assert_eq!(warned(&shop, key).await, [("drift".to_owned(), Some(reference.clone()))]);
        let found = doctor().await;
        assert!(found.contains("other amounts: 1: ") && found.contains(&reference), "{found}");
        let printed_order = shop.runs(&["orders", "show", &reference]).await.succeeded().out;
        assert!(printed_order.contains(printed), "{printed_order}");
    }
    // A reconciliation finds the same, which is one thing to look at.
    let reconciled = shop.runs(&["reconcile", "--json"]).await.json();
    assert_eq!(reconciled["healed"], json!([reference]), "{reconciled}");
    assert_eq!(warned(&shop, key).await, [], "the amounts agree again");
    assert_eq!(warehouse.reads(&reference).await.attempts[0].drift, None);

    is_read_with(&shop, &order, json!({ "value": 1, "currency": "NOK" })).await;
    warehouse.does(&reference, "refund", &nok(10_000)).await;
    warehouse.does(&reference, "cancel", &json!({})).await;
    assert_eq!(recorded(&shop, &reference).await, (10_000, 48_700, 10_000));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captured_money_is_refunded_whatever_became_of_the_payment() {
    let shop = Shop::open().await;
    let warehouse = Warehouse::of(&shop).await;
    let order = paid(&shop).await;
    warehouse.does(order.reference(), "capture", &nok(10_000)).await;
    shop.is_quiet().await;
    // As an earlier release left it.
    shop.alters(&order, |attempt| {
        attempt.state = State::Failed;
        attempt.trouble = Some("amount_mismatch".to_owned());
    })
    .await;
    problem(warehouse.sends(order.reference(), "capture", "more", &nok(1)).await, 409, "not_paid").await;
    let after = warehouse.does(order.reference(), "refund", &nok(4_000)).await;
    assert_eq!((after.state, after.aggregate.refunded), (State::Failed, 4_000));
    problem(warehouse.sends(order.reference(), "refund", "k", &nok(6_001)).await, 409, "exceeds_what_is_left").await;
    warehouse.does(order.reference(), "refund", &json!({})).await;
    assert_eq!(recorded(&shop, order.reference()).await, (10_000, 0, 10_000));
    shop.close().await;
}
