//! The one decision: `(state, input, now) -> state + effects`. Pure.

mod categories;
mod offers;
mod operations;
mod profile;

use kvitt_wire::{Aggregate, State};

use super::effect::{CreatePayment, Receipt};
use super::events;
use super::{
    Attempt, Checkout, CheckoutId, Consent, Customer, Effect, Flow, Input, Moment, News, Opening, PaymentState,
    PhoneNumber, Planned, Polling, ReceiptBy, Reference, Refusal, Seen,
};

/// How long a payment waits for the customer ([timeouts](https://developer.vippsmobilepay.com/docs/knowledge-base/timeouts/)).
pub const ATTEMPT_LIFE_MS: i64 = 10 * 60 * 1000;
/// A payment without an answer for this long after it was asked for is given up: its customer has no address to go to.
const CREATE_PATIENCE_MS: i64 = 60 * 1000;
/// The vendor writes the profile shortly after the authorization: this many looks come a second apart, and after them the Userinfo
/// API is asked.
const QUICK_PROFILE_LOOKS: u32 = 6;
/// A profile that has not been named after this many looks, the later ones a minute apart, is taken as missed.
const MOST_PROFILE_LOOKS: u32 = 15;
/// More attempts than this on one order are no customer's.
const MOST_ATTEMPTS: usize = 20;
/// The trouble of a payment that was authorized for another amount than the order's.
pub const AMOUNT_MISMATCH: &str = "amount_mismatch";
/// The trouble of a payment that the vendor would have approved at a host that no customer is sent to.
const BAD_REDIRECT: &str = "bad_redirect";
/// The trouble of a payment that was authorized when the order had been paid already.
pub(super) const PAID_BY_OTHER_ATTEMPT: &str = "paid_by_other_attempt";
/// The longest that reserved money waits for the shop, in any market, and some days more, in which the vendor's own release of it is seen.
const LONGEST_CAPTURE_MS: i64 = 184 * 24 * 60 * 60 * 1000;
/// The vendor decides within the attempt's life; a payment that is undecided a day later is left to the operator.
const LONGEST_WATCH_MS: i64 = 24 * 60 * 60 * 1000;

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The checkout after it. Its version is the ledger's business.
    pub checkout: Checkout,
    /// What is to be done.
    pub effects: Vec<Planned>,
}

/// Opens a checkout with its first attempt: one that is asked for at once, or, for an offer, one that waits for somebody to press pay.
/// `trace_id` is that of the request.
pub fn open(id: CheckoutId, trace_id: String, opening: Opening, now: Moment) -> Step {
    let Opening { order, consent, customer } = opening;
    let checkout = Checkout {
        id,
        version: 1,
        order,
        attempts: Vec::with_capacity(1),
        customer,
        erased_at: None,
        trace_id,
        created_at: now,
    };
    let mut step = Step { checkout, effects: Vec::new() };
    step.add_attempt(now);
    match &step.checkout.order.offer {
        None => step.press(Flow::Redirect, consent, now),
        Some(offer) if offer.push => step.press(Flow::Push, consent, now),
        Some(_) => step.plan_lapse(),
    }
    step
}

/// Takes in one fact.
///
/// # Errors
/// A [`Refusal`] when the state does not allow it; nothing has changed then. Facts from the world are never refused: what does not
/// apply any more changes nothing.
pub fn step(checkout: &Checkout, input: Input, polling: Polling, now: Moment) -> Result<Step, Refusal> {
    let mut step = Step { checkout: checkout.clone(), effects: Vec::new() };
    match input {
        Input::Cancel => step.cancel(now),
        Input::Pay(consent) => step.pay(consent, now)?,
        Input::Retry(consent) => step.retry(consent, now)?,
        Input::Withdraw => step.withdraw(now)?,
        Input::Operate(asked) => step.operate(asked, now)?,
        Input::Categorize(category) => step.categorize(category, now)?,
        Input::Erase => step.erase(now),
        Input::Payment(reference, news) => step.payment(&reference, news, polling, now),
    }
    for event in events::between(checkout, &step.checkout, now) {
        step.plan(now, Effect::Tell(Box::new(event)));
    }
    Ok(step)
}

impl Step {
    fn attempt(&mut self, reference: &Reference) -> Option<&mut Attempt> {
        self.checkout.attempts.iter_mut().find(|attempt| attempt.reference == *reference)
    }

    fn plan(&mut self, due_at: Moment, effect: Effect) {
        self.effects.push(Planned { effect, due_at });
    }

    fn receipt(&self) -> Receipt {
        let order = &self.checkout.order;
        Receipt { number: order.number.clone(), lines: order.cart.lines.clone(), currency: order.cart.total.currency }
    }

    /// The order's next payment, which nobody has pressed pay for.
    fn add_attempt(&mut self, now: Moment) {
        let number = u32::try_from(self.checkout.attempts.len() + 1).expect("attempts are bounded");
        let order = &self.checkout.order;
        let expires_at = order.offer.as_ref().map_or(now.plus_ms(ATTEMPT_LIFE_MS), |offer| offer.expires_at);
        self.checkout.attempts.push(Attempt {
            reference: Reference::of(&order.number, number),
            state: State::Open,
            trouble: None,
            redirect_url: None,
            flow: Flow::Redirect,
            with_number: false,
            unpressed: true,
            consent: None,
            cancel_requested: false,
            cancels: 0,
            look_at: None,
            aggregate: Aggregate::default(),
            capture_guaranteed_until: None,
            receipt_trouble: None,
            category: None,
            profile_looks: 0,
            operations: Vec::new(),
            authorized_at: None,
            created_at: now,
            expires_at,
        });
    }

    /// The latest attempt, which is open, is asked for.
    fn press(&mut self, flow: Flow, consent: Option<Consent>, now: Moment) {
        let (with_number, expires_at) = (self.tells_number(), self.held_until(flow, now));
        let receipt =
            (self.checkout.order.receipt == ReceiptBy::Create || expires_at.is_some()).then(|| self.receipt());
        let order = &self.checkout.order;
        let attempt = self.checkout.attempts.last_mut().expect("an attempt has been added");
        attempt.state = State::Starting;
        attempt.unpressed = false;
        (attempt.flow, attempt.with_number) = (flow, with_number);
        (attempt.created_at, attempt.expires_at) = (now, expires_at.unwrap_or(now.plus_ms(ATTEMPT_LIFE_MS)));
        let create = CreatePayment {
            key: attempt.reference.key("create"),
            reference: attempt.reference.clone(),
            amount: order.cart.total,
            description: order.description.clone(),
            return_url: order.landing_return_url.clone(),
            flow,
            with_number,
            expires_at,
            customer_present: order.offer.as_ref().is_some_and(|offer| offer.customer_present),
            shares_phone_number: consent.is_some(),
            receipt,
            give_up_at: now.plus_ms(CREATE_PATIENCE_MS),
        };
        attempt.consent = consent;
        self.plan(now, Effect::CreatePayment(Box::new(create)));
    }

    fn payment(&mut self, reference: &Reference, news: News, polling: Polling, now: Moment) {
        match news {
            News::Signal => self.signal(reference, polling, now),
            News::Lapsed => self.lapsed(reference, now),
            News::Created { redirect_url } => self.created(reference, redirect_url, polling, now),
            News::Misdirected => self.misdirected(reference, now),
            News::Refused { trouble } => self.failed(reference, trouble, now),
            // Forgotten before it was answered: it may be in the app all the same.
            News::Forgotten => {
                self.failed(reference, "customer_erased".to_owned(), now);
                self.plan_cancel(reference, now.plus_ms(CREATE_PATIENCE_MS));
            }
            News::Unreachable => {
                self.failed(reference, "vipps_unreachable".to_owned(), now);
                // It may exist all the same. Put it away, so that the books agree.
                self.plan_cancel(reference, now.plus_ms(CREATE_PATIENCE_MS));
            }
            News::Looked { round, seen } => self.looked(reference, round, seen, polling, now),
            News::Operated { id, answered } => self.operated(reference, id, answered, now),
            News::CancelAnswered => self.cancel_answered(reference, now),
            News::ProfileRead { sub, phone_number } => self.profile_read(reference, sub, phone_number, now),
            News::Categorized { nth, trouble } => self.categorized(reference, nth, trouble, now),
            News::ReceiptAnswered { trouble } => {
                if let Some(attempt) = self.attempt(reference) {
                    attempt.receipt_trouble = trouble;
                }
            }
        }
    }

    fn created(&mut self, reference: &Reference, redirect_url: Option<String>, polling: Polling, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        match attempt.state {
            State::Starting => {
                attempt.state = State::Created;
                attempt.redirect_url = redirect_url;
                let cancelled = attempt.cancel_requested;
                self.plan(now.plus_ms(polling.first_ms), Effect::Look { reference: reference.clone(), round: Some(1) });
                self.plan_receipt(reference, now);
                if cancelled {
                    self.plan_cancel(reference, now);
                }
            }
            // Given up before the answer came: nobody was told where to pay it, so it is put away.
            State::Failed => self.plan_cancel(reference, now),
            _ => {}
        }
    }

    /// It is there, and nobody is led to it: it is put away.
    fn misdirected(&mut self, reference: &Reference, now: Moment) {
        let waits = |attempt: &mut Attempt| matches!(attempt.state, State::Starting | State::Failed);
        if self.attempt(reference).is_some_and(waits) {
            self.failed(reference, BAD_REDIRECT.to_owned(), now);
            self.plan_cancel(reference, now);
        }
    }

    fn plan_receipt(&mut self, reference: &Reference, now: Moment) {
        if self.checkout.order.receipt == ReceiptBy::OrderManagement {
            let receipt = self.receipt();
            self.plan(now, Effect::SendReceipt { reference: reference.clone(), receipt });
        }
    }

    fn failed(&mut self, reference: &Reference, trouble: String, now: Moment) {
        if let Some(attempt) = self.attempt(reference).filter(|attempt| attempt.state == State::Starting) {
            attempt.end(State::Failed, Some(&trouble));
            self.fall_back(reference, &trouble, now);
        }
    }

    /// Looks, but no more often than the vendor wants to be asked: one that is ahead and as near serves every signal until then. One that
    /// is further away does not: there may have been another reason for it, or a clock that was wrong.
    fn signal(&mut self, reference: &Reference, polling: Polling, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        let may_change = matches!(attempt.state, State::Created | State::Authorized | State::Failed);
        let after_the_last = attempt.look_at.map_or(now, |last| last.plus_ms(polling.every_ms));
        if may_change {
            self.look_at(reference, after_the_last.clamp(now, now.plus_ms(polling.every_ms)), now);
        }
    }

    /// Plans a look at that moment, unless one is ahead that comes no later.
    fn look_at(&mut self, reference: &Reference, due_at: Moment, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        if attempt.look_at.is_none_or(|planned| planned <= now || planned > due_at) {
            attempt.look_at = Some(due_at);
            self.plan(due_at, Effect::Look { reference: reference.clone(), round: None });
        }
    }

    fn cancel(&mut self, now: Moment) {
        let Some(attempt) = self.checkout.attempts.last_mut() else { return };
        match attempt.state {
            State::Starting => attempt.cancel_requested = true,
            State::Created if !attempt.cancel_requested => {
                let reference = attempt.reference.clone();
                self.plan_cancel(&reference, now);
            }
            _ => {}
        }
    }

    /// The next look tells what came of it. If nothing did, the customer may ask again.
    fn cancel_answered(&mut self, reference: &Reference, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        attempt.cancel_requested = false;
        self.plan(now, Effect::Look { reference: reference.clone(), round: None });
    }

    /// The shopper's cancel must not kill an authorization that has just happened.
    fn plan_cancel(&mut self, reference: &Reference, due_at: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        attempt.cancel_requested = true;
        attempt.cancels += 1;
        let key = reference.key(&format!("cancel-{}", attempt.cancels));
        self.plan(due_at, Effect::CancelPayment { reference: reference.clone(), key, unless_authorized: true });
    }

    /// Gives reserved money back that no order is waiting for.
    fn plan_release(&mut self, reference: &Reference, now: Moment) {
        let key = reference.key("release");
        self.plan(now, Effect::CancelPayment { reference: reference.clone(), key, unless_authorized: false });
    }

    fn retry(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        let current = self.checkout.current();
        match (current.state, current.flow) {
            (State::Open, _) => return self.take_up(consent, now),
            (State::Created, Flow::Push) => return self.bring_over(consent, now),
            _ => {}
        }
        // Begun in another tab: this one finds it. But a no to sharing is not answered by an attempt that shares.
        let shares_more = current.consent.is_some() && consent.is_none();
        if !current.state.is_final() && !current.cancel_requested && !shares_more {
            return Ok(());
        }
        if !current.state.is_final() || current.state == State::Authorized {
            return Err(Refusal::NotRetryable);
        }
        if self.checkout.attempts.len() >= MOST_ATTEMPTS {
            return Err(Refusal::TooManyAttempts);
        }
        self.add_attempt(now);
        self.take_up(consent, now)
    }

    fn looked(&mut self, reference: &Reference, round: Option<u32>, seen: Seen, polling: Polling, now: Moment) {
        let total = self.checkout.order.cart.total;
        let paid_elsewhere = self
            .checkout
            .attempts
            .iter()
            .any(|attempt| attempt.state == State::Authorized && attempt.reference != *reference);
        let Some(attempt) = self.attempt(reference) else { return };
        // Two looks may be committed in the wrong order; what has happened to money does not unhappen.
        attempt.aggregate = later(attempt.aggregate, seen.aggregate);
        attempt.capture_guaranteed_until = seen.capture_guaranteed_until.or(attempt.capture_guaranteed_until);
        let absorbed = match attempt.state {
            State::Open | State::Aborted | State::Expired | State::Terminated => true,
            State::Authorized => seen.state != PaymentState::Authorized,
            State::Failed => attempt.trouble.as_deref() == Some(AMOUNT_MISMATCH),
            State::Starting | State::Created => false,
        };
        if absorbed {
            return;
        }
        match seen.state {
            PaymentState::Created | PaymentState::Unknown => self.look_again(reference, round, polling, now),
            // Why it failed, if it had, stays.
            PaymentState::Aborted => attempt.state = State::Aborted,
            PaymentState::Expired => attempt.state = State::Expired,
            PaymentState::Terminated => attempt.state = State::Terminated,
            PaymentState::Authorized if paid_elsewhere => {
                attempt.end(State::Terminated, Some(PAID_BY_OTHER_ATTEMPT));
                self.plan_release(reference, now);
            }
            PaymentState::Authorized if seen.amount != Some(total) => {
                attempt.end(State::Failed, Some(AMOUNT_MISMATCH));
                self.plan_release(reference, now);
            }
            PaymentState::Authorized => self.authorized(reference, round, seen, now),
        }
    }

    /// The polling chain goes on while the vendor may still decide.
    fn look_again(&mut self, reference: &Reference, round: Option<u32>, polling: Polling, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        let age_ms = now.0 - attempt.created_at.0;
        let over_ms = now.0 - attempt.expires_at.plus_ms(-ATTEMPT_LIFE_MS).0;
        if let Some(round) = round.filter(|_| over_ms < LONGEST_WATCH_MS) {
            let due_at = now.plus_ms(wait_ms(age_ms, polling));
            self.plan(due_at, Effect::Look { reference: reference.clone(), round: Some(round + 1) });
        }
    }

    fn authorized(&mut self, reference: &Reference, round: Option<u32>, seen: Seen, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        // Paid before we knew that it had been created.
        let wants_receipt = matches!(attempt.state, State::Starting | State::Failed);
        attempt.end(State::Authorized, None);
        attempt.authorized_at.get_or_insert(now);
        let (aggregate, age_ms) = (attempt.aggregate, now.0 - attempt.since().0);
        // The chain goes on at long intervals, for captures and cancels whose webhooks are lost.
        let open = aggregate.captured + aggregate.cancelled < aggregate.authorized && age_ms < LONGEST_CAPTURE_MS;
        if let Some(round) = round.filter(|_| open) {
            let wait_ms = if age_ms < LONGEST_WATCH_MS { 3_600_000 } else { LONGEST_WATCH_MS };
            self.plan(now.plus_ms(wait_ms), Effect::Look { reference: reference.clone(), round: Some(round + 1) });
        }
        if wants_receipt {
            self.plan_receipt(reference, now);
        }
        self.put_others_away(reference, now);
        self.profile(reference, seen, now);
    }

    /// Once an order is paid, no other attempt on it may be.
    fn put_others_away(&mut self, paid: &Reference, now: Moment) {
        let others = self.checkout.attempts.iter_mut().filter(|attempt| attempt.reference != *paid);
        let mut alive = Vec::new();
        for attempt in others.filter(|attempt| !attempt.cancel_requested) {
            match attempt.state {
                // Cancelled once it is there.
                State::Starting => attempt.cancel_requested = true,
                State::Created => alive.push(attempt.reference.clone()),
                State::Open => attempt.state = State::Terminated,
                _ => {}
            }
        }
        for reference in alive {
            self.plan_cancel(&reference, now);
        }
    }
}

impl Attempt {
    /// When it was paid, or else begun: most are paid within ten minutes, and what waits in an app may be paid after weeks.
    pub fn since(&self) -> Moment {
        self.authorized_at.unwrap_or(self.created_at)
    }

    fn end(&mut self, state: State, trouble: Option<&str>) {
        self.state = state;
        self.trouble = trouble.map(str::to_owned);
    }
}

fn later(a: Aggregate, b: Aggregate) -> Aggregate {
    Aggregate {
        authorized: a.authorized.max(b.authorized),
        captured: a.captured.max(b.captured),
        cancelled: a.cancelled.max(b.cancelled),
        refunded: a.refunded.max(b.refunded),
    }
}

/// The wait until the next look at a payment of this age: dense while the customer is likely to act, then ever sparser.
fn wait_ms(age_ms: i64, polling: Polling) -> i64 {
    match age_ms {
        ..60_000 => polling.every_ms,
        60_000..300_000 => polling.every_ms.max(5_000),
        300_000..900_000 => 10_000,
        900_000..7_200_000 => 60_000,
        _ => 3_600_000,
    }
}

#[cfg(test)]
pub(super) mod tests;
