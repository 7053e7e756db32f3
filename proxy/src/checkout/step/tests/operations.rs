use kvitt_wire::Pieces;

use super::*;
use crate::checkout::effect::Operate;
use crate::checkout::operation::{OperationId, OperationKind, OperationRequest, OperationResult, Outcome};

fn request(name: u128, kind: OperationKind, amount: Option<i64>) -> Input {
    Input::Operate(OperationRequest {
        id: OperationId(Uuid::from_u128(name)),
        kind,
        amount,
        lines: Vec::new(),
        by: None,
    })
}

fn done(name: u128, aggregate: Aggregate) -> Update {
    Update::Operated { id: OperationId(Uuid::from_u128(name)), result: OperationResult::Done(aggregate) }
}

fn paid() -> Story {
    let mut story = Story::new(None);
    story.created(1).update(1, polled(None, payment(PaymentState::Authorized)));
    story
}

fn money(captured: i64, cancelled: i64, refunded: i64) -> Aggregate {
    Aggregate { authorized: TOTAL.value, captured, cancelled, refunded }
}

#[test]
fn an_operation_is_stored_with_its_key_before_it_is_sent() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, Some(10_000))).unwrap();
    let [Planned { effect: Effect::Operate(Operate { amount, key, kind, .. }), due_at }] = &story.effects[..] else {
        panic!("{:?}", story.effects)
    };
    assert_eq!((amount.value, *kind, *due_at), (10_000, OperationKind::Capture, story.now));
    let key = key.clone();
    assert_eq!(story.checkout.current().operations[0].outcome, Outcome::Pending);

    story.update(1, done(1, money(10_000, 0, 0)));
    assert_eq!(story.kinds(), ["look"]);
    assert_eq!(story.checkout.current().aggregate.captured, 10_000);
    let operation = &story.checkout.current().operations[0];
    assert_eq!((&operation.outcome, operation.settled_at), (&Outcome::Done, Some(story.now)));

    story.take(request(2, OperationKind::Capture, Some(10_000))).unwrap();
    let Effect::Operate(Operate { key: second, .. }) = &story.effects[0].effect else { panic!("{:?}", story.effects) };
    assert_ne!(*second, key, "another operation has another key");
}

#[test]
fn pending_operations_count_as_done() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, Some(30_000))).unwrap();
    let too_much = story.take(request(2, OperationKind::Capture, Some(20_000))).map(drop);
    assert_eq!(too_much, Err(Refusal::AmountTooLarge { left: 19_900 }));
    story.update(1, done(1, money(30_000, 0, 0))).take(request(3, OperationKind::Cancel, None)).unwrap();
    assert_eq!(
        story.take(request(4, OperationKind::Capture, None)).map(drop),
        Err(Refusal::AmountTooLarge { left: 0 })
    );
    // Its webhook arrived before its answer.
    story.update(
        1,
        polled(None, PaymentSnapshot { aggregate: money(30_000, 19_900, 0), ..payment(PaymentState::Authorized) }),
    );
    assert_eq!(
        story.take(request(5, OperationKind::Capture, None)).map(drop),
        Err(Refusal::AmountTooLarge { left: 0 })
    );

    story.update(1, done(3, money(30_000, 19_900, 0)));
    story.take(request(6, OperationKind::Refund, Some(1))).unwrap();
    assert_eq!(
        story.take(request(7, OperationKind::Refund, Some(30_000))).map(drop),
        Err(Refusal::AmountTooLarge { left: 29_999 })
    );
    story.take(request(8, OperationKind::Refund, None)).unwrap();
    assert_eq!(story.checkout.current().operations.last().unwrap().amount, 29_999);
}

#[test]
fn the_rest_is_not_cancelled_while_a_capture_is_pending() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, Some(30_000))).unwrap();
    assert_eq!(story.take(request(2, OperationKind::Cancel, None)).map(drop), Err(Refusal::CapturePending));
    assert_eq!(story.checkout.current().operations.len(), 1, "it would release the money of what has been shipped");
    story.update(1, done(1, money(30_000, 0, 0))).take(request(2, OperationKind::Cancel, None)).unwrap();
    assert_eq!(story.checkout.current().operations.last().unwrap().amount, 19_900);
}

#[test]
fn the_amount_of_a_refused_operation_is_available_again() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, None)).unwrap();
    let result = OperationResult::Refused { trouble: "vipps_6100".into() };
    let refused = Update::Operated { id: OperationId(Uuid::from_u128(1)), result };
    story.update(1, refused.clone());
    assert_eq!(story.kinds(), ["look"]);
    assert_eq!(story.checkout.current().left(OperationKind::Capture), TOTAL.value);
    story.update(1, refused);
    assert!(story.effects.is_empty(), "an operation is settled once");
}

#[test]
fn a_repeated_operation_changes_nothing_and_another_one_with_its_id_is_refused() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, Some(10_000))).unwrap();
    let first = story.checkout.clone();
    story.take(request(1, OperationKind::Capture, Some(10_000))).unwrap();
    assert!(story.effects.is_empty() && story.checkout == first);
    for other in [request(1, OperationKind::Capture, Some(10_001)), request(1, OperationKind::Cancel, None)] {
        assert_eq!(story.take(other).map(drop), Err(Refusal::OperationMismatch));
    }
    let id = OperationId(Uuid::from_u128(1));
    let lines = vec![Pieces { sku: "mug".into(), quantity: 1.into() }];
    let shipped = OperationRequest { id, kind: OperationKind::Capture, amount: Some(10_000), lines, by: None };
    assert_eq!(story.take(Input::Operate(shipped)).map(drop), Err(Refusal::OperationMismatch));
}

#[test]
fn an_operation_needs_a_paid_order_and_a_positive_amount() {
    let mut story = Story::new(None);
    assert_eq!(story.take(request(1, OperationKind::Capture, None)).map(drop), Err(Refusal::NotPaid));
    let mut story = paid();
    for amount in [0, -1, i64::MIN] {
        assert_eq!(
            story.take(request(1, OperationKind::Capture, Some(amount))).map(drop),
            Err(Refusal::AmountNotPositive)
        );
    }
    let all = story.take(request(1, OperationKind::Capture, Some(i64::MAX))).map(drop);
    assert_eq!(all, Err(Refusal::AmountTooLarge { left: TOTAL.value }));
    assert!(story.checkout.current().operations.is_empty());
}

#[test]
fn no_piece_is_captured_twice() {
    let named = |name: u128, kind, sku: &str, quantity: u32| {
        let lines = vec![Pieces { sku: sku.into(), quantity: quantity.into() }];
        Input::Operate(OperationRequest {
            id: OperationId(Uuid::from_u128(name)),
            kind,
            amount: Some(10_000),
            lines,
            by: None,
        })
    };
    let mut story = paid();
    story.take(named(1, OperationKind::Capture, "mug", 1)).unwrap();
    let repeated = story.take(named(2, OperationKind::Capture, "mug", 1)).err();
    assert_eq!(repeated, Some(Refusal::TooManyPieces { sku: "mug".into(), left: 0.into() }));
    story.take(named(1, OperationKind::Capture, "mug", 1)).expect("a repeat is the first");
    story.take(named(3, OperationKind::Capture, "gift wrap", 9)).expect("the shop's own record");
    story.update(1, done(1, money(10_000, 0, 0)));
    story.take(named(4, OperationKind::Refund, "mug", 1)).expect("what was shipped comes back");
}
