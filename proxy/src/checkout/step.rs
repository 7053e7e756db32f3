//! The transition function: `(state, input, now) -> state + effects`. Pure.
//!
//! [`step`] handles one input and then derives the [events](super::events) from the change. The money follows `GET payment` alone
//! ([`Update::Polled`]). Polls form one chain per payment (`round`), which ends when the payment can no longer change; a webhook or a
//! returning customer adds single polls.

mod categories;
mod offers;
mod operations;
mod profile;
mod purchase;

use kvitt_wire::{Aggregate, State};

use super::effect::{CreatePayment, Receipt};
use super::events;
use super::state::MAX_ATTEMPTS;
use super::{
    Attempt, Checkout, CheckoutId, Consent, Customer, Drift, Effect, Flow, Input, Moment, Opening, Order,
    PaymentSnapshot, PaymentState, PhoneNumber, Planned, Polling, ReceiptBy, Reference, Refusal, Update,
};

/// How long a payment waits for the customer, in milliseconds
/// ([timeouts](https://developer.vippsmobilepay.com/docs/knowledge-base/timeouts/)).
pub const ATTEMPT_LIFETIME_MS: i64 = 10 * 60 * 1000;
/// A request to create a payment is given up after this time without an answer: the customer has no address to go to.
const CREATE_TIMEOUT_MS: i64 = 60 * 1000;
/// Vipps MobilePay adds the profile to the payment shortly after the authorization. This many polls follow a second apart; then the
/// Userinfo API is read.
const QUICK_PROFILE_POLLS: u32 = 6;
/// The telephone number is given up after this many polls without it. The later ones are a minute apart.
const MAX_PROFILE_POLLS: u32 = 15;
/// The trouble of a payment that was authorized for another amount than the order's.
pub const AMOUNT_MISMATCH: &str = "amount_mismatch";
/// The trouble of a payment whose redirect address is at a host that is not allowed.
const BAD_REDIRECT: &str = "bad_redirect";
/// The trouble of a payment that was authorized when the order had been paid already.
pub(super) const PAID_BY_OTHER_ATTEMPT: &str = "paid_by_other_attempt";
/// The longest time that reserved money can be captured in any market, and some days more, in which polls see Vipps MobilePay's own
/// release.
const MAX_CAPTURE_WINDOW_MS: i64 = 184 * 24 * 60 * 60 * 1000;
/// How long a payment without a final state is polled, counted from ten minutes before its expiry. A payment that is undecided after that
/// needs manual action. It is also the longest interval between polls of an authorized payment.
const MAX_POLLING_MS: i64 = 24 * 60 * 60 * 1000;

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The new state. The ledger increases its version.
    pub checkout: Checkout,
    /// The effects to carry out.
    pub effects: Vec<Planned>,
}

/// Opens a checkout with its first attempt. Its payment is requested at once; for an offer that is not pushed to the app, it is requested
/// when the customer pays. `trace_id` is the trace id of the request.
pub fn open(id: CheckoutId, trace_id: String, opening: Opening, now: Moment) -> Step {
    let Opening { order, consent, customer } = opening;
    let checkout = Checkout {
        id,
        version: 1,
        order,
        attempts: Vec::with_capacity(1),
        customer,
        claimed_by: None,
        erased_at: None,
        trace_id,
        created_at: now,
    };
    let mut step = Step { checkout, effects: Vec::new() };
    step.add_attempt(now);
    match &step.checkout.order.offer {
        None => step.request_payment(Flow::Redirect, consent, now),
        Some(offer) if offer.push => step.request_payment(Flow::Push, consent, now),
        Some(_) => step.plan_expiry(),
    }
    step
}

/// Handles one input.
///
/// # Errors
/// A [`Refusal`] when the state does not allow a command; nothing has changed then. An [`Update`] is never refused: one that no longer
/// applies changes nothing.
pub fn step(checkout: &Checkout, input: Input, polling: Polling, now: Moment) -> Result<Step, Refusal> {
    let mut step = Step { checkout: checkout.clone(), effects: Vec::new() };
    match input {
        Input::Cancel => step.cancel(now),
        Input::Pay(consent) => step.pay(consent, now)?,
        Input::Retry(consent) => step.retry(consent, now)?,
        Input::Claim(claim) => step.claim(claim)?,
        Input::Withdraw => step.withdraw(now)?,
        Input::Operate(request) => step.operate(request, now)?,
        Input::Categorize(category) => step.categorize(category, now)?,
        Input::Erase => step.erase(now),
        Input::Payment(reference, update) => step.update(&reference, update, polling, now),
    }
    for event in events::between(checkout, &step.checkout, now) {
        step.plan(now, Effect::Notify(Box::new(event)));
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
        let Order { number, cart, .. } = &self.checkout.order;
        Receipt {
            number: number.clone(),
            lines: cart.lines.clone(),
            payment_sources: cart.payment_sources,
            currency: cart.total.currency,
        }
    }

    /// Adds the order's next attempt. Its payment is not requested yet.
    fn add_attempt(&mut self, now: Moment) {
        let number = u32::try_from(self.checkout.attempts.len() + 1).expect("attempts are bounded");
        let order = &self.checkout.order;
        let expires_at = order.offer.as_ref().map_or(now.plus_ms(ATTEMPT_LIFETIME_MS), |offer| offer.expires_at);
        self.checkout.attempts.push(Attempt {
            reference: Reference::of(&order.number, number),
            state: State::Open,
            trouble: None,
            redirect_url: None,
            flow: Flow::Redirect,
            with_number: false,
            not_requested: true,
            consent: None,
            cancel_requested: false,
            cancels: 0,
            poll_at: None,
            aggregate: Aggregate::default(),
            capture_guaranteed_until: None,
            drift: None,
            receipt_by: None,
            receipt_trouble: None,
            category: None,
            profile_polls: 0,
            operations: Vec::new(),
            authorized_at: None,
            created_at: now,
            expires_at,
        });
    }

    /// Requests the payment of the latest attempt, which is open.
    fn request_payment(&mut self, flow: Flow, consent: Option<Consent>, now: Moment) {
        let (with_number, expires_at) = (self.sends_number(), self.extended_expiry(flow, now));
        // A long-living payment is refused without a receipt. The receipt can be written only once, so this is then its only way.
        let receipt_by = if expires_at.is_some() { ReceiptBy::Create } else { self.checkout.order.receipt };
        let receipt = (receipt_by == ReceiptBy::Create).then(|| self.receipt());
        let order = &self.checkout.order;
        let attempt = self.checkout.attempts.last_mut().expect("an attempt has been added");
        attempt.state = State::Starting;
        attempt.not_requested = false;
        attempt.receipt_by = Some(receipt_by);
        (attempt.flow, attempt.with_number) = (flow, with_number);
        (attempt.created_at, attempt.expires_at) = (now, expires_at.unwrap_or(now.plus_ms(ATTEMPT_LIFETIME_MS)));
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
            give_up_at: now.plus_ms(CREATE_TIMEOUT_MS),
        };
        attempt.consent = consent;
        self.plan(now, Effect::CreatePayment(Box::new(create)));
    }

    fn update(&mut self, reference: &Reference, update: Update, polling: Polling, now: Moment) {
        match update {
            Update::Signal => self.signal(reference, polling, now),
            Update::OfferExpired => self.offer_expired(reference, now),
            Update::Created { redirect_url } => self.created(reference, redirect_url, polling, now),
            Update::BadRedirect => self.bad_redirect(reference, now),
            Update::CreateRefused { trouble } => self.failed(reference, trouble, now),
            // An earlier try may have pushed it to the app already.
            Update::CustomerErased => {
                self.failed(reference, "customer_erased".to_owned(), now);
                self.plan_cancel(reference, now.plus_ms(CREATE_TIMEOUT_MS));
            }
            Update::CreateTimedOut => {
                self.failed(reference, "vipps_unreachable".to_owned(), now);
                // It may exist all the same. Cancel it, so that both records agree.
                self.plan_cancel(reference, now.plus_ms(CREATE_TIMEOUT_MS));
            }
            Update::Polled { round, payment } => self.polled(reference, round, payment, polling, now),
            Update::Operated { id, result } => self.operated(reference, id, result, now),
            Update::CancelAnswered => self.cancel_answered(reference, now),
            Update::ProfileRead { sub, phone_number } => self.profile_read(reference, sub, phone_number, now),
            Update::Categorized { nth, trouble } => self.categorized(reference, nth, trouble, now),
            Update::ReceiptAnswered { trouble } => {
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
                self.plan(now.plus_ms(polling.first_ms), Effect::Poll { reference: reference.clone(), round: Some(1) });
                self.plan_receipt(reference, now);
                if cancelled {
                    self.plan_cancel(reference, now);
                }
            }
            // It was given up before the answer arrived. No customer was sent to it, so it is cancelled.
            State::Failed => self.plan_cancel(reference, now),
            _ => {}
        }
    }

    /// The payment exists, but no customer is sent to that address: it is cancelled.
    fn bad_redirect(&mut self, reference: &Reference, now: Moment) {
        let undecided = |attempt: &mut Attempt| matches!(attempt.state, State::Starting | State::Failed);
        if self.attempt(reference).is_some_and(undecided) {
            self.failed(reference, BAD_REDIRECT.to_owned(), now);
            self.plan_cancel(reference, now);
        }
    }

    fn plan_receipt(&mut self, reference: &Reference, now: Moment) {
        let configured = self.checkout.order.receipt;
        let chosen = self.attempt(reference).and_then(|attempt| attempt.receipt_by);
        if chosen.unwrap_or(configured) == ReceiptBy::OrderManagement {
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

    /// Plans a poll, but no more often than Vipps MobilePay allows: one poll within the interval serves every signal before it. A planned
    /// poll that is further ahead is ignored: it had another reason, or was planned by a wrong clock.
    fn signal(&mut self, reference: &Reference, polling: Polling, now: Moment) {
        let Some(attempt) = self.attempt(reference).filter(|attempt| attempt.may_change()) else { return };
        let due_at = attempt.next_poll(polling, now).min(now.plus_ms(polling.every_ms));
        self.poll_at(reference, due_at, now);
    }

    /// Plans a poll at `due_at`, unless one is planned that is no later.
    fn poll_at(&mut self, reference: &Reference, due_at: Moment, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        if attempt.poll_at.is_none_or(|planned| planned <= now || planned > due_at) {
            attempt.poll_at = Some(due_at);
            self.plan(due_at, Effect::Poll { reference: reference.clone(), round: None });
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

    /// The next poll shows whether the payment was cancelled. If not, the customer may cancel again.
    fn cancel_answered(&mut self, reference: &Reference, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        attempt.cancel_requested = false;
        self.plan(now, Effect::Poll { reference: reference.clone(), round: None });
    }

    /// Plans a cancellation that has no effect on a payment that was authorized meanwhile.
    fn plan_cancel(&mut self, reference: &Reference, due_at: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        attempt.cancel_requested = true;
        attempt.cancels += 1;
        let key = reference.key(&format!("cancel-{}", attempt.cancels));
        self.plan(due_at, Effect::CancelPayment { reference: reference.clone(), key, unless_authorized: true });
    }

    /// Plans the release of reserved money that no order needs.
    fn plan_release(&mut self, reference: &Reference, now: Moment) {
        let key = reference.key("release");
        self.plan(now, Effect::CancelPayment { reference: reference.clone(), key, unless_authorized: false });
    }

    fn retry(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        let current = self.checkout.current();
        match (current.state, current.flow) {
            (State::Open, _) => return self.submit(consent, now),
            (State::Created, Flow::Push) => return self.switch_to_redirect(consent, now),
            _ => {}
        }
        // An attempt that was begun in another tab is used, unless it shares the number and this customer does not consent.
        let shares_more = current.consent.is_some() && consent.is_none();
        if !current.state.is_final() && !current.cancel_requested && !shares_more {
            return Ok(());
        }
        if !current.state.is_final() || current.state == State::Authorized {
            return Err(Refusal::NotRetryable);
        }
        if self.checkout.attempts.len() >= MAX_ATTEMPTS {
            return Err(Refusal::TooManyAttempts);
        }
        self.add_attempt(now);
        self.submit(consent, now)
    }

    fn polled(
        &mut self,
        reference: &Reference,
        round: Option<u32>,
        payment: PaymentSnapshot,
        polling: Polling,
        now: Moment,
    ) {
        let total = self.checkout.order.cart.total;
        let other_is_paid = self
            .checkout
            .attempts
            .iter()
            .any(|attempt| attempt.state == State::Authorized && attempt.reference != *reference);
        let Some(attempt) = self.attempt(reference) else { return };
        // A poll that was not planned counts for the interval too.
        if round.is_none() && attempt.may_be_polled(polling, now) {
            attempt.poll_at = Some(now);
        }
        // Two polls may be committed in the wrong order, so amounts never decrease.
        attempt.aggregate = merge(attempt.aggregate, payment.aggregate);
        attempt.capture_guaranteed_until = payment.capture_guaranteed_until.or(attempt.capture_guaranteed_until);
        let unaffected = match attempt.state {
            State::Open | State::Aborted | State::Expired | State::Terminated => true,
            State::Authorized => payment.state != PaymentState::Authorized,
            State::Failed => attempt.trouble.as_deref() == Some(AMOUNT_MISMATCH),
            State::Starting | State::Created => false,
        };
        if unaffected {
            return;
        }
        match payment.state {
            PaymentState::Created | PaymentState::Unknown => self.poll_again(reference, round, polling, now),
            // The trouble of an earlier failure is kept.
            PaymentState::Aborted => attempt.state = State::Aborted,
            PaymentState::Expired => attempt.state = State::Expired,
            PaymentState::Terminated => attempt.state = State::Terminated,
            PaymentState::Authorized if other_is_paid => {
                attempt.end(State::Terminated, Some(PAID_BY_OTHER_ATTEMPT));
                self.plan_release(reference, now);
            }
            // What was authorized stays so: an amount that differs later is for a person to look at.
            PaymentState::Authorized if payment.amount != Some(total) && attempt.state != State::Authorized => {
                attempt.end(State::Failed, Some(AMOUNT_MISMATCH));
                self.plan_release(reference, now);
            }
            PaymentState::Authorized => self.authorized(reference, round, payment, now),
        }
    }

    /// Continues the chain of polls while the payment may still change.
    fn poll_again(&mut self, reference: &Reference, round: Option<u32>, polling: Polling, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        let age_ms = now.0 - attempt.created_at.0;
        let overdue_ms = now.0 - attempt.expires_at.plus_ms(-ATTEMPT_LIFETIME_MS).0;
        if let Some(round) = round.filter(|_| overdue_ms < MAX_POLLING_MS) {
            let due_at = now.plus_ms(poll_interval_ms(age_ms, polling));
            self.plan(due_at, Effect::Poll { reference: reference.clone(), round: Some(round + 1) });
        }
    }

    fn authorized(&mut self, reference: &Reference, round: Option<u32>, payment: PaymentSnapshot, now: Moment) {
        let total = self.checkout.order.cart.total;
        let Some(attempt) = self.attempt(reference) else { return };
        attempt.drift = (payment.amount != Some(total))
            .then(|| Drift { amount: payment.amount, since: attempt.drift.map_or(now, |drift| drift.since) });
        // The customer approved before the answer to the creation arrived, which would have planned the receipt.
        let needs_receipt = matches!(attempt.state, State::Starting | State::Failed);
        let was_known = attempt.state == State::Authorized;
        attempt.end(State::Authorized, None);
        attempt.authorized_at.get_or_insert(now);
        let (aggregate, age_ms) = (attempt.aggregate, now.0 - attempt.since().0);
        // The chain of polls continues at long intervals, for captures and cancels whose webhooks are lost. Where a webhook was faster than the
        // chain, whatever poll it would have had next is not needed any more.
        let round = round.or((!was_known).then_some(1));
        let open = aggregate.captured + aggregate.cancelled < aggregate.authorized && age_ms < MAX_CAPTURE_WINDOW_MS;
        if let Some(round) = round.filter(|_| open) {
            let wait_ms = if age_ms < MAX_POLLING_MS { 3_600_000 } else { MAX_POLLING_MS };
            self.plan(now.plus_ms(wait_ms), Effect::Poll { reference: reference.clone(), round: Some(round + 1) });
        }
        if needs_receipt {
            self.plan_receipt(reference, now);
        }
        self.cancel_others(reference, now);
        self.collect_profile(reference, payment, now);
    }

    /// Cancels the other attempts of a paid order, so that it is not paid twice.
    fn cancel_others(&mut self, paid: &Reference, now: Moment) {
        let others = self.checkout.attempts.iter_mut().filter(|attempt| attempt.reference != *paid);
        let mut created = Vec::new();
        for attempt in others.filter(|attempt| !attempt.cancel_requested) {
            match attempt.state {
                // Cancelled once the payment exists.
                State::Starting => attempt.cancel_requested = true,
                State::Created => created.push(attempt.reference.clone()),
                State::Open => attempt.state = State::Terminated,
                _ => {}
            }
        }
        for reference in created {
            self.plan_cancel(&reference, now);
        }
    }
}

impl Attempt {
    /// When it was authorized. For attempts of earlier releases, when it was requested, at most minutes before.
    pub fn since(&self) -> Moment {
        self.authorized_at.unwrap_or(self.created_at)
    }

    /// Whether a poll may find something new.
    fn may_change(&self) -> bool {
        matches!(self.state, State::Created | State::Authorized | State::Failed)
    }

    /// The earliest time of the next poll after a signal. It is one interval after the latest of them, planned or done.
    fn next_poll(&self, polling: Polling, now: Moment) -> Moment {
        self.poll_at.map_or(now, |latest| now.max(latest.plus_ms(polling.every_ms)))
    }

    /// Whether a signal may have the payment polled at once: it may have changed, and its last poll is an interval ago.
    pub fn may_be_polled(&self, polling: Polling, now: Moment) -> bool {
        self.may_change() && self.next_poll(polling, now) <= now
    }

    /// Whether it is polled because a page shows it: it waits, and its first poll is over.
    pub fn is_worth_a_look(&self, polling: Polling, now: Moment) -> bool {
        let waits = self.state == State::Created && now.0 - self.created_at.0 > polling.first_ms;
        waits && self.may_be_polled(polling, now)
    }

    fn end(&mut self, state: State, trouble: Option<&str>) {
        self.state = state;
        self.trouble = trouble.map(str::to_owned);
    }
}

/// The larger of each amount: what was captured, cancelled or refunded stays so.
fn merge(a: Aggregate, b: Aggregate) -> Aggregate {
    Aggregate {
        authorized: a.authorized.max(b.authorized),
        captured: a.captured.max(b.captured),
        cancelled: a.cancelled.max(b.cancelled),
        refunded: a.refunded.max(b.refunded),
    }
}

/// The interval before the next poll of a payment of this age: short while the customer is likely to act, then longer. While the payment
/// waits, as a rule, it bounds how long a lost webhook goes unnoticed: to five seconds, or thirty where webhooks are trusted.
fn poll_interval_ms(age_ms: i64, polling: Polling) -> i64 {
    match age_ms {
        ..900_000 if polling.rarely => polling.every_ms.max(30_000),
        ..60_000 => polling.every_ms,
        60_000..900_000 => polling.every_ms.max(5_000),
        900_000..7_200_000 => 60_000,
        _ => 3_600_000,
    }
}

#[cfg(test)]
pub(super) mod tests;
