//! Random sequences of actions: the amounts stay consistent and final states stay final.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Clone, Debug)]
enum Action {
    Approve,
    Abort,
    Cancel { transaction_only: bool },
    Capture(i64),
    Refund(i64),
    Wait { hours: i64 },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Approve),
        1 => Just(Action::Abort),
        1 => any::<bool>().prop_map(|transaction_only| Action::Cancel { transaction_only }),
        4 => (-1..1200i64).prop_map(Action::Capture),
        4 => (-1..1200i64).prop_map(Action::Refund),
        1 => (0..400i64).prop_map(|hours| Action::Wait { hours }),
    ]
}

fn created(amount: i64, now: Timestamp) -> Payment {
    let unit = SalesUnit::of("123456").unwrap();
    let request = json!({ "reference": "order-1001", "amount": { "currency": "NOK", "value": amount } });
    Payment::created(unit, request, "create", later(now, DEFAULT_EXPIRY), now)
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

proptest! {
    #[test]
    fn money_adds_up_and_ends_are_final(actions in prop::collection::vec(action(), 0..24), amount in 100..1100i64) {
        let mut now = start();
        let mut payment = created(amount, now);
        for action in actions {
            let before = payment.clone();
            let done = match action {
                Action::Approve => payment.approve(now),
                Action::Abort => payment.abort(now),
                Action::Cancel { transaction_only } => payment.cancel(transaction_only, None, now),
                Action::Capture(amount) => payment.capture(amount, "key", now),
                Action::Refund(amount) => payment.refund(amount, "key", now),
                Action::Wait { hours } => {
                    now = later(now, SignedDuration::from_hours(hours));
                    while payment.run_due(now) {}
                    Ok(())
                }
            };
            if done.is_err() {
                prop_assert_eq!(payment.summary(), before.summary());
            }
            if before.state != PaymentState::Created {
                prop_assert_eq!(payment.state, before.state);
            }
            let is_paid = payment.state == PaymentState::Authorized;
            prop_assert_eq!(payment.authorized, if is_paid { amount } else { 0 });
            prop_assert!(!is_paid || payment.captured + payment.cancelled <= payment.authorized);
            prop_assert!(payment.captured >= before.captured && payment.refunded <= payment.captured);
            let sum = |name: &str| -> i64 {
                payment.events.iter().filter(|event| event.name == name && event.success).map(|event| event.amount).sum()
            };
            prop_assert_eq!(sum("CAPTURED"), payment.captured);
            prop_assert_eq!(sum("REFUNDED"), payment.refunded);
            prop_assert_eq!(sum("CANCELLED") + sum("TERMINATED"), payment.cancelled);
            prop_assert!(payment.next_due().is_none_or(|due| due > now));
        }
    }
}

#[test]
fn what_is_not_captured_in_time_is_released() {
    let mut payment = created(1000, start());
    payment.approve(start()).unwrap();
    payment.capture(400, "capture", start()).unwrap();
    let deadline = later(start(), SignedDuration::from_hours(180 * 24));
    assert!(payment.run_due(deadline));
    assert_eq!((payment.captured, payment.cancelled), (400, 600));
    assert_eq!(payment.capture(1, "late", deadline), Err(Code(6100)));
    let a_year = later(start(), SignedDuration::from_hours(366 * 24));
    assert_eq!(payment.refund(1, "late", a_year), Err(Code(6220)));
}
