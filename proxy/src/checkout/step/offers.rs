//! What is offered to be paid later: behind a link or QR, and in the app of a customer whose number is known.
//!
//! Until somebody presses pay there is no payment, since a payment lives for ten minutes and its terms have to be accepted first. What
//! the app cannot be sent is offered behind the link.

use kvitt_wire::State;

use super::{Effect, Flow, Moment, Refusal, Step};
use crate::checkout::{Consent, Offer, OfferedBy, Reference};

/// The vendor knows no customer with that number who could pay this
/// ([errors](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/errors/)).
const UNKNOWN_CUSTOMER: &str = "vipps_7010";
/// A payment that is held for longer than ten minutes is held for more than them.
const LEAST_HELD_MS: i64 = 11 * 60 * 1000;
/// And for less than sixty days.
const MOST_HELD_MS: i64 = 59 * 24 * 60 * 60 * 1000;

impl Step {
    /// The customer accepts the terms and presses pay.
    pub(super) fn pay(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        self.checkout.order.terms_accepted_at.get_or_insert(now);
        self.retry(consent, now)
    }

    /// Asks for the latest attempt, which is open.
    pub(super) fn take_up(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        let order = &self.checkout.order;
        if order.offer.as_ref().is_some_and(|offer| !offer.stands(now)) {
            return Err(Refusal::OfferEnded);
        }
        if order.terms_accepted_at.is_none() {
            return Err(Refusal::TermsNotAccepted);
        }
        self.press(Flow::Redirect, consent, now);
        Ok(())
    }

    /// The customer presses pay behind the link while the same waits in the app, where they may not see it: it is taken away there. Should
    /// they approve both, the second is given back.
    pub(super) fn bring_over(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        let attempt = self.checkout.current();
        let (reference, cancelled) = (attempt.reference.clone(), attempt.cancel_requested);
        if !cancelled {
            self.plan_cancel(&reference, now);
        }
        self.add_attempt(now);
        self.take_up(consent, now)
    }

    /// The shop takes the offer back. A payment that is under way is cancelled, unless the customer is quicker.
    pub(super) fn withdraw(&mut self, now: Moment) -> Result<(), Refusal> {
        let paid = self.checkout.current().state == State::Authorized;
        let offered = |offer: &&mut Offer| !paid && offer.by == OfferedBy::Shop;
        let offer = self.checkout.order.offer.as_mut().filter(offered).ok_or(Refusal::NotWithdrawable)?;
        if offer.withdrawn_at.is_some() {
            return Ok(());
        }
        offer.withdrawn_at = Some(now);
        match self.checkout.attempts.last_mut() {
            Some(attempt) if attempt.state == State::Open => attempt.state = State::Terminated,
            _ => self.cancel(now),
        }
        Ok(())
    }

    /// A clock that was wrong may have put it forward: what stands goes on standing.
    pub(super) fn lapsed(&mut self, reference: &Reference, now: Moment) {
        if self.checkout.order.offer.as_ref().is_some_and(|offer| offer.stands(now)) {
            self.plan_lapse();
        } else if let Some(attempt) = self.attempt(reference).filter(|attempt| attempt.state == State::Open) {
            attempt.state = State::Expired;
        }
    }

    /// The latest attempt waits until the offer runs out.
    pub(super) fn plan_lapse(&mut self) {
        let attempt = self.checkout.attempts.last().expect("an attempt has been added");
        let (reference, due_at) = (attempt.reference.clone(), attempt.expires_at);
        self.plan(due_at, Effect::Lapse { reference });
    }

    /// What could not be sent to the app is left behind the link, and a number that the vendor does not know is not told again to a customer
    /// who waits.
    pub(super) fn fall_back(&mut self, reference: &Reference, trouble: &str, now: Moment) {
        let stands = self.checkout.order.offer.as_ref().is_some_and(|offer| offer.stands(now));
        let Some(attempt) = self.checkout.attempts.last().filter(|attempt| attempt.reference == *reference) else {
            return;
        };
        if !stands || attempt.cancel_requested {
            return;
        }
        if attempt.flow == Flow::Push {
            self.add_attempt(now);
            self.plan_lapse();
        } else if attempt.with_number && trouble == UNKNOWN_CUSTOMER {
            let consent = attempt.consent.clone();
            self.add_attempt(now);
            self.press(Flow::Redirect, consent, now);
        }
    }

    /// Whether the vendor is told the number that is known: not again when it knows no customer by it.
    pub(super) fn tells_number(&self) -> bool {
        let known = self.checkout.customer.as_ref().is_some_and(|customer| customer.phone_number.is_some());
        let in_vain = self.checkout.attempts.iter().any(|attempt| attempt.trouble.as_deref() == Some(UNKNOWN_CUSTOMER));
        known && !in_vain
    }

    /// Until when the vendor holds the payment, where that is longer than as a rule.
    pub(super) fn held_until(&self, flow: Flow, now: Moment) -> Option<Moment> {
        let offer = self.checkout.order.offer.as_ref()?;
        let held = flow == Flow::Push && offer.long_living && offer.expires_at >= now.plus_ms(LEAST_HELD_MS);
        held.then_some(offer.expires_at.min(now.plus_ms(MOST_HELD_MS)))
    }
}
