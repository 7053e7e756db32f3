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

fn id(name: u128) -> OperationId {
    OperationId(Uuid::from_u128(name))
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
fn captured_money_can_be_refunded_whatever_became_of_the_payment() {
    let mut story = paid();
    story.take(request(1, OperationKind::Capture, Some(10_000))).unwrap();
    story.update(1, done(1, money(10_000, 0, 0)));
    story.checkout.attempts[0].state = State::Failed;
    for kind in [OperationKind::Capture, OperationKind::Cancel] {
        assert_eq!(story.take(request(2, kind, None)).map(drop), Err(Refusal::NotPaid));
    }
    story.take(request(3, OperationKind::Refund, Some(4_000))).unwrap();
    let too_much = story.take(request(4, OperationKind::Refund, Some(6_001))).map(drop);
    assert_eq!(too_much, Err(Refusal::AmountTooLarge { left: 6_000 }));
    assert_eq!(story.update(1, done(3, money(10_000, 0, 4_000))).event_kinds(), ["payment.refunded"]);
    // Another attempt is paid. The repeat of the refund is still the first one.
    story.take(Input::Retry(None)).unwrap().created(2).update(2, polled(None, payment(PaymentState::Authorized)));
    story.take(request(3, OperationKind::Refund, Some(4_000))).expect("a repeat changes nothing");
    assert!(story.effects.is_empty());
}

#[test]
fn refused_operations_are_not_counted_and_the_oldest_are_forgotten() {
    let mut story = paid();
    let refuse = |story: &mut Story, name| {
        story.take(request(name, OperationKind::Capture, Some(1))).unwrap();
        let result = OperationResult::Refused { trouble: "vipps_6260".into() };
        story.update(1, Update::Operated { id: OperationId(Uuid::from_u128(name)), result });
    };
    story.take(request(1, OperationKind::Capture, Some(1))).unwrap();
    (2..400).for_each(|name| refuse(&mut story, name));
    let kept = &story.checkout.current().operations;
    assert_eq!((kept.len(), kept[0].id, kept.last().unwrap().id), (51, id(1), id(399)), "what is pending stays");
    for name in 400..599 {
        story.take(request(name, OperationKind::Capture, Some(1))).unwrap();
    }
    let too_many = story.take(request(600, OperationKind::Capture, Some(1))).map(drop);
    assert_eq!(too_many, Err(Refusal::TooManyOperations), "200 are pending");
}

#[test]
fn pieces_of_one_sku_are_counted_over_its_lines() {
    let mut story = paid();
    let line = story.checkout.order.cart.lines[0].clone();
    story.checkout.order.cart.lines.push(Line { name: "Mug, engraved".into(), quantity: 2.into(), ..line });
    let mugs = |name: u128, quantities: &[u32]| {
        let lines =
            quantities.iter().map(|&quantity| Pieces { sku: "mug".into(), quantity: quantity.into() }).collect();
        Input::Operate(OperationRequest {
            id: id(name),
            kind: OperationKind::Capture,
            amount: Some(1_000),
            lines,
            by: None,
        })
    };
    assert_eq!(story.take(mugs(1, &[3, 1])).err(), Some(Refusal::TooManyPieces { sku: "mug".into(), left: 3.into() }));
    story.take(mugs(2, &[1, 1])).expect("one of each line");
    assert_eq!(story.take(mugs(3, &[2])).err(), Some(Refusal::TooManyPieces { sku: "mug".into(), left: 1.into() }));
    story.take(mugs(4, &[1])).unwrap();
    let huge = story.take(mugs(5, &[u32::MAX; 2])).err();
    assert_eq!(huge, Some(Refusal::TooManyPieces { sku: "mug".into(), left: 0.into() }));
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
