mod offers;
mod operations;

use kvitt_wire::{Amount, Brand, Cart, Currency, Language, Line};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::checkout::{Event, Order, PhoneNumber, Private};

const POLLING: Polling = Polling { first_ms: 5_000, every_ms: 2_000 };
const START: Moment = Moment(1_000_000);
const TOTAL: Amount = Amount { value: 49_900, currency: Currency::Nok };

fn order(receipt: ReceiptBy) -> Order {
    let line = Line {
        sku: "mug".into(),
        name: "Mug".into(),
        quantity: 1,
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
        },
        description: "Mug".into(),
        language: Language::Nb,
        return_url: None,
        landing_return_url: Private("https://pay.example/return/token".into()),
        receipt,
        terms_accepted_at: Some(START),
        offer: None,
    }
}

pub(in crate::checkout) fn consent() -> Consent {
    Consent { scope: "phoneNumber".into(), wording: "1".into(), language: Language::Nb, given_at: START }
}

fn opened(consent: Option<Consent>, receipt: ReceiptBy) -> Step {
    let opening = Opening { order: order(receipt), consent, customer: None };
    open(CheckoutId(Uuid::from_u128(7)), "trace".into(), opening, START)
}

pub(in crate::checkout) fn seen(state: PaymentState) -> Seen {
    let authorized = if state == PaymentState::Authorized { TOTAL.value } else { 0 };
    let aggregate = Aggregate { authorized, ..Aggregate::default() };
    Seen { state, amount: Some(TOTAL), aggregate, capture_guaranteed_until: None, sub: None, phone_number: None }
}

pub(in crate::checkout) fn looked(round: Option<u32>, seen: Seen) -> News {
    News::Looked { round, seen }
}

/// A checkout on its way, fact by fact.
pub(in crate::checkout) struct Story {
    pub(in crate::checkout) checkout: Checkout,
    /// What is to be done at the vendor's.
    effects: Vec<Planned>,
    /// What the shop is told.
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
        let (told, effects): (Vec<_>, Vec<_>) = effects.into_iter().partition(|planned| planned.told().is_some());
        self.events = told.iter().filter_map(Planned::told).cloned().collect();
        (self.checkout, self.effects) = (checkout, effects);
        Ok(self)
    }

    /// News of the nth attempt, counted from one.
    pub(in crate::checkout) fn news(&mut self, attempt: usize, news: News) -> &mut Self {
        let reference = self.checkout.attempts[attempt - 1].reference.clone();
        self.take(Input::Payment(reference, news)).unwrap()
    }

    pub(in crate::checkout) fn created(&mut self, attempt: usize) -> &mut Self {
        self.news(attempt, News::Created { redirect_url: Some("https://landing.example".into()) })
    }

    pub(in crate::checkout) fn kinds(&self) -> Vec<&'static str> {
        self.effects.iter().map(|planned| planned.effect.kind()).collect()
    }

    pub(in crate::checkout) fn told(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }

    fn state(&self) -> State {
        self.checkout.current().state
    }
}

#[test]
fn the_first_effect_creates_the_payment_with_all_that_it_says() {
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
fn a_receipt_is_sent_once_by_the_way_that_was_chosen() {
    let mut story = Story::of(opened(None, ReceiptBy::OrderManagement));
    let Effect::CreatePayment(create) = &story.effects[0].effect else { panic!() };
    assert_eq!(create.receipt, None);
    assert_eq!(story.created(1).kinds(), ["look", "send_receipt"]);
    let trouble = Some("vipps_409".to_owned());
    story.news(1, News::ReceiptAnswered { trouble });
    assert_eq!(story.state(), State::Created, "a failed receipt never fails a payment");
}

#[test]
fn a_receipt_is_sent_when_the_customer_was_quicker_than_the_answer() {
    let mut story = Story::of(opened(None, ReceiptBy::OrderManagement));
    assert_eq!(story.news(1, looked(None, seen(PaymentState::Authorized))).kinds(), ["send_receipt"]);
    assert_eq!(story.created(1).kinds(), Vec::<&str>::new(), "once");
}

#[test]
fn polling_begins_after_the_first_wait_and_grows_sparser() {
    let mut story = Story::new(None);
    story.created(1);
    assert_eq!(story.effects[0].due_at, story.now.plus_ms(POLLING.first_ms));
    let waits: Vec<_> = [0, 90_000, 400_000, 1_000_000, 10_000_000]
        .into_iter()
        .map(|age| {
            story.now = START.plus_ms(age);
            story.news(1, looked(Some(1), seen(PaymentState::Created)));
            story.effects[0].due_at.0 - story.now.0
        })
        .collect();
    assert_eq!(waits, [2_000, 5_000, 10_000, 60_000, 3_600_000]);
    story.now = START.plus_ms(LONGEST_WATCH_MS);
    assert_eq!(story.news(1, looked(Some(9), seen(PaymentState::Created))).effects, []);
    story.news(1, looked(None, seen(PaymentState::Created)));
    assert_eq!(story.effects, [], "a look that a signal asked for is no chain of its own");
}

#[test]
fn a_word_that_is_not_known_is_looked_at_again() {
    let mut story = Story::new(None);
    story.created(1).news(1, looked(Some(1), seen(PaymentState::Unknown)));
    assert_eq!((story.state(), story.kinds()), (State::Created, vec!["look"]));
}

#[test]
fn each_ending_is_final() {
    for (word, state) in [
        (PaymentState::Aborted, State::Aborted),
        (PaymentState::Expired, State::Expired),
        (PaymentState::Terminated, State::Terminated),
    ] {
        let mut story = Story::new(None);
        story.created(1).news(1, looked(Some(1), seen(word)));
        assert_eq!((story.state(), story.kinds()), (state, vec![]));
        story.news(1, News::Signal);
        assert_eq!(story.kinds(), Vec::<&str>::new());
        story.news(1, looked(None, seen(PaymentState::Authorized)));
        assert_eq!(story.state(), state);
    }
}

#[test]
fn another_amount_than_the_order_s_is_not_a_payment_of_it() {
    for amount in [Some(Amount { value: 1, ..TOTAL }), Some(Amount { currency: Currency::Eur, ..TOTAL }), None] {
        let mut story = Story::new(None);
        story.created(1).news(1, looked(None, Seen { amount, ..seen(PaymentState::Authorized) }));
        assert_eq!((story.state(), story.kinds()), (State::Failed, vec!["cancel_payment"]));
        assert_eq!(story.checkout.current().trouble.as_deref(), Some(AMOUNT_MISMATCH));
        let Effect::CancelPayment { unless_authorized, .. } = story.effects[0].effect else { panic!() };
        assert!(!unless_authorized, "the money goes back");
        story.news(1, looked(None, seen(PaymentState::Authorized)));
        assert_eq!((story.state(), story.kinds()), (State::Failed, vec![]));
    }
}

#[test]
fn the_number_is_taken_from_the_payment_when_it_is_there() {
    let mut story = Story::new(Some(consent()));
    story.created(1).news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.kinds(), ["look"], "the profile is written shortly after");
    let phone_number = PhoneNumber::parse("4791234567");
    story.news(1, looked(None, Seen { sub: Some("sub".into()), phone_number, ..seen(PaymentState::Authorized) }));
    let customer = story.checkout.customer.as_ref().unwrap();
    assert_eq!(customer.phone_number.as_ref().unwrap().ending(), "67");
    assert_eq!(story.effects, []);
}

#[test]
fn the_userinfo_api_is_asked_when_the_payment_keeps_silent() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    let mut kinds = Vec::new();
    for _ in 0..QUICK_PROFILE_LOOKS {
        story.news(1, looked(None, Seen { sub: Some("sub".into()), ..seen(PaymentState::Authorized) }));
        kinds.extend(story.kinds());
    }
    assert_eq!(kinds, ["look", "look", "look", "look", "look", "read_profile"]);
    story.news(1, News::ProfileRead { sub: Some("sub".into()), phone_number: None });
    assert!(story.checkout.customer.as_ref().unwrap().phone_number.is_none());
}

#[test]
fn a_profile_that_never_comes_is_given_up() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    let mut looks = 0;
    while story.checkout.customer.is_none() {
        looks += 1;
        story.news(1, looked(None, seen(PaymentState::Authorized)));
        let planned = story.effects.first().map_or(story.now, |planned| planned.due_at);
        let early = story.now.plus_ms(-500);
        story.now = early.plus_ms(-1_000);
        assert_eq!(story.news(1, looked(None, seen(PaymentState::Authorized))).effects, [], "one look ahead is enough");
        story.now = planned.max(early);
    }
    assert_eq!(looks, MOST_PROFILE_LOOKS);
}

#[test]
fn nobody_is_asked_for_a_number_that_was_not_consented_to() {
    let mut story = Story::new(None);
    let phone_number = PhoneNumber::parse("4791234567");
    story.created(1).news(1, looked(None, Seen { phone_number, ..seen(PaymentState::Authorized) }));
    assert_eq!((story.effects.len(), &story.checkout.customer), (0, &None));
}

#[test]
fn cancelling_spares_an_authorization_and_waits_for_a_payment_that_is_being_created() {
    let mut story = Story::new(None);
    assert_eq!(story.take(Input::Cancel).unwrap().kinds(), Vec::<&str>::new());
    assert_eq!(story.created(1).kinds(), ["look", "cancel_payment"]);
    let Effect::CancelPayment { unless_authorized: true, key, .. } = story.effects[1].effect.clone() else { panic!() };
    assert_eq!(story.take(Input::Cancel).unwrap().effects, [], "once is enough");
    assert_eq!(story.news(1, News::CancelAnswered).kinds(), ["look"]);
    story.news(1, looked(None, seen(PaymentState::Created)));
    story.take(Input::Cancel).unwrap();
    let [Planned { effect: Effect::CancelPayment { key: second, .. }, .. }] = &story.effects[..] else { panic!() };
    assert_ne!(*second, key, "what was refused once must not be asked for under its key");
    story.news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.state(), State::Authorized);
    assert_eq!(story.take(Input::Cancel).unwrap().effects, []);
}

#[test]
fn a_new_attempt_has_a_new_reference_and_a_new_key() {
    let mut story = Story::new(Some(consent()));
    story.created(1);
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::NotRetryable), "a no is not answered by a yes");
    story.news(1, looked(None, seen(PaymentState::Aborted)));
    story.take(Input::Retry(None)).unwrap();
    let Effect::CreatePayment(create) = &story.effects[0].effect else { panic!() };
    assert_eq!(create.reference.as_str(), "shop-abc-2");
    assert_ne!(create.key, story.checkout.attempts[0].reference.key("create"));
    assert!(!create.shares_phone_number);
    story.created(2).news(2, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::NotRetryable));
}

#[test]
fn an_attempt_that_another_tab_has_begun_is_found() {
    let mut story = Story::new(None);
    let once = story.checkout.clone();
    for consent in [None, Some(consent())] {
        assert_eq!(story.take(Input::Retry(consent)).unwrap().effects, []);
        assert_eq!(story.checkout, once);
    }
    story.created(1).take(Input::Retry(None)).unwrap();
    assert_eq!(story.checkout.attempts.len(), 1);
    story.take(Input::Cancel).unwrap();
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::NotRetryable), "this one is about to end");
}

#[test]
fn a_payment_that_no_customer_is_sent_to_is_put_away() {
    let mut story = Story::new(None);
    story.news(1, News::Misdirected);
    assert_eq!((story.state(), story.checkout.current().trouble.as_deref()), (State::Failed, Some(BAD_REDIRECT)));
    assert_eq!(story.checkout.current().redirect_url, None);
    let [Planned { effect: Effect::CancelPayment { unless_authorized: true, .. }, .. }] = &story.effects[..] else {
        panic!("{:?}", story.effects)
    };
    story.news(1, News::CancelAnswered).news(1, looked(None, seen(PaymentState::Terminated)));
    assert_eq!((story.state(), story.checkout.current().trouble.as_deref()), (State::Terminated, Some(BAD_REDIRECT)));
    story.news(1, News::Misdirected);
    assert_eq!(story.effects, []);
}

#[test]
fn attempts_are_bounded() {
    let mut story = Story::new(None);
    for attempt in 1..=MOST_ATTEMPTS {
        story.created(attempt).news(attempt, looked(None, seen(PaymentState::Expired)));
        let retried = story.take(Input::Retry(None)).err();
        assert_eq!(retried, (attempt == MOST_ATTEMPTS).then_some(Refusal::TooManyAttempts));
    }
}

#[test]
fn a_payment_that_could_not_be_created_says_why() {
    let mut story = Story::new(None);
    story.news(1, News::Refused { trouble: "vipps_5040".into() });
    assert_eq!((story.state(), story.kinds()), (State::Failed, vec![]));
    assert_eq!(story.checkout.current().trouble.as_deref(), Some("vipps_5040"));
}

#[test]
fn a_payment_that_was_given_up_is_put_away() {
    let mut story = Story::new(None);
    assert_eq!(story.news(1, News::Unreachable).kinds(), ["cancel_payment"]);
    assert_eq!(story.state(), State::Failed);
    assert_eq!(story.created(1).kinds(), ["cancel_payment"], "the answer came after all");
    assert_eq!(story.checkout.snapshot(String::new()).redirect_url, None);
}

#[test]
fn an_order_is_paid_once() {
    let mut story = Story::new(None);
    story.news(1, News::Unreachable);
    story.take(Input::Retry(None)).unwrap();
    story.created(2).news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.kinds(), ["cancel_payment"], "the later attempt is put away");
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
    story.news(2, looked(None, seen(PaymentState::Authorized)));
    let [Planned { effect: Effect::CancelPayment { unless_authorized: false, reference, .. }, .. }] =
        &story.effects[..]
    else {
        panic!("{:?}", story.effects)
    };
    assert_eq!(reference.as_str(), "shop-abc-2");
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
}

#[test]
fn once_an_order_is_paid_an_attempt_that_is_just_being_created_is_put_away() {
    let mut story = Story::new(None);
    story.news(1, News::Unreachable);
    story.take(Input::Retry(None)).unwrap();
    assert_eq!(story.news(1, looked(None, seen(PaymentState::Authorized))).kinds(), Vec::<&str>::new());
    assert_eq!(story.created(2).kinds(), ["look", "cancel_payment"]);
}

#[test]
fn what_happened_to_money_does_not_unhappen() {
    let mut story = Story::new(None);
    let captured = Aggregate { authorized: TOTAL.value, captured: 10_000, ..Aggregate::default() };
    story.created(1).news(1, looked(None, seen(PaymentState::Authorized)));
    story.news(1, looked(None, Seen { aggregate: captured, ..seen(PaymentState::Authorized) }));
    story.news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.checkout.current().aggregate, captured);
}

#[test]
fn signals_ask_for_a_look_no_more_often_than_the_vendor_wants() {
    let mut story = Story::new(None);
    story.created(1);
    let looks: Vec<_> = (0..10)
        .filter_map(|_| {
            story.now = story.now.plus_ms(-900);
            story.news(1, News::Signal).effects.first().map(|planned| planned.due_at.0)
        })
        .collect();
    assert!(looks.windows(2).all(|pair| pair[1] - pair[0] >= POLLING.every_ms), "{looks:?}");
    assert_eq!(looks.len(), 2, "one at once, and one for all that came in its wake");
    let mut story = Story::new(None);
    assert_eq!(story.news(1, News::Signal).effects, [], "a payment that does not exist yet is not looked at");
}

#[test]
fn a_signal_does_not_wait_for_a_look_that_is_far_ahead() {
    let mut story = Story::new(None);
    story.created(1);
    let now = story.now;
    // A clock that is an hour fast, until somebody sets it right.
    story.now = now.plus_ms(3_600_000);
    let far = story.news(1, News::Signal).effects[0].due_at;
    story.now = now;
    let near = story.news(1, News::Signal).effects[0].due_at;
    assert!(near < far && near <= story.now.plus_ms(POLLING.every_ms), "{near:?} of {far:?}");
}

#[test]
fn a_paid_order_is_watched_until_the_shop_has_settled_it() {
    let mut story = Story::new(None);
    story.created(1).news(1, looked(Some(3), seen(PaymentState::Authorized)));
    assert_eq!(story.kinds(), ["look"]);
    story.now = story.now.plus_ms(LONGEST_WATCH_MS);
    story.news(1, looked(Some(4), seen(PaymentState::Authorized)));
    assert_eq!(story.effects[0].due_at.0 - story.now.0, LONGEST_WATCH_MS);
    let settled = Aggregate { authorized: TOTAL.value, captured: 40_000, cancelled: 9_900, refunded: 0 };
    story.news(1, looked(Some(5), Seen { aggregate: settled, ..seen(PaymentState::Authorized) }));
    assert_eq!((story.effects.len(), story.checkout.current().aggregate), (0, settled));
}

#[test]
fn news_of_a_payment_that_is_not_ours_changes_nothing() {
    let checkout = opened(None, ReceiptBy::Create).checkout;
    let stranger = Reference::from("stranger-1".to_owned());
    for news in [News::Signal, looked(Some(1), seen(PaymentState::Authorized)), News::Refused { trouble: "x".into() }] {
        let step = step(&checkout, Input::Payment(stranger.clone(), news), POLLING, START).unwrap();
        assert_eq!(step, Step { checkout: checkout.clone(), effects: vec![] });
    }
}

fn any_news() -> impl Strategy<Value = News> {
    let state = prop::sample::select(vec![
        PaymentState::Created,
        PaymentState::Authorized,
        PaymentState::Aborted,
        PaymentState::Expired,
        PaymentState::Terminated,
        PaymentState::Unknown,
    ]);
    let number = prop::option::of(Just(PhoneNumber::parse("4791234567").expect("ten digits")));
    prop_oneof![
        Just(News::Signal),
        Just(News::Created { redirect_url: Some("https://landing.example".into()) }),
        Just(News::Refused { trouble: "vipps_refused".into() }),
        Just(News::Unreachable),
        Just(News::CancelAnswered),
        number.clone().prop_map(|phone_number| News::ProfileRead { sub: Some("sub".into()), phone_number }),
        (state, prop::option::of(0_u32..9), number).prop_map(|(state, round, phone_number)| {
            looked(round, Seen { sub: Some("sub".into()), phone_number, ..seen(state) })
        }),
    ]
}

fn any_input() -> impl Strategy<Value = (Option<usize>, News, bool, bool)> {
    (prop::option::weighted(0.8, 0_usize..4), any_news(), any::<bool>(), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order: one attempt at most is paid, what is final stays, keys and references are never used for two
    /// things, and a customer who said no or was erased is not written down.
    #[test]
    fn the_invariants_hold_in_any_order(consents in any::<bool>(), facts in prop::collection::vec(any_input(), 1..60)) {
        let mut story = Story::new(consents.then(consent));
        let mut keys = std::collections::HashMap::new();
        for (attempt, news, flag, erases) in facts {
            let before = story.checkout.clone();
            match attempt {
                Some(attempt) => drop(story.news(attempt % before.attempts.len() + 1, news)),
                None if flag => drop(story.take(if erases { Input::Erase } else { Input::Cancel }).unwrap()),
                None => drop(story.take(Input::Retry(None))),
            }
            let after = &story.checkout;
            prop_assert!(after.attempts.iter().filter(|attempt| attempt.state == State::Authorized).count() <= 1);
            for (old, new) in before.attempts.iter().zip(&after.attempts) {
                prop_assert_eq!(&old.reference, &new.reference);
                let kept = matches!(old.state, State::Authorized | State::Aborted | State::Expired | State::Terminated);
                prop_assert!(!kept || old.state == new.state, "{:?} became {:?}", old.state, new.state);
                prop_assert!(new.aggregate.authorized >= old.aggregate.authorized);
            }
            prop_assert!((consents && after.erased_at.is_none()) || after.customer.is_none());
            for planned in &story.effects {
                let key = match &planned.effect {
                    Effect::CreatePayment(create) => create.key.clone(),
                    Effect::CancelPayment { key, .. } => key.clone(),
                    _ => continue,
                };
                let content = keys.entry(key).or_insert_with(|| planned.effect.clone());
                prop_assert_eq!(&*content, &planned.effect, "one key, one content");
            }
            story.effects.clear();
        }
    }
}
