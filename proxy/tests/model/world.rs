//! The world around one checkout: the vendor, the outbox, what is on its way, and a clock. Every choice is read off a tape of bytes, so
//! that a case that fails can be made smaller.

use std::collections::HashMap;

use kvitt::checkout::operation::{Answered, Asked, OperationId, OperationKind};
use kvitt::checkout::{
    Checkout, CheckoutId, Consent, Customer, Effect, Event, Input, Moment, News, Opening, Order, PhoneNumber, Planned,
    Polling, Reference, Step, open, step,
};
use kvitt_wire::{Aggregate, Language, State};
use uuid::Uuid;

use crate::vendor::{Answer, LIFE_MS, Vendor};

const POLLING: Polling = Polling { first_ms: 5_000, every_ms: 2_000 };
/// A request that got no answer is worked on within this time, or never.
const LATEST_MS: i64 = 30_000;

/// How long an order is offered, in milliseconds.
pub(crate) const OFFER_MS: i64 = 30 * 60 * 1000;

/// What was decided before, byte by byte; zeros at its end.
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
    /// What the shop was told, oldest first.
    pub(crate) told: Vec<Event>,
    outbox: Vec<Row>,
    /// Requests that got no answer and may be worked on yet: until when.
    late_requests: Vec<(Effect, Moment)>,
    keys: HashMap<String, Effect>,
    rows: u32,
    now: Moment,
}

impl World {
    pub(crate) fn new(order: Order, consent: Option<Consent>, knows_customer: bool) -> Self {
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
            told: Vec::new(),
            outbox: Vec::new(),
            late_requests: Vec::new(),
            keys: HashMap::new(),
            rows: 0,
            now,
        };
        world.write_down(effects);
        world
    }

    /// One thing happens, whichever the tape says.
    pub(crate) fn goes_on(&mut self, tape: &mut Tape<'_>) {
        match tape.below(16) {
            0..=4 => self.a_worker_works(tape),
            5 => self.passes(1 + 40 * i64::try_from(tape.below(256)).expect("a byte")),
            6 => self.passes(1_000 * i64::try_from(tape.below(256)).expect("a byte")),
            7..=8 => self.a_webhook_arrives(tape),
            9 => self.vendor.decide(tape.below(8), !tape.one_in(3), 400 * i64::from(tape.one_in(2)), self.now),
            10..=11 => self.fact(Input::Cancel).expect("a cancel is never refused"),
            12 => {
                let consent = tape.one_in(2).then(|| Consent { given_at: self.now, ..consent() });
                // Refused while an attempt is alive or paid, and when the offer is over.
                let _ = self.fact(if tape.one_in(3) { Input::Retry(consent) } else { Input::Pay(consent) });
            }
            13 if tape.one_in(4) => self.fact(Input::Erase).expect("an erasure is never refused"),
            13 if tape.one_in(4) => drop(self.fact(Input::Withdraw)),
            13 => self.the_customer_returns(),
            _ => self.the_shop_moves_money(tape),
        }
    }

    /// Nothing goes wrong any more: everything on its way arrives, every effect is carried out. Whether it came to an end.
    pub(crate) fn comes_to_rest(&mut self) -> bool {
        self.passes(LIFE_MS.max(OFFER_MS));
        for _ in 0..2_000 {
            while let Some(webhook) = self.vendor.webhooks.pop() {
                self.news(webhook.reference.into(), News::Signal);
            }
            let Some(next) = (0..self.outbox.len()).min_by_key(|&place| self.outbox[place].planned.due_at) else {
                return true;
            };
            self.passes((self.outbox[next].planned.due_at.0 - self.now.0).max(0));
            if let Some(input) = self.outcome(&self.outbox[next].planned.effect.clone(), false) {
                self.settle(self.outbox[next].id, input);
            } else {
                self.outbox.remove(next);
            }
        }
        false
    }

    fn passes(&mut self, ms: i64) {
        let until = self.now.plus_ms(ms);
        // What is still on its way gets there in time or not at all.
        for (effect, latest) in std::mem::take(&mut self.late_requests) {
            if latest <= until {
                self.now = Moment(latest.0.max(self.now.0));
                self.ask(&effect, false);
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
        let place = due[tape.below(due.len())];
        let (row, effect) = (self.outbox[place].id, self.outbox[place].planned.effect.clone());
        match tape.below(8) {
            // It dies before the request leaves, or after the answer: nothing is written down, and the effect is still there.
            1 => drop(self.outcome(&effect, false)),
            // No answer: tried again later. The request may be on its way all the same.
            2 | 3 => {
                if tape.one_in(2) && !is_given_up(&effect, self.now) {
                    self.late_requests.push((effect.clone(), self.now.plus_ms(LATEST_MS)));
                }
                self.outbox[place].planned.due_at = self.now.plus_ms(500);
            }
            // The lease ran out and a second worker does it too. The outcome of the one that lost its claim is not taken.
            4 => {
                self.outcome(&effect, false);
                self.take_outcome(place, row, &effect, false);
            }
            case => self.take_outcome(place, row, &effect, case == 5),
        }
    }

    fn take_outcome(&mut self, place: usize, row: u32, effect: &Effect, refuses: bool) {
        match self.outcome(effect, refuses) {
            Some(input) => self.settle(row, input),
            None => drop(self.outbox.remove(place)),
        }
    }

    fn the_customer_returns(&mut self) {
        let current = self.checkout.current();
        if !current.state.is_final() || current.state == State::Authorized {
            self.news(current.reference.clone(), News::Signal);
        }
    }

    fn a_webhook_arrives(&mut self, tape: &mut Tape<'_>) {
        if self.vendor.webhooks.is_empty() {
            return;
        }
        let place = tape.below(self.vendor.webhooks.len());
        let webhook = self.vendor.webhooks[place].clone();
        match tape.below(4) {
            // Lost for good, or heard and told again.
            1 if webhook.may_be_lost => drop(self.vendor.webhooks.remove(place)),
            2 => self.news(webhook.reference.into(), News::Signal),
            _ => {
                self.vendor.webhooks.remove(place);
                self.news(webhook.reference.into(), News::Signal);
            }
        }
    }

    /// Only with what the shop knows to be paid.
    fn the_shop_moves_money(&mut self, tape: &mut Tape<'_>) {
        let current = self.checkout.current();
        if current.state == State::Authorized {
            let reference = current.reference.to_string();
            let part = 1 + 200 * i64::try_from(tape.below(256)).expect("a byte");
            match tape.below(8) {
                4..=7 => self.the_shop_operates(tape, part),
                0 => drop(self.vendor.cancel(&reference, &format!("shop-{part}"), false)),
                what => self.vendor.moves(&reference, part, what != 1),
            }
        }
    }

    /// Through us, sometimes twice under one name. Refused when there is less left than that.
    fn the_shop_operates(&mut self, tape: &mut Tape<'_>, part: i64) {
        let kind = [OperationKind::Capture, OperationKind::Refund, OperationKind::Cancel][tape.below(3)];
        let amount = (!tape.one_in(4)).then_some(part);
        let id = OperationId(Uuid::from_u128(tape.below(6) as u128));
        let _ = self.fact(Input::Operate(Asked { id, kind, amount, lines: Vec::new() }));
    }

    /// What comes of an effect, if anything: a creation that nobody waits for any more is not even asked for.
    fn outcome(&mut self, effect: &Effect, refuses: bool) -> Option<Input> {
        if is_given_up(effect, self.now) {
            return Some(Input::Payment(effect.reference().clone(), News::Unreachable));
        }
        self.ask(effect, refuses)
    }

    /// Carries an effect out, as `perform` does. None: there is nothing to tell.
    fn ask(&mut self, effect: &Effect, refuses: bool) -> Option<Input> {
        let reference = effect.reference();
        let news = match effect {
            Effect::CreatePayment(create) => match self.vendor.create(create, refuses, self.now) {
                Answer::Yes => News::Created { redirect_url: Some("https://landing.example".to_owned()) },
                _ if create.with_number => News::Refused { trouble: "vipps_7010".to_owned() },
                _ => News::Refused { trouble: "vipps_refused".to_owned() },
            },
            Effect::Lapse { .. } => News::Lapsed,
            Effect::Look { round, .. } => {
                let seen = self.vendor.look(reference.as_str(), self.now).expect("what is looked at exists");
                News::Looked { round: *round, seen }
            }
            Effect::CancelPayment { key, unless_authorized, .. } => {
                match self.vendor.cancel(reference.as_str(), key, *unless_authorized) {
                    Answer::NotFound => return None,
                    Answer::Refused if !unless_authorized => panic!("what is released is there"),
                    _ => News::CancelAnswered,
                }
            }
            Effect::Operate { id, kind, amount, key, .. } => {
                let answer = match kind {
                    OperationKind::Cancel => self.vendor.cancel(reference.as_str(), key, false),
                    kind => {
                        let captures = *kind == OperationKind::Capture;
                        self.vendor.move_under(reference.as_str(), key, amount.value, captures)
                    }
                };
                let answered = match answer {
                    Answer::Yes => Answered::Done(self.vendor.payments[reference.as_str()].money),
                    Answer::Refused => Answered::Refused { trouble: "vipps_refused".to_owned() },
                    Answer::NotFound => panic!("what is operated on has been paid"),
                };
                News::Operated { id: *id, answered }
            }
            Effect::SendReceipt { .. } => {
                assert_ne!(self.vendor.receipt(reference.as_str()), Answer::NotFound, "a receipt has a payment");
                News::ReceiptAnswered { trouble: None }
            }
            Effect::Categorize { nth, .. } => News::Categorized { nth: *nth, trouble: None },
            Effect::ReadProfile { .. } => {
                let seen = self.vendor.look(reference.as_str(), self.now).expect("what is looked at exists");
                News::ProfileRead { sub: seen.sub, phone_number: None }
            }
            Effect::Tell(_) => panic!("the shop is told by the relay"),
        };
        Some(Input::Payment(reference.clone(), news))
    }

    fn news(&mut self, reference: Reference, news: News) {
        self.fact(Input::Payment(reference, news)).expect("facts are never refused");
    }

    /// An outcome is written down, and its row is gone.
    fn settle(&mut self, row: u32, input: Input) {
        self.fact(input).expect("facts are never refused");
        self.outbox.retain(|other| other.id != row);
    }

    fn fact(&mut self, input: Input) -> Result<(), kvitt::checkout::Refusal> {
        let Step { checkout, effects } = step(&self.checkout, input, POLLING, self.now)?;
        self.what_is_final_stays(&checkout);
        self.checkout = checkout;
        self.write_down(effects);
        Ok(())
    }

    fn write_down(&mut self, effects: Vec<Planned>) {
        for planned in effects {
            if let Some(event) = planned.told() {
                self.told.push(event.clone());
                continue;
            }
            if let Some(key) = key(&planned.effect) {
                let first = self.keys.entry(key).or_insert_with(|| planned.effect.clone());
                assert_eq!(*first, planned.effect, "one key, one content");
            }
            self.rows += 1;
            self.outbox.push(Row { id: self.rows, planned });
        }
    }

    fn what_is_final_stays(&self, after: &Checkout) {
        let known = self.knew_customer && after.erased_at.is_none();
        let erased = !known && after.attempts.iter().all(|attempt| !after.may_know_customer(attempt));
        assert!(!erased || after.customer.is_none(), "what was erased, or never consented to, is known");
        for (old, new) in self.checkout.attempts.iter().zip(&after.attempts) {
            let is_final = matches!(old.state, State::Authorized | State::Aborted | State::Expired | State::Terminated);
            assert!(!is_final || old.state == new.state, "{:?} became {:?}", old.state, new.state);
        }
        let paid = after.attempts.iter().filter(|attempt| attempt.state == State::Authorized);
        assert!(paid.count() <= 1, "an order is paid once");
        for Aggregate { authorized, captured, cancelled, refunded } in after.attempts.iter().map(|a| a.aggregate) {
            assert!(captured + cancelled <= authorized && refunded <= captured, "money that is not there was moved");
        }
    }
}

pub(crate) fn consent() -> Consent {
    Consent { scope: "phoneNumber".into(), wording: "1".into(), language: Language::Nb, given_at: Moment(1) }
}

fn is_given_up(effect: &Effect, now: Moment) -> bool {
    matches!(effect, Effect::CreatePayment(create) if create.give_up_at < now)
}

fn key(effect: &Effect) -> Option<String> {
    match effect {
        Effect::CreatePayment(create) => Some(create.key.clone()),
        Effect::CancelPayment { key, .. } | Effect::Operate { key, .. } => Some(key.clone()),
        _ => None,
    }
}
