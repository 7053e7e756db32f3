//! The surroundings of one checkout: Vipps MobilePay, the outbox, requests and webhooks in flight, and a clock. Every random choice is read
//! from a tape of bytes, so that proptest can shrink a failing case.

use std::collections::{HashMap, HashSet};

use kvitt::checkout::effect::Operate;
use kvitt::checkout::operation::{OperationId, OperationKind, OperationRequest, OperationResult};
use kvitt::checkout::trust::{Trust, wait_ended};
use kvitt::checkout::{
    Attempt, Checkout, CheckoutId, Consent, Customer, Effect, Event, Input, Moment, Opening, Order, PhoneNumber,
    Planned, Polling, Reference, Step, Update, open, step,
};
use kvitt_wire::{Aggregate, Language, State};
use uuid::Uuid;

use crate::vendor::{Answer, LIFETIME_MS, Vendor};

const POLLING: Polling = Polling { first_ms: 5_000, every_ms: 2_000, rarely: false };
/// How long a payment is polled often, in milliseconds after its request.
const OFTEN_MS: i64 = 15 * 60 * 1000;
/// A request that got no answer is processed within this time or never, in milliseconds.
const LATEST_MS: i64 = 30_000;

/// How long an offer is open, in milliseconds.
pub(crate) const OFFER_MS: i64 = 30 * 60 * 1000;

/// The random choices, one byte each; zeros after its end.
pub(crate) struct Tape<'a>(pub(crate) std::slice::Iter<'a, u8>);

impl Tape<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % end.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 1
    }
}

/// An effect in the outbox.
struct Row {
    id: u32,
    planned: Planned,
}

pub(crate) struct World {
    pub(crate) checkout: Checkout,
    pub(crate) vendor: Vendor,
    /// Whether the shop knew the customer from before.
    pub(crate) knew_customer: bool,
    /// The events that the shop was notified of, oldest first.
    pub(crate) events: Vec<Event>,
    outbox: Vec<Row>,
    /// Requests that got no answer and may still be processed, and until when.
    late_requests: Vec<(Effect, Moment)>,
    keys: HashMap<String, Effect>,
    /// How far the webhooks of the sales unit are trusted.
    trust: Trust,
    /// The payments of which a webhook has told something.
    told: HashSet<Reference>,
    /// When each payment was last polled at once.
    polled_at: HashMap<Reference, Moment>,
    rows: u32,
    now: Moment,
}

impl World {
    /// `trusts`: the webhooks of other orders have proven themselves.
    pub(crate) fn new(order: Order, consent: Option<Consent>, knows_customer: bool, trusts: bool) -> Self {
        let now = Moment(1_000_000);
        let customer = knows_customer.then(|| Customer {
            sub: None,
            phone_number: PhoneNumber::parse("4791234567"),
            received_at: now,
        });
        let Step { checkout, effects } = {
            let opening = Opening { order, consent, customer };
            open(CheckoutId(Uuid::from_u128(1)), "trace".to_owned(), opening, now)
        };
        let mut world = Self {
            checkout,
            vendor: Vendor::default(),
            knew_customer: knows_customer,
            events: Vec::new(),
            outbox: Vec::new(),
            late_requests: Vec::new(),
            keys: HashMap::new(),
            trust: (0..if trusts { 3 } else { 0 }).fold(Trust::default(), |trust, _| trust.proven()),
            told: HashSet::new(),
            polled_at: HashMap::new(),
            rows: 0,
            now,
        };
        world.enqueue(effects);
        world
    }

    /// Does one thing, chosen by the tape.
    pub(crate) fn advance(&mut self, tape: &mut Tape<'_>) {
        match tape.below(16) {
            0..=4 => self.a_worker_works(tape),
            5 => self.pass(1 + 40 * i64::try_from(tape.below(256)).expect("a byte")),
            6 => self.pass(1_000 * i64::try_from(tape.below(256)).expect("a byte")),
            7..=8 => self.a_webhook_arrives(tape),
            9 => self.vendor.decide(tape.below(8), !tape.one_in(3), 400 * i64::from(tape.one_in(2)), self.now),
            10..=11 => self.input(Input::Cancel).expect("a cancel is never refused"),
            12 => {
                let consent = tape.one_in(2).then(|| Consent { given_at: self.now, ..consent() });
                // Refused while an attempt is open or paid, and after the offer has ended.
                let _ = self.input(if tape.one_in(3) { Input::Retry(consent) } else { Input::Pay(consent) });
            }
            13 if tape.one_in(4) => self.input(Input::Erase).expect("an erasure is never refused"),
            13 if tape.one_in(4) => drop(self.input(Input::Withdraw)),
            13 => self.the_customer_returns(),
            _ => self.the_shop_moves_money(tape),
        }
    }

    /// Runs without further faults until every webhook has arrived and every effect is carried out. False if that never ends.
    pub(crate) fn settle_all(&mut self) -> bool {
        self.pass(LIFETIME_MS.max(OFFER_MS));
        for _ in 0..2_000 {
            while let Some(webhook) = self.vendor.webhooks.pop() {
                self.update(webhook.reference.into(), Update::Signal);
            }
            let Some(next) = (0..self.outbox.len()).min_by_key(|&index| self.outbox[index].planned.due_at) else {
                return true;
            };
            self.pass((self.outbox[next].planned.due_at.0 - self.now.0).max(0));
            if let Some(input) = self.outcome(&self.outbox[next].planned.effect.clone(), false) {
                self.settle(self.outbox[next].id, input);
            } else {
                self.outbox.remove(next);
            }
        }
        false
    }

    fn pass(&mut self, ms: i64) {
        let until = self.now.plus_ms(ms);
        // Late requests are processed in time or not at all.
        for (effect, latest) in std::mem::take(&mut self.late_requests) {
            if latest <= until {
                self.now = Moment(latest.0.max(self.now.0));
                self.carry_out(&effect, false);
            } else {
                self.late_requests.push((effect, latest));
            }
        }
        self.now = until;
        self.vendor.expire(self.now);
    }

    fn a_worker_works(&mut self, tape: &mut Tape<'_>) {
        let due: Vec<_> = (0..self.outbox.len()).filter(|&row| self.outbox[row].planned.due_at <= self.now).collect();
        if due.is_empty() {
            return;
        }
        let index = due[tape.below(due.len())];
        let (row, effect) = (self.outbox[index].id, self.outbox[index].planned.effect.clone());
        match tape.below(8) {
            // The worker crashes before the request or after the answer: nothing is committed, and the effect stays.
            1 => drop(self.outcome(&effect, false)),
            // No answer: retried later. The request may still be processed.
            2 | 3 => {
                if tape.one_in(2) && !is_past_deadline(&effect, self.now) {
                    self.late_requests.push((effect.clone(), self.now.plus_ms(LATEST_MS)));
                }
                self.outbox[index].planned.due_at = self.now.plus_ms(500);
            }
            // The lease expired and a second worker does it too. The outcome of the one that lost its claim is dropped.
            4 => {
                self.outcome(&effect, false);
                self.take_outcome(index, row, &effect, false);
            }
            case => self.take_outcome(index, row, &effect, case == 5),
        }
    }

    fn take_outcome(&mut self, index: usize, row: u32, effect: &Effect, refuses: bool) {
        match self.outcome(effect, refuses) {
            Some(input) => self.settle(row, input),
            None => drop(self.outbox.remove(index)),
        }
    }

    fn the_customer_returns(&mut self) {
        let current = self.checkout.current();
        if !current.state.is_final() || current.state == State::Authorized {
            self.update(current.reference.clone(), Update::Signal);
        }
    }

    fn a_webhook_arrives(&mut self, tape: &mut Tape<'_>) {
        if self.vendor.webhooks.is_empty() {
            return;
        }
        let index = tape.below(self.vendor.webhooks.len());
        let webhook = self.vendor.webhooks[index].clone();
        match tape.below(4) {
            // Lost, or delivered and sent again.
            1 if webhook.may_be_lost => drop(self.vendor.webhooks.remove(index)),
            2 => self.is_told(webhook.reference.into(), tape.one_in(3)),
            _ => {
                self.vendor.webhooks.remove(index);
                self.is_told(webhook.reference.into(), tape.one_in(3));
            }
        }
    }

    /// A webhook has the payment polled at once, where that is allowed and Vipps MobilePay answers; else a poll is planned.
    fn is_told(&mut self, reference: Reference, unanswered: bool) {
        let attempt = self.checkout.attempt(&reference).expect("a webhook is about an attempt");
        self.told.insert(reference.clone());
        if unanswered || !attempt.may_be_polled(POLLING, self.now) {
            return self.update(reference, Update::Signal);
        }
        let before = self.polled_at.insert(reference.clone(), self.now);
        assert!(before.is_none_or(|before| before.plus_ms(POLLING.every_ms) <= self.now), "polled too soon");
        let payment = self.vendor.poll(reference.as_str(), self.now).expect("a polled payment exists");
        self.update(reference, Update::Polled { round: None, payment });
    }

    /// Only for an order that is paid.
    fn the_shop_moves_money(&mut self, tape: &mut Tape<'_>) {
        let current = self.checkout.current();
        if current.state == State::Authorized {
            let reference = current.reference.to_string();
            let part = 1 + 200 * i64::try_from(tape.below(256)).expect("a byte");
            match tape.below(8) {
                4..=7 => self.the_shop_operates(tape, part),
                0 => drop(self.vendor.cancel(&reference, &format!("shop-{part}"), false)),
                what => self.vendor.operate_on_portal(&reference, part, what != 1),
            }
        }
    }

    /// Through the proxy, sometimes twice under one id. Refused where less is left than that.
    fn the_shop_operates(&mut self, tape: &mut Tape<'_>, part: i64) {
        let kind = [OperationKind::Capture, OperationKind::Refund, OperationKind::Cancel][tape.below(3)];
        let amount = (!tape.one_in(4)).then_some(part);
        let id = OperationId(Uuid::from_u128(tape.below(6) as u128));
        let _ = self.input(Input::Operate(OperationRequest { id, kind, amount, lines: Vec::new(), by: None }));
    }

    /// The outcome of an effect, if it has one. A creation after its deadline is not even sent.
    fn outcome(&mut self, effect: &Effect, refuses: bool) -> Option<Input> {
        if is_past_deadline(effect, self.now) {
            return Some(Input::Payment(effect.reference().clone(), Update::CreateTimedOut));
        }
        self.carry_out(effect, refuses)
    }

    /// Carries an effect out, as `perform` does. `None` where it has no outcome to record.
    fn carry_out(&mut self, effect: &Effect, refuses: bool) -> Option<Input> {
        let reference = effect.reference();
        let update = match effect {
            Effect::CreatePayment(create) => match self.vendor.create(create, refuses, self.now) {
                Answer::Yes => Update::Created { redirect_url: Some("https://landing.example".to_owned()) },
                _ if create.with_number => Update::CreateRefused { trouble: "vipps_7010".to_owned() },
                _ => Update::CreateRefused { trouble: "vipps_refused".to_owned() },
            },
            Effect::ExpireOffer { .. } => Update::OfferExpired,
            Effect::Poll { round, .. } => {
                let payment = self.vendor.poll(reference.as_str(), self.now).expect("a polled payment exists");
                Update::Polled { round: *round, payment }
            }
            Effect::CancelPayment { key, unless_authorized, .. } => {
                match self.vendor.cancel(reference.as_str(), key, *unless_authorized) {
                    Answer::NotFound => return None,
                    Answer::Refused if !unless_authorized => panic!("a reservation to be released exists"),
                    _ => Update::CancelAnswered,
                }
            }
            Effect::Operate(Operate { id, kind, amount, key, .. }) => {
                let answer = match kind {
                    OperationKind::Cancel => self.vendor.cancel(reference.as_str(), key, false),
                    kind => {
                        let captures = *kind == OperationKind::Capture;
                        self.vendor.operate(reference.as_str(), key, amount.value, captures)
                    }
                };
                let result = match answer {
                    Answer::Yes => OperationResult::Done(self.vendor.payments[reference.as_str()].money),
                    Answer::Refused => OperationResult::Refused { trouble: "vipps_refused".to_owned() },
                    Answer::NotFound => panic!("an operation's payment exists"),
                };
                Update::Operated { id: *id, result }
            }
            Effect::SendReceipt { .. } => {
                assert_ne!(self.vendor.receipt(reference.as_str()), Answer::NotFound, "a receipt has a payment");
                Update::ReceiptAnswered { trouble: None }
            }
            Effect::Categorize { nth, .. } => Update::Categorized { nth: *nth, trouble: None },
            Effect::ReadProfile { .. } => {
                let payment = self.vendor.poll(reference.as_str(), self.now).expect("a polled payment exists");
                Update::ProfileRead { sub: payment.sub, phone_number: None }
            }
            Effect::Notify(_) => panic!("events have no row in the outbox"),
        };
        Some(Input::Payment(reference.clone(), update))
    }

    fn update(&mut self, reference: Reference, update: Update) {
        self.input(Input::Payment(reference, update)).expect("an update is never refused");
    }

    /// Commits an outcome and deletes its row.
    fn settle(&mut self, row: u32, input: Input) {
        self.input(input).expect("an update is never refused");
        self.outbox.retain(|other| other.id != row);
    }

    fn input(&mut self, input: Input) -> Result<(), kvitt::checkout::Refusal> {
        let polled = match &input {
            Input::Payment(reference, Update::Polled { .. }) => Some(reference.clone()),
            _ => None,
        };
        let polling = Polling { rarely: self.trust.is_earned(), ..POLLING };
        let Step { checkout, effects } = step(&self.checkout, input, polling, self.now)?;
        self.assert_final_states_stay(&checkout);
        let before = std::mem::replace(&mut self.checkout, checkout);
        self.enqueue(effects);
        if let Some(reference) = polled.filter(|polled| wait_ended(&before, &self.checkout, polled)) {
            self.judge(&reference);
        }
        self.assert_a_lost_webhook_is_made_up_for();
        Ok(())
    }

    /// A poll has found the end of a payment's wait. Where no webhook has told of it, those of other payments may be lost too.
    fn judge(&mut self, polled: &Reference) {
        if self.told.contains(polled) {
            self.trust = self.trust.proven();
            return;
        }
        let was_earned = self.trust.is_earned();
        self.trust = self.trust.lost();
        let now = self.now;
        let polls = self.outbox.iter_mut().filter(|row| matches!(row.planned.effect, Effect::Poll { .. }));
        for Row { planned, .. } in polls.filter(|_| was_earned) {
            let wait_ms = planned.due_at.0 - now.0;
            if (5_001..=30_000).contains(&wait_ms) {
                planned.due_at = now.plus_ms(wait_ms / 6);
            }
        }
    }

    /// Each payment that waits for its customer is polled within five seconds, or thirty where webhooks are trusted.
    fn assert_a_lost_webhook_is_made_up_for(&self) {
        let within_ms = if self.trust.is_earned() { 30_000 } else { 5_000 };
        let waits = |attempt: &&Attempt| {
            attempt.state == State::Created && self.now.0 - attempt.created_at.0 < OFTEN_MS - within_ms
        };
        for attempt in self.checkout.attempts.iter().filter(waits) {
            let polled = self.outbox.iter().any(|Row { planned, .. }| {
                let chained = matches!(planned.effect, Effect::Poll { round: Some(_), .. });
                let reference = planned.effect.reference();
                chained && *reference == attempt.reference && planned.due_at.0 - self.now.0 <= within_ms
            });
            assert!(polled, "{} waits and is not polled soon", attempt.reference);
        }
    }

    fn enqueue(&mut self, effects: Vec<Planned>) {
        for planned in effects {
            if let Some(event) = planned.event() {
                self.events.push(event.clone());
                continue;
            }
            if let Some(key) = key(&planned.effect) {
                let first = self.keys.entry(key).or_insert_with(|| planned.effect.clone());
                assert_eq!(*first, planned.effect, "one key, one content");
            }
            if let Effect::Poll { reference, round: Some(2..) } = &planned.effect {
                let replaced = |effect: &Effect| match effect {
                    Effect::Poll { reference: other, round } => other == reference && round.is_some(),
                    _ => false,
                };
                self.outbox.retain(|row| !replaced(&row.planned.effect));
            }
            self.rows += 1;
            self.outbox.push(Row { id: self.rows, planned });
        }
    }

    fn assert_final_states_stay(&self, after: &Checkout) {
        let known = self.knew_customer && after.erased_at.is_none();
        let erased = !known && after.attempts.iter().all(|attempt| !after.may_know_customer(attempt));
        assert!(!erased || after.customer.is_none(), "personal data is stored without consent or after an erasure");
        for (old, new) in self.checkout.attempts.iter().zip(&after.attempts) {
            let is_final = matches!(old.state, State::Authorized | State::Aborted | State::Expired | State::Terminated);
            assert!(!is_final || old.state == new.state, "{:?} became {:?}", old.state, new.state);
        }
        let paid = after.attempts.iter().filter(|attempt| attempt.state == State::Authorized);
        assert!(paid.count() <= 1, "an order is paid once");
        for Aggregate { authorized, captured, cancelled, refunded } in after.attempts.iter().map(|a| a.aggregate) {
            assert!(captured + cancelled <= authorized && refunded <= captured, "more money was moved than there is");
        }
    }
}

pub(crate) fn consent() -> Consent {
    Consent {
        scope: "phoneNumber".into(),
        wording: "1".into(),
        language: Language::Nb,
        text: None,
        given_at: Moment(1),
    }
}

fn is_past_deadline(effect: &Effect, now: Moment) -> bool {
    matches!(effect, Effect::CreatePayment(create) if create.give_up_at < now)
}

fn key(effect: &Effect) -> Option<String> {
    match effect {
        Effect::CreatePayment(create) => Some(create.key.clone()),
        Effect::CancelPayment { key, .. } | Effect::Operate(Operate { key, .. }) => Some(key.clone()),
        _ => None,
    }
}
