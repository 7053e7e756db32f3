mod drift;
mod invariants;
mod offers;
mod operations;
mod polling;

use kvitt_wire::{Amount, Brand, Cart, Currency, Language, Line, PaymentSources};
use uuid::Uuid;

use super::*;
use crate::checkout::{Event, Order, PhoneNumber, Private};

const POLLING: Polling = Polling { first_ms: 5_000, every_ms: 2_000, rarely: false };
const START: Moment = Moment(1_000_000);
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
        landing_return_url: Private("https://pay.example/return/token".into()),
        receipt,
        terms_accepted_at: Some(START),
        payable_until: Some(START.plus_ms(3_600_000)),
        offer: None,
    }
}

pub(in crate::checkout) fn consent() -> Consent {
    Consent { scope: "phoneNumber".into(), wording: "1".into(), language: Language::Nb, text: None, given_at: START }
}

fn opened(consent: Option<Consent>, receipt: ReceiptBy) -> Step {
    let opening = Opening { order: order(receipt), consent, customer: None };
    open(CheckoutId(Uuid::from_u128(7)), "trace".into(), opening, START)
}

pub(in crate::checkout) fn payment(state: PaymentState) -> PaymentSnapshot {
    let authorized = if state == PaymentState::Authorized { TOTAL.value } else { 0 };
    let aggregate = Aggregate { authorized, ..Aggregate::default() };
    PaymentSnapshot {
        state,
        amount: Some(TOTAL),
        aggregate,
        capture_guaranteed_until: None,
        sub: None,
        phone_number: None,
    }
}

pub(in crate::checkout) fn polled(round: Option<u32>, payment: PaymentSnapshot) -> Update {
    Update::Polled { round, payment }
}

/// A checkout that is driven input by input, with the outcome of the last step.
#[derive(Clone)]
pub(in crate::checkout) struct Story {
    pub(in crate::checkout) checkout: Checkout,
    /// The effects of the last step, without events.
    effects: Vec<Planned>,
    /// The events of the last step.
    pub(in crate::checkout) events: Vec<Event>,
    pub(in crate::checkout) now: Moment,
}

impl Story {
    pub(in crate::checkout) fn new(consent: Option<Consent>) -> Self {
        Self::of(opened(consent, ReceiptBy::Create))
    }

    fn of(step: Step) -> Self {
        Self { checkout: step.checkout, effects: step.effects, events: Vec::new(), now: START }
    }

    pub(in crate::checkout) fn take(&mut self, input: Input) -> Result<&mut Self, Refusal> {
        self.now = self.now.plus_ms(1_000);
        let Step { checkout, effects } = step(&self.checkout, input, POLLING, self.now)?;
        let (events, effects): (Vec<_>, Vec<_>) = effects.into_iter().partition(|planned| planned.event().is_some());
        self.events = events.iter().filter_map(Planned::event).cloned().collect();
        (self.checkout, self.effects) = (checkout, effects);
        Ok(self)
    }

    /// Applies an update of the nth attempt, counted from one.
    pub(in crate::checkout) fn update(&mut self, attempt: usize, update: Update) -> &mut Self {
        let reference = self.checkout.attempts[attempt - 1].reference.clone();
        self.take(Input::Payment(reference, update)).unwrap()
    }

    pub(in crate::checkout) fn created(&mut self, attempt: usize) -> &mut Self {
        self.update(attempt, Update::Created { redirect_url: Some("https://landing.example".into()) })
    }

    pub(in crate::checkout) fn kinds(&self) -> Vec<&'static str> {
        self.effects.iter().map(|planned| planned.effect.kind()).collect()
    }

    pub(in crate::checkout) fn event_kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }

    fn state(&self) -> State {
        self.checkout.current().state
    }
}

#[test]
fn the_first_effect_is_the_complete_request_that_creates_the_payment() {
    let step = opened(Some(consent()), ReceiptBy::Create);
    let [Planned { effect: Effect::CreatePayment(create), due_at }] = &step.effects[..] else {
        panic!("{:?}", step.effects)
    };
    assert_eq!(*due_at, START);
    assert_eq!(create.reference.as_str(), "shop-abc-1");
    assert_eq!(create.amount, TOTAL);
    assert!(create.shares_phone_number && create.key.len() <= 50);
    assert_eq!(create.receipt.as_ref().unwrap().lines, step.checkout.order.cart.lines);
    assert_eq!(step.checkout.current().state, State::Starting);
}

#[test]
fn a_receipt_is_sent_once_in_the_configured_way() {
    let mut story = Story::of(opened(None, ReceiptBy::OrderManagement));
    let Effect::CreatePayment(create) = &story.effects[0].effect else { panic!() };
    assert_eq!(create.receipt, None);
    assert_eq!(story.created(1).kinds(), ["look", "send_receipt"]);
    let trouble = Some("vipps_409".to_owned());
    story.update(1, Update::ReceiptAnswered { trouble });
    assert_eq!(story.state(), State::Created, "a failed receipt never fails a payment");
}

#[test]
fn a_receipt_is_sent_when_the_customer_approves_before_the_creation_is_answered() {
    let mut story = Story::of(opened(None, ReceiptBy::OrderManagement));
    assert_eq!(story.update(1, polled(None, payment(PaymentState::Authorized))).kinds(), ["look", "send_receipt"]);
    assert_eq!(story.created(1).kinds(), Vec::<&str>::new(), "once");
}

#[test]
fn a_payment_in_an_unknown_state_is_polled_again() {
    let mut story = Story::new(None);
    story.created(1).update(1, polled(Some(1), payment(PaymentState::Unknown)));
    assert_eq!((story.state(), story.kinds()), (State::Created, vec!["look"]));
}

#[test]
fn a_webhook_that_is_faster_than_the_chain_of_polls_puts_it_off() {
    let mut story = Story::new(None);
    story.created(1).update(1, polled(None, payment(PaymentState::Authorized)));
    let [Planned { effect: Effect::Poll { round, .. }, due_at }] = &story.effects[..] else {
        panic!("{:?}", story.effects)
    };
    assert_eq!((*round, *due_at), (Some(2), story.now.plus_ms(3_600_000)));
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.kinds(), Vec::<&str>::new(), "it was known");
}

#[test]
fn every_final_state_stays() {
    for (theirs, state) in [
        (PaymentState::Aborted, State::Aborted),
        (PaymentState::Expired, State::Expired),
        (PaymentState::Terminated, State::Terminated),
    ] {
        let mut story = Story::new(None);
        story.created(1).update(1, polled(Some(1), payment(theirs)));
        assert_eq!((story.state(), story.kinds()), (state, vec![]));
        story.update(1, Update::Signal);
        assert_eq!(story.kinds(), Vec::<&str>::new());
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        assert_eq!(story.state(), state);
    }
}

#[test]
fn a_payment_of_another_amount_fails_and_is_released() {
    for amount in [Some(Amount { value: 1, ..TOTAL }), Some(Amount { currency: Currency::Eur, ..TOTAL }), None] {
        let mut story = Story::new(None);
        story.created(1).update(1, polled(None, PaymentSnapshot { amount, ..payment(PaymentState::Authorized) }));
        assert_eq!((story.state(), story.kinds()), (State::Failed, vec!["cancel_payment"]));
        assert_eq!(story.checkout.current().trouble.as_deref(), Some(AMOUNT_MISMATCH));
        let Effect::CancelPayment { unless_authorized, .. } = story.effects[0].effect else { panic!() };
        assert!(!unless_authorized, "the reservation is released");
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        assert_eq!((story.state(), story.kinds()), (State::Failed, vec![]));
    }
}

#[test]
fn the_number_is_taken_from_the_payment_if_it_contains_it() {
    let mut story = Story::new(Some(consent()));
    story.created(1).update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(
        story.kinds(),
        ["look", "look"],
        "in an hour, and soon: the profile follows shortly after the authorization"
    );
    let phone_number = PhoneNumber::parse("4791234567");
    story.update(
        1,
        polled(None, PaymentSnapshot { sub: Some("sub".into()), phone_number, ..payment(PaymentState::Authorized) }),
    );
    let customer = story.checkout.customer.as_ref().unwrap();
    assert_eq!(customer.phone_number.as_ref().unwrap().ending(), "67");
    assert_eq!(story.effects, []);
}

#[test]
fn the_userinfo_api_is_read_when_the_payment_does_not_contain_the_number() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    let mut kinds = Vec::new();
    for _ in 0..QUICK_PROFILE_POLLS {
        story.update(1, polled(None, PaymentSnapshot { sub: Some("sub".into()), ..payment(PaymentState::Authorized) }));
        kinds.extend(story.kinds());
    }
    assert_eq!(
        kinds,
        ["look", "look", "look", "look", "look", "look", "read_profile"],
        "the first is the next of the chain"
    );
    story.update(1, Update::ProfileRead { sub: Some("sub".into()), phone_number: None });
    assert!(story.checkout.customer.as_ref().unwrap().phone_number.is_none());
}

#[test]
fn a_profile_that_never_arrives_is_given_up() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    let mut polls = 0;
    while story.checkout.customer.is_none() {
        polls += 1;
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        let planned = story.effects.first().map_or(story.now, |planned| planned.due_at);
        let early = story.now.plus_ms(-500);
        story.now = early.plus_ms(-1_000);
        assert_eq!(
            story.update(1, polled(None, payment(PaymentState::Authorized))).effects,
            [],
            "one planned poll is enough"
        );
        story.now = planned.max(early);
    }
    assert_eq!(polls, MAX_PROFILE_POLLS);
}

#[test]
fn a_number_is_not_stored_without_consent() {
    let mut story = Story::new(None);
    let phone_number = PhoneNumber::parse("4791234567");
    story.created(1).update(1, polled(None, PaymentSnapshot { phone_number, ..payment(PaymentState::Authorized) }));
    assert_eq!((story.kinds(), &story.checkout.customer), (vec!["look"], &None), "no profile is waited for");
}

#[test]
fn cancelling_leaves_an_authorization_alone_and_waits_for_a_payment_that_is_being_created() {
    let mut story = Story::new(None);
    assert_eq!(story.take(Input::Cancel).unwrap().kinds(), Vec::<&str>::new());
    assert_eq!(story.created(1).kinds(), ["look", "cancel_payment"]);
    let Effect::CancelPayment { unless_authorized: true, key, .. } = story.effects[1].effect.clone() else { panic!() };
    assert_eq!(story.take(Input::Cancel).unwrap().effects, [], "one cancellation is enough");
    assert_eq!(story.update(1, Update::CancelAnswered).kinds(), ["look"]);
    story.update(1, polled(None, payment(PaymentState::Created)));
    story.take(Input::Cancel).unwrap();
    let [Planned { effect: Effect::CancelPayment { key: second, .. }, .. }] = &story.effects[..] else { panic!() };
    assert_ne!(*second, key, "a refused cancellation is not repeated under its key");
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.state(), State::Authorized);
    assert_eq!(story.take(Input::Cancel).unwrap().effects, []);
}

#[test]
fn a_new_attempt_has_a_new_reference_and_a_new_key() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    assert_eq!(
        story.take(Input::Retry(None)).err(),
        Some(Refusal::NotRetryable),
        "it shares what was not consented to now"
    );
    story.update(1, polled(None, payment(PaymentState::Aborted)));
    story.take(Input::Retry(None)).unwrap();
    let Effect::CreatePayment(create) = &story.effects[0].effect else { panic!() };
    assert_eq!(create.reference.as_str(), "shop-abc-2");
    assert_ne!(create.key, story.checkout.attempts[0].reference.key("create"));
    assert!(!create.shares_phone_number);
    story.created(2).update(2, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::NotRetryable));
}

#[test]
fn an_attempt_that_another_tab_has_begun_is_used() {
    let mut story = Story::new(None);
    let begun = story.checkout.clone();
    for consent in [None, Some(consent())] {
        assert_eq!(story.take(Input::Retry(consent)).unwrap().effects, []);
        assert_eq!(story.checkout, begun);
    }
    story.created(1).take(Input::Retry(None)).unwrap();
    assert_eq!(story.checkout.attempts.len(), 1);
    story.take(Input::Cancel).unwrap();
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::NotRetryable), "it is being cancelled");
}

#[test]
fn a_payment_with_a_bad_redirect_is_cancelled() {
    let mut story = Story::new(None);
    story.update(1, Update::BadRedirect);
    assert_eq!((story.state(), story.checkout.current().trouble.as_deref()), (State::Failed, Some(BAD_REDIRECT)));
    assert_eq!(story.checkout.current().redirect_url, None);
    let [Planned { effect: Effect::CancelPayment { unless_authorized: true, .. }, .. }] = &story.effects[..] else {
        panic!("{:?}", story.effects)
    };
    story.update(1, Update::CancelAnswered).update(1, polled(None, payment(PaymentState::Terminated)));
    assert_eq!((story.state(), story.checkout.current().trouble.as_deref()), (State::Terminated, Some(BAD_REDIRECT)));
    story.update(1, Update::BadRedirect);
    assert_eq!(story.effects, []);
}

#[test]
fn the_number_of_attempts_is_limited() {
    let mut story = Story::new(None);
    for attempt in 1..=MAX_ATTEMPTS {
        story.created(attempt).update(attempt, polled(None, payment(PaymentState::Expired)));
        let retried = story.take(Input::Retry(None)).err();
        assert_eq!(retried, (attempt == MAX_ATTEMPTS).then_some(Refusal::TooManyAttempts));
    }
}

#[test]
fn a_payment_that_could_not_be_created_says_why() {
    let mut story = Story::new(None);
    story.update(1, Update::CreateRefused { trouble: "vipps_5040".into() });
    assert_eq!((story.state(), story.kinds()), (State::Failed, vec![]));
    assert_eq!(story.checkout.current().trouble.as_deref(), Some("vipps_5040"));
}

#[test]
fn a_payment_whose_creation_timed_out_is_cancelled() {
    let mut story = Story::new(None);
    assert_eq!(story.update(1, Update::CreateTimedOut).kinds(), ["cancel_payment"]);
    assert_eq!(story.state(), State::Failed);
    assert_eq!(story.created(1).kinds(), ["cancel_payment"], "the answer came after all");
    assert_eq!(story.checkout.snapshot(String::new()).redirect_url, None);
}

#[test]
fn an_order_is_paid_once() {
    let mut story = Story::new(None);
    story.update(1, Update::CreateTimedOut);
    story.take(Input::Retry(None)).unwrap();
    story.created(2).update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.kinds(), ["look", "cancel_payment"], "the later attempt is cancelled");
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
    story.update(2, polled(None, payment(PaymentState::Authorized)));
    let [Planned { effect: Effect::CancelPayment { unless_authorized: false, reference, .. }, .. }] =
        &story.effects[..]
    else {
        panic!("{:?}", story.effects)
    };
    assert_eq!(reference.as_str(), "shop-abc-2");
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
}

#[test]
fn once_an_order_is_paid_an_attempt_that_is_being_created_is_cancelled() {
    let mut story = Story::new(None);
    story.update(1, Update::CreateTimedOut);
    story.take(Input::Retry(None)).unwrap();
    assert_eq!(story.update(1, polled(None, payment(PaymentState::Authorized))).kinds(), ["look"]);
    assert_eq!(story.created(2).kinds(), ["look", "cancel_payment"]);
}

#[test]
fn amounts_never_decrease() {
    let mut story = Story::new(None);
    let captured = Aggregate { authorized: TOTAL.value, captured: 10_000, ..Aggregate::default() };
    story.created(1).update(1, polled(None, payment(PaymentState::Authorized)));
    story.update(1, polled(None, PaymentSnapshot { aggregate: captured, ..payment(PaymentState::Authorized) }));
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.checkout.current().aggregate, captured);
}

#[test]
fn an_update_of_an_unknown_payment_changes_nothing() {
    let checkout = opened(None, ReceiptBy::Create).checkout;
    let stranger = Reference::from("stranger-1".to_owned());
    for update in [
        Update::Signal,
        polled(Some(1), payment(PaymentState::Authorized)),
        Update::CreateRefused { trouble: "x".into() },
    ] {
        let step = step(&checkout, Input::Payment(stranger.clone(), update), POLLING, START).unwrap();
        assert_eq!(step, Step { checkout: checkout.clone(), effects: vec![] });
    }
}
