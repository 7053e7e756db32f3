//! Whatever is done to a payment in whatever order, its money adds up and its final states are final.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Approve,
    Abort,
    Cancel { transaction_only: bool },
    Capture(i64),
    Refund(i64),
    Wait { hours: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Approve),
        1 => Just(Act::Abort),
        1 => any::<bool>().prop_map(|transaction_only| Act::Cancel { transaction_only }),
        4 => (-1..1200i64).prop_map(Act::Capture),
        4 => (-1..1200i64).prop_map(Act::Refund),
        1 => (0..400i64).prop_map(|hours| Act::Wait { hours }),
    ]
}

fn created(amount: i64, now: Timestamp) -> Payment {
    let unit = SalesUnit::of("123456").unwrap();
    let request = json!({ "reference": "order-1001", "amount": { "currency": "NOK", "value": amount } });
    Payment::created(unit, request, "create", later(now, PATIENCE), now)
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

proptest! {
    #[test]
    fn money_adds_up_and_ends_are_final(acts in prop::collection::vec(act(), 0..24), amount in 100..1100i64) {
        let mut now = start();
        let mut payment = created(amount, now);
        for act in acts {
            let before = payment.clone();
            let done = match act {
                Act::Approve => payment.approve(now),
                Act::Abort => payment.abort(now),
                Act::Cancel { transaction_only } => payment.cancel(transaction_only, None, now),
                Act::Capture(amount) => payment.capture(amount, "key", now),
                Act::Refund(amount) => payment.refund(amount, "key", now),
                Act::Wait { hours } => {
                    now = later(now, SignedDuration::from_hours(hours));
                    while payment.pass_time(now) {}
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
    assert!(payment.pass_time(deadline));
    assert_eq!((payment.captured, payment.cancelled), (400, 600));
    assert_eq!(payment.capture(1, "late", deadline), Err(Code(6100)));
    let a_year = later(start(), SignedDuration::from_hours(366 * 24));
    assert_eq!(payment.refund(1, "late", a_year), Err(Code(6220)));
}
