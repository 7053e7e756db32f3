//! Runs the core against a model of Vipps MobilePay: clicks, webhooks, duplicates, losses, late answers, crashes and the shop's commands in
//! random order, and then no more faults. In the end both must have the same records.
//!
//! It runs 10,000 cases by default; `KVITT_MODEL_CASES` sets another number (`cargo xtask soak model`: a million).

mod vendor;
mod world;

use kvitt::checkout::operation::{Operation, OperationKind, Outcome};
use kvitt::checkout::{Attempt, Event, EventKind, Moment, Offer, OfferedBy, Order, PaymentState, Private, ReceiptBy};
use kvitt_wire::{Aggregate, Amount, Brand, Cart, Currency, Language, Line, PaymentSources, State};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::world::{OFFER_MS, Tape, World, consent};

const TOTAL: Amount = Amount { value: 49_900, currency: Currency::Nok };

fn order(receipt: ReceiptBy) -> Order {
    let line = Line {
        sku: "mug".into(),
        name: "Mug".into(),
        quantity: 1.into(),
        unit_price: TOTAL.value,
        total: TOTAL.value,
        vat_rate: 2500,
        vat: 9_980,
        ..Line::default()
    };
    Order {
        number: "shop-abc".into(),
        cart: Cart {
            sales_unit: "no".into(),
            shop: "Shop".into(),
            brand: Brand::Vipps,
            vat: line.vat,
            lines: vec![line],
            total: TOTAL,
            terms_url: "https://shop.example/terms".into(),
            asks_phone_number: true,
            payment_sources: PaymentSources::default(),
        },
        description: "Mug".into(),
        language: Language::Nb,
        return_url: None,
        landing_return_url: Private("https://pay.example/return/token".to_owned()),
        receipt,
        terms_accepted_at: Some(Moment(1)),
        payable_until: None,
        offer: None,
    }
}

/// Asserts that the checkout and Vipps MobilePay agree on every payment.
fn assert_records_agree(world: &World) {
    let checkout = &world.checkout;
    for attempt in &checkout.attempts {
        let Some(payment) = world.vendor.payments.get(attempt.reference.as_str()) else {
            if attempt.not_requested {
                assert!(
                    matches!(attempt.state, State::Expired | State::Terminated),
                    "{} is still open",
                    attempt.reference
                );
                continue;
            }
            assert_eq!(attempt.state, State::Failed, "{} was never created", attempt.reference);
            continue;
        };
        let expected = match payment.state {
            PaymentState::Authorized if attempt.trouble.as_deref() == Some("paid_by_other_attempt") => {
                assert_eq!(payment.money.cancelled, payment.money.authorized, "the second payment is released");
                State::Terminated
            }
            PaymentState::Authorized => State::Authorized,
            PaymentState::Aborted => State::Aborted,
            PaymentState::Expired => State::Expired,
            PaymentState::Terminated => State::Terminated,
            PaymentState::Created | PaymentState::Unknown => panic!("{} is undecided", attempt.reference),
        };
        assert_eq!(attempt.state, expected, "{}", attempt.reference);
        if attempt.state == State::Authorized {
            assert_eq!(attempt.aggregate, payment.money, "{}", attempt.reference);
            let known = world.knew_customer && checkout.erased_at.is_none();
            let shared = checkout.may_know_customer(attempt);
            assert_eq!(checkout.customer.is_some(), shared || known, "the number is stored if shared, and not erased");
            assert_eq!(payment.receipts, 1, "a paid order has its receipt");
            assert_operations_agree(attempt);
        }
    }
}

/// Asserts that every operation was answered, and that the payment's amounts contain all that succeeded.
fn assert_operations_agree(attempt: &Attempt) {
    let done = |kind| -> i64 {
        let done = |operation: &&Operation| operation.kind == kind && operation.outcome == Outcome::Done;
        attempt.operations.iter().filter(done).map(|operation| operation.amount).sum()
    };
    assert!(attempt.operations.iter().all(|operation| operation.outcome != Outcome::Pending));
    assert!(done(OperationKind::Capture) <= attempt.aggregate.captured, "{attempt:?}");
    assert!(done(OperationKind::Refund) <= attempt.aggregate.refunded, "{attempt:?}");
}

/// Asserts that the shop's latest events describe the order's final state.
fn assert_events_are_complete(world: &World) {
    let current = world.checkout.current();
    if world.checkout.idle_until().is_some() {
        assert_eq!(world.events, [], "an idle order makes no event");
        return;
    }
    let of = |kind: EventKind| world.events.iter().filter(move |event| event.kind == kind);
    let mut finals = world.events.iter().filter(|event| event.kind.as_str().starts_with("checkout."));
    if current.state.is_final() {
        let last = finals.next_back().expect("the final state made an event");
        assert_eq!((&last.order.reference, last.order.state), (&current.reference, current.state));
    }
    assert!(of(EventKind::CheckoutAuthorized).count() <= 1, "an order is paid once");
    let last = |kind, part: fn(&Aggregate) -> i64| {
        of(kind).next_back().map_or(0, |event: &Event| part(&event.order.aggregate))
    };
    if current.state == State::Authorized {
        let money = current.aggregate;
        assert_eq!(last(EventKind::PaymentCaptured, |money| money.captured), money.captured);
        assert_eq!(last(EventKind::PaymentCancelled, |money| money.cancelled), money.cancelled);
        assert_eq!(last(EventKind::PaymentRefunded, |money| money.refunded), money.refunded);
    }
    let number = world.checkout.customer.as_ref().and_then(|customer| customer.phone_number.as_ref());
    let new = number.is_some() && !world.knew_customer;
    assert!(!new || of(EventKind::CustomerShared).count() > 0, "a number was shared");
}

/// How the order is offered: 0 paid at once, 1 opened by a page, 2 by a link, 3 pushed to the app, 4 pushed with a long expiry.
fn offer(kind: u8) -> Option<Offer> {
    let by = if kind == 1 { OfferedBy::Page } else { OfferedBy::Shop };
    let offer = Offer::new(by, Moment(1_000_000).plus_ms(OFFER_MS));
    (kind > 0).then_some(Offer { push: kind > 2, long_living: kind > 3, ..offer })
}

fn run(tape: &[u8], shares: bool, afterwards: bool, offered: u8, trusts: bool) {
    let receipt = if afterwards { ReceiptBy::OrderManagement } else { ReceiptBy::Create };
    let offer = offer(offered);
    let terms_accepted_at = offer.is_none().then_some(Moment(1));
    let consents = offer.is_none() && shares;
    let order = Order { offer, terms_accepted_at, ..order(receipt) };
    let mut world = World::new(order, consents.then(consent), offered > 2, trusts);
    let mut tape = Tape(tape.iter());
    while tape.0.len() > 0 {
        world.advance(&mut tape);
    }
    assert!(world.settle_all(), "every effect settles");
    assert_records_agree(&world);
    assert_events_are_complete(&world);
}

#[test]
fn both_sides_have_the_same_records_in_the_end() {
    let cases = std::env::var("KVITT_MODEL_CASES").map_or(10_000, |cases| cases.parse().unwrap());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let tapes = (prop::collection::vec(any::<u8>(), 0..120), any::<bool>(), any::<bool>(), 0_u8..8, any::<bool>());
    let result = TestRunner::new(config).run(&tapes, |(tape, shares, afterwards, offered, trusts)| {
        // Half of the orders are paid at once, as most are.
        run(&tape, shares, afterwards, offered.saturating_sub(3), trusts);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
