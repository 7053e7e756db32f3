use kvitt_wire::Pieces;

use super::*;
use crate::checkout::operation::{Answered, Asked, OperationId, OperationKind, Outcome};

fn asks(name: u128, kind: OperationKind, amount: Option<i64>) -> Input {
    Input::Operate(Asked { id: OperationId(Uuid::from_u128(name)), kind, amount, lines: Vec::new() })
}

fn done(name: u128, aggregate: Aggregate) -> News {
    News::Operated { id: OperationId(Uuid::from_u128(name)), answered: Answered::Done(aggregate) }
}

fn paid() -> Story {
    let mut story = Story::new(None);
    story.created(1).news(1, looked(None, seen(PaymentState::Authorized)));
    story
}

fn money(captured: i64, cancelled: i64, refunded: i64) -> Aggregate {
    Aggregate { authorized: TOTAL.value, captured, cancelled, refunded }
}

#[test]
fn an_operation_is_written_down_with_its_key_before_it_is_asked_for() {
    let mut story = paid();
    story.take(asks(1, OperationKind::Capture, Some(10_000))).unwrap();
    let [Planned { effect: Effect::Operate { amount, key, kind, .. }, due_at }] = &story.effects[..] else {
        panic!("{:?}", story.effects)
    };
    assert_eq!((amount.value, *kind, *due_at), (10_000, OperationKind::Capture, story.now));
    let key = key.clone();
    assert_eq!(story.checkout.current().operations[0].outcome, Outcome::Pending);

    story.news(1, done(1, money(10_000, 0, 0)));
    assert_eq!(story.kinds(), ["look"]);
    assert_eq!(story.checkout.current().aggregate.captured, 10_000);
    let operation = &story.checkout.current().operations[0];
    assert_eq!((&operation.outcome, operation.settled_at), (&Outcome::Done, Some(story.now)));

    story.take(asks(2, OperationKind::Capture, Some(10_000))).unwrap();
    let Effect::Operate { key: second, .. } = &story.effects[0].effect else { panic!("{:?}", story.effects) };
    assert_ne!(*second, key, "another operation has another key");
}

#[test]
fn what_is_under_way_counts_as_done() {
    let mut story = paid();
    story.take(asks(1, OperationKind::Capture, Some(30_000))).unwrap();
    let too_much = story.take(asks(2, OperationKind::Capture, Some(20_000))).map(drop);
    assert_eq!(too_much, Err(Refusal::TooMuch { left: 19_900 }));
    story.news(1, done(1, money(30_000, 0, 0))).take(asks(3, OperationKind::Cancel, None)).unwrap();
    assert_eq!(story.take(asks(4, OperationKind::Capture, None)).map(drop), Err(Refusal::TooMuch { left: 0 }));
    // Its webhook has been faster than its answer.
    story.news(1, looked(None, Seen { aggregate: money(30_000, 19_900, 0), ..seen(PaymentState::Authorized) }));
    assert_eq!(story.take(asks(5, OperationKind::Capture, None)).map(drop), Err(Refusal::TooMuch { left: 0 }));

    story.news(1, done(3, money(30_000, 19_900, 0)));
    story.take(asks(6, OperationKind::Refund, Some(1))).unwrap();
    assert_eq!(
        story.take(asks(7, OperationKind::Refund, Some(30_000))).map(drop),
        Err(Refusal::TooMuch { left: 29_999 })
    );
    story.take(asks(8, OperationKind::Refund, None)).unwrap();
    assert_eq!(story.checkout.current().operations.last().unwrap().amount, 29_999);
}

#[test]
fn the_rest_is_not_let_go_while_a_capture_is_under_way() {
    let mut story = paid();
    story.take(asks(1, OperationKind::Capture, Some(30_000))).unwrap();
    assert_eq!(story.take(asks(2, OperationKind::Cancel, None)).map(drop), Err(Refusal::UnderWay));
    assert_eq!(story.checkout.current().operations.len(), 1, "the vendor would let go what has been shipped");
    story.news(1, done(1, money(30_000, 0, 0))).take(asks(2, OperationKind::Cancel, None)).unwrap();
    assert_eq!(story.checkout.current().operations.last().unwrap().amount, 19_900);
}

#[test]
fn what_the_vendor_refuses_is_left_again() {
    let mut story = paid();
    story.take(asks(1, OperationKind::Capture, None)).unwrap();
    let answered = Answered::Refused { trouble: "vipps_6100".into() };
    let refused = News::Operated { id: OperationId(Uuid::from_u128(1)), answered };
    story.news(1, refused.clone());
    assert_eq!(story.kinds(), ["look"]);
    assert_eq!(story.checkout.current().left(OperationKind::Capture), TOTAL.value);
    story.news(1, refused);
    assert!(story.effects.is_empty(), "an operation is settled once");
}

#[test]
fn a_repeat_finds_the_first_and_another_under_its_name_is_refused() {
    let mut story = paid();
    story.take(asks(1, OperationKind::Capture, Some(10_000))).unwrap();
    let first = story.checkout.clone();
    story.take(asks(1, OperationKind::Capture, Some(10_000))).unwrap();
    assert!(story.effects.is_empty() && story.checkout == first);
    for other in [asks(1, OperationKind::Capture, Some(10_001)), asks(1, OperationKind::Cancel, None)] {
        assert_eq!(story.take(other).map(drop), Err(Refusal::NotTheSame));
    }
    let id = OperationId(Uuid::from_u128(1));
    let lines = vec![Pieces { sku: "mug".into(), quantity: 1 }];
    let shipped = Asked { id, kind: OperationKind::Capture, amount: Some(10_000), lines };
    assert_eq!(story.take(Input::Operate(shipped)).map(drop), Err(Refusal::NotTheSame));
}

#[test]
fn nothing_is_moved_that_is_not_paid_or_not_more_than_nothing() {
    let mut story = Story::new(None);
    assert_eq!(story.take(asks(1, OperationKind::Capture, None)).map(drop), Err(Refusal::NotPaid));
    let mut story = paid();
    for amount in [0, -1, i64::MIN] {
        assert_eq!(story.take(asks(1, OperationKind::Capture, Some(amount))).map(drop), Err(Refusal::NotAnAmount));
    }
    let all = story.take(asks(1, OperationKind::Capture, Some(i64::MAX))).map(drop);
    assert_eq!(all, Err(Refusal::TooMuch { left: TOTAL.value }));
    assert!(story.checkout.current().operations.is_empty());
}

#[test]
fn no_piece_is_captured_twice_whoever_ships_it() {
    let named = |name: u128, kind, sku: &str, quantity| {
        let lines = vec![Pieces { sku: sku.into(), quantity }];
        Input::Operate(Asked { id: OperationId(Uuid::from_u128(name)), kind, amount: Some(10_000), lines })
    };
    let mut story = paid();
    story.take(named(1, OperationKind::Capture, "mug", 1)).unwrap();
    let again = story.take(named(2, OperationKind::Capture, "mug", 1)).err();
    assert_eq!(again, Some(Refusal::MorePieces { sku: "mug".into(), left: 0 }));
    story.take(named(1, OperationKind::Capture, "mug", 1)).expect("a repeat is the first");
    story.take(named(3, OperationKind::Capture, "gift wrap", 9)).expect("the shop's own record");
    story.news(1, done(1, money(10_000, 0, 0)));
    story.take(named(4, OperationKind::Refund, "mug", 1)).expect("what was shipped comes back");
}
