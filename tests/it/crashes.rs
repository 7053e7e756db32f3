//! Each core scenario, with a crash and a restart of the proxy at every point that matters. The outcome is the same and nothing happens
//! twice, by the records of Vipps MobilePay.
//!
//! The proxy crashes after the nth commit, after the nth answer of Vipps MobilePay and before it is stored, or while the nth request is
//! in flight. n grows until the scenario completes without a crash. The customers retry a failed request, as a page does.

mod records;
mod run;

use kvitt_wire::{Aggregate, Checkout, NewAttempt, NewCheckout, State};
use serde_json::json;

use crate::carts::mugs_and_freight;
use crate::shop::{PHONE_NUMBER, eventually, two_mugs_and_a_tea};
use run::{CrashPoint, Run};

/// A claim lasts five timeouts where the store cannot know that its owner has crashed.
const QUICK: &str = "polling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300";
const RECEIPT_AFTERWARDS: &str =
    "polling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300\nshop.receipt = \"order-management\"";

const TO_THE_APP: &str = "# sends to the app\npolling.first_ms = 200\npolling.every_ms = 500\nvipps.timeout_ms = 300";

/// An order whose payment is created at Vipps MobilePay.
async fn ordered(run: &Run) -> Checkout {
    let request = serde_json::to_value(two_mugs_and_a_tea()).unwrap();
    let order = run.posts("/v1/checkouts", &request).await;
    run.sees(&order, |checkout| checkout.state == State::Created).await
}

async fn paid_with_sharing(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.vipps().approves(&order.reference).await;
    let paid = run.sees(&order, |checkout| checkout.sharing.phone_number_ending.is_some()).await;
    assert_eq!((paid.state, paid.aggregate.authorized), (State::Authorized, 58_700));
    assert_eq!(paid.sharing.phone_number_ending.as_deref(), Some(&PHONE_NUMBER[PHONE_NUMBER.len() - 2..]));
    paid
}

async fn rejected_then_paid(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.vipps().customer("reject", &order.reference).await;
    run.sees(&order, |checkout| checkout.state == State::Aborted).await;
    let request = serde_json::to_value(NewAttempt { terms_accepted: false, consent: None }).unwrap();
    run.posts(&format!("/v1/checkouts/{}/attempts", order.token), &request).await;
    let again = run.sees(&order, |checkout| checkout.state == State::Created).await;
    assert_ne!(again.reference, order.reference);
    run.vipps().approves(&again.reference).await;
    run.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn cancelled_by_the_customer(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.cancels(&order).await;
    run.sees(&order, |checkout| checkout.state == State::Terminated).await
}

async fn paid_with_a_receipt_afterwards(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.vipps().approves(&order.reference).await;
    eventually("the receipt", || async {
        (!run.vipps().record(&order.reference).await["receipt"].is_null()).then_some(())
    })
    .await;
    run.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn shipped_in_part(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.vipps().approves(&order.reference).await;
    run.sees(&order, |checkout| checkout.state == State::Authorized).await;
    let nok = |value: i64| json!({ "amount": { "value": value, "currency": "NOK" } });
    run.moves("capture", &order, &nok(30_000)).await;
    run.moves("cancel", &order, &json!({})).await;
    run.moves("refund", &order, &nok(10_000)).await;
    run.sees(&order, |checkout| {
        let Aggregate { captured, cancelled, refunded, .. } = checkout.aggregate;
        (captured, cancelled, refunded) == (30_000, 28_700, 10_000)
    })
    .await
}

/// A desktop opens an order, and a phone scans its QR code.
async fn paid_by_scanning(run: &Run) -> Checkout {
    let request = NewCheckout { open: true, terms_accepted: false, consent: None, ..two_mugs_and_a_tea() };
    let order = run.opens(&serde_json::to_value(request).unwrap()).await;
    let consent = two_mugs_and_a_tea().consent;
    let attempt = serde_json::to_value(NewAttempt { terms_accepted: true, consent }).unwrap();
    run.posts(&format!("/v1/checkouts/{}/attempts", order.token), &attempt).await;
    run.sees(&order, |checkout| checkout.state == State::Created).await;
    run.vipps().approves(&order.reference).await;
    let paid = run.sees(&order, |checkout| checkout.sharing.phone_number_ending.is_some()).await;
    assert_eq!((paid.state, &paid.reference), (State::Authorized, &order.reference));
    paid
}

async fn paid_in_the_app(run: &Run) -> Checkout {
    run.vipps().approves_push_messages(true).await;
    let customer = json!({ "phone_number": PHONE_NUMBER, "consent": { "wording": "in-the-shop" } });
    let order = run.requests(&json!({ "cart": mugs_and_freight(), "customer": customer })).await;
    run.sees(&order, |checkout| checkout.state == State::Created).await;
    run.vipps().approves(&order.reference).await;
    run.sees(&order, |checkout| checkout.state == State::Authorized).await
}

async fn expired(run: &Run) -> Checkout {
    let order = ordered(run).await;
    run.vipps().clock_moves(11 * 60 * 1000).await;
    run.sees(&order, |checkout| checkout.state == State::Expired).await
}

/// Runs a scenario with every crash of a kind, and compares the records each time.
macro_rules! dies_everywhere {
    ($($name:ident: $scenario:ident, $extra:expr, $crash_point:expr, $least:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            for nth in 1.. {
                let run = Run::begin($extra, $crash_point, nth).await;
                let end = $scenario(&run).await;
                run.is_quiet().await;
                let (died, stage) = run.end();
                records::agree(&stage, &end).await;
                if !died {
                    assert!(nth > $least, "only {} crashes: the counted message is not logged", nth - 1);
                    return;
                }
                assert!(nth < 100, "it does not complete");
            }
        }
    )*};
}

dies_everywhere! {
    paid_whichever_commit_is_the_last: paid_with_sharing, QUICK, CrashPoint::AfterCommit, 5;
    paid_whichever_answer_is_the_last: paid_with_sharing, QUICK, CrashPoint::AfterAnswer, 2;
    paid_whichever_request_is_the_last: paid_with_sharing, QUICK, CrashPoint::InRequest, 2;
    rejected_then_paid_whichever_commit_is_the_last: rejected_then_paid, QUICK, CrashPoint::AfterCommit, 10;
    rejected_then_paid_whichever_answer_is_the_last: rejected_then_paid, QUICK, CrashPoint::AfterAnswer, 4;
    rejected_then_paid_whichever_request_is_the_last: rejected_then_paid, QUICK, CrashPoint::InRequest, 4;
    cancelled_whichever_commit_is_the_last: cancelled_by_the_customer, QUICK, CrashPoint::AfterCommit, 6;
    cancelled_whichever_answer_is_the_last: cancelled_by_the_customer, QUICK, CrashPoint::AfterAnswer, 2;
    cancelled_whichever_request_is_the_last: cancelled_by_the_customer, QUICK, CrashPoint::InRequest, 2;
    a_receipt_whichever_commit_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, CrashPoint::AfterCommit, 6;
    a_receipt_whichever_answer_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, CrashPoint::AfterAnswer, 3;
    a_receipt_whichever_request_is_the_last: paid_with_a_receipt_afterwards, RECEIPT_AFTERWARDS, CrashPoint::InRequest, 3;
    shipped_whichever_commit_is_the_last: shipped_in_part, QUICK, CrashPoint::AfterCommit, 12;
    shipped_whichever_answer_is_the_last: shipped_in_part, QUICK, CrashPoint::AfterAnswer, 5;
    shipped_whichever_request_is_the_last: shipped_in_part, QUICK, CrashPoint::InRequest, 5;
    scanned_whichever_commit_is_the_last: paid_by_scanning, QUICK, CrashPoint::AfterCommit, 6;
    scanned_whichever_answer_is_the_last: paid_by_scanning, QUICK, CrashPoint::AfterAnswer, 2;
    scanned_whichever_request_is_the_last: paid_by_scanning, QUICK, CrashPoint::InRequest, 2;
    in_the_app_whichever_commit_is_the_last: paid_in_the_app, TO_THE_APP, CrashPoint::AfterCommit, 5;
    in_the_app_whichever_answer_is_the_last: paid_in_the_app, TO_THE_APP, CrashPoint::AfterAnswer, 2;
    in_the_app_whichever_request_is_the_last: paid_in_the_app, TO_THE_APP, CrashPoint::InRequest, 2;
    expired_whichever_commit_is_the_last: expired, QUICK, CrashPoint::AfterCommit, 5;
    expired_whichever_answer_is_the_last: expired, QUICK, CrashPoint::AfterAnswer, 2;
    expired_whichever_request_is_the_last: expired, QUICK, CrashPoint::InRequest, 2;
}
