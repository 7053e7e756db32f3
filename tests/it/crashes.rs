//! Each core scenario again with the proxy dying at every point where it matters, and started anew: the same end, nothing doubled, by
//! the books of Vipps MobilePay.
//!
//! A death comes after the nth commit, after the nth answer of Vipps MobilePay before anything of it is written, or while the nth
//! request is on its way; n grows until the scenario ends without it. The customers of these scenarios do what a page does when its
//! request fails: they ask again.

mod books;
mod life;

use kvitt_wire::{Aggregate, Checkout, NewAttempt, NewCheckout, State};
use serde_json::json;

use crate::carts::mugs_and_freight;
use crate::shop::{PHONE_NUMBER, eventually, two_mugs_and_a_tea};
use life::{Death, Life};

/// A claim lasts five of the timeouts, where the store does not know that its owner is gone.
const QUICK: &str = "polling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300";
const RECEIPT_AFTERWARDS: &str =
    "polling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300\nshop.receipt = \"order-management\"";

const TO_THE_APP: &str = "# sends to the app\npolling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300";

/// The customer gets as far as Vipps MobilePay.
async fn ordered(life: &Life) -> Checkout {
    let asked = serde_json::to_value(two_mugs_and_a_tea()).unwrap();
    let order = life.posts("/v1/checkouts", &asked).await;
    life.sees(&order, |checkout| checkout.state == State::Created).await
}

async fn paid_with_sharing(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.vipps().approves(&order.reference).await;
    let paid = life.sees(&order, |checkout| checkout.sharing.phone_number_ending.is_some()).await;
    assert_eq!((paid.state, paid.aggregate.authorized), (State::Authorized, 58_700));
    assert_eq!(paid.sharing.phone_number_ending.as_deref(), Some(&PHONE_NUMBER[PHONE_NUMBER.len() - 2..]));
    paid
}

async fn rejected_then_paid(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.vipps().customer("reject", &order.reference).await;
    life.sees(&order, |checkout| checkout.state == State::Aborted).await;
    let asked = serde_json::to_value(NewAttempt { terms_accepted: false, consent: None }).unwrap();
    life.posts(&format!("/v1/checkouts/{}/attempts", order.token), &asked).await;
    let again = life.sees(&order, |checkout| checkout.state == State::Created).await;
    assert_ne!(again.reference, order.reference);
    life.vipps().approves(&again.reference).await;
    life.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn cancelled_by_the_customer(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.cancels(&order).await;
    life.sees(&order, |checkout| checkout.state == State::Terminated).await
}

async fn paid_with_a_receipt_afterwards(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.vipps().approves(&order.reference).await;
    eventually("the receipt", || async {
        (!life.vipps().book(&order.reference).await["receipt"].is_null()).then_some(())
    })
    .await;
    life.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn shipped_in_part(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.vipps().approves(&order.reference).await;
    life.sees(&order, |checkout| checkout.state == State::Authorized).await;
    let nok = |value: i64| json!({ "amount": { "value": value, "currency": "NOK" } });
    life.moves("capture", &order, &nok(30_000)).await;
    life.moves("cancel", &order, &json!({})).await;
    life.moves("refund", &order, &nok(10_000)).await;
    life.sees(&order, |checkout| {
        let Aggregate { captured, cancelled, refunded, .. } = checkout.aggregate;
        (captured, cancelled, refunded) == (30_000, 28_700, 10_000)
    })
    .await
}

/// A phone scans what a desktop has opened.
async fn paid_by_whoever_scans_it(life: &Life) -> Checkout {
    let asked = NewCheckout { open: true, terms_accepted: false, consent: None, ..two_mugs_and_a_tea() };
    let order = life.offers(&serde_json::to_value(asked).unwrap()).await;
    let consent = two_mugs_and_a_tea().consent;
    let pressed = serde_json::to_value(NewAttempt { terms_accepted: true, consent }).unwrap();
    life.posts(&format!("/v1/checkouts/{}/attempts", order.token), &pressed).await;
    life.sees(&order, |checkout| checkout.state == State::Created).await;
    life.vipps().approves(&order.reference).await;
    let paid = life.sees(&order, |checkout| checkout.sharing.phone_number_ending.is_some()).await;
    assert_eq!((paid.state, &paid.reference), (State::Authorized, &order.reference));
    paid
}

async fn paid_in_the_app(life: &Life) -> Checkout {
    life.vipps().lets_send_to_the_app(true).await;
    let customer = json!({ "phone_number": PHONE_NUMBER, "consent": { "wording": "1" } });
    let order = life.requests(&json!({ "cart": mugs_and_freight(), "customer": customer })).await;
    life.sees(&order, |checkout| checkout.state == State::Created).await;
    life.vipps().approves(&order.reference).await;
    life.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn expired(life: &Life) -> Checkout {
    let order = ordered(life).await;
    life.vipps().clock_moves(11 * 60 * 1000).await;
    life.sees(&order, |checkout| checkout.state == State::Expired).await
}

/// Runs a scenario with every death of a kind, and holds the books against ours each time.
macro_rules! dies_everywhere {
    ($($name:ident: $scenario:ident, $extra:expr, $death:expr, $least:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            for nth in 1.. {
                let life = Life::begin($extra, $death, nth).await;
                let end = $scenario(&life).await;
                life.is_quiet().await;
                let (died, stage) = life.end();
                books::agree(&stage, &end).await;
                if !died {
                    assert!(nth > $least, "only {} deaths: what is counted is not logged", nth - 1);
                    return;
                }
                assert!(nth < 100, "it does not end");
            }
        }
    )*};
}

dies_everywhere! {
    paid_whichever_commit_is_the_last: paid_with_sharing, QUICK, Death::AfterCommit, 6;
    paid_whichever_answer_is_the_last: paid_with_sharing, QUICK, Death::AfterAnswer, 2;
    paid_whichever_request_is_the_last: paid_with_sharing, QUICK, Death::InRequest, 2;
    rejected_then_paid_whichever_commit_is_the_last: rejected_then_paid, QUICK, Death::AfterCommit, 10;
    rejected_then_paid_whichever_answer_is_the_last: rejected_then_paid, QUICK, Death::AfterAnswer, 4;
    rejected_then_paid_whichever_request_is_the_last: rejected_then_paid, QUICK, Death::InRequest, 4;
    cancelled_whichever_commit_is_the_last: cancelled_by_the_customer, QUICK, Death::AfterCommit, 6;
    cancelled_whichever_answer_is_the_last: cancelled_by_the_customer, QUICK, Death::AfterAnswer, 2;
    cancelled_whichever_request_is_the_last: cancelled_by_the_customer, QUICK, Death::InRequest, 2;
    a_receipt_whichever_commit_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, Death::AfterCommit, 6;
    a_receipt_whichever_answer_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, Death::AfterAnswer, 3;
    a_receipt_whichever_request_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, Death::InRequest, 3;
    shipped_whichever_commit_is_the_last: shipped_in_part, QUICK, Death::AfterCommit, 12;
    shipped_whichever_answer_is_the_last: shipped_in_part, QUICK, Death::AfterAnswer, 5;
    shipped_whichever_request_is_the_last: shipped_in_part, QUICK, Death::InRequest, 5;
    scanned_whichever_commit_is_the_last: paid_by_whoever_scans_it, QUICK, Death::AfterCommit, 7;
    scanned_whichever_answer_is_the_last: paid_by_whoever_scans_it, QUICK, Death::AfterAnswer, 2;
    scanned_whichever_request_is_the_last: paid_by_whoever_scans_it, QUICK, Death::InRequest, 2;
    in_the_app_whichever_commit_is_the_last: paid_in_the_app, TO_THE_APP, Death::AfterCommit, 5;
    in_the_app_whichever_answer_is_the_last: paid_in_the_app, TO_THE_APP, Death::AfterAnswer, 2;
    in_the_app_whichever_request_is_the_last: paid_in_the_app, TO_THE_APP, Death::InRequest, 2;
    expired_whichever_commit_is_the_last: expired, QUICK, Death::AfterCommit, 5;
    expired_whichever_answer_is_the_last: expired, QUICK, Death::AfterAnswer, 2;
    expired_whichever_request_is_the_last: expired, QUICK, Death::InRequest, 2;
}
