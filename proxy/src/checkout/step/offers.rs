//! Orders that are paid later: by a link or a QR code, or in the app of a customer whose number is known.
//!
//! There is no payment before the customer pays, since a payment expires after ten minutes and the terms have to be accepted first. Only a
//! push to the app creates the payment at once. Where the push fails, the order can still be paid by its link.

use kvitt_wire::State;

use super::{Effect, Flow, Moment, Refusal, Step};
use crate::checkout::{Consent, Offer, OfferedBy, Reference};

/// The code of a refusal: Vipps MobilePay has no customer with that number who could pay
/// ([errors](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/errors/)).
const UNKNOWN_CUSTOMER: &str = "vipps_7010";
/// Shorter offers use the default expiry of ten minutes.
const MIN_EXPIRY_MS: i64 = 11 * 60 * 1000;
/// A payment may wait in the app for less than sixty days.
const MAX_EXPIRY_MS: i64 = 59 * 24 * 60 * 60 * 1000;

impl Step {
    /// The customer accepts the terms and pays.
    pub(super) fn pay(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        self.checkout.order.terms_accepted_at.get_or_insert(now);
        self.retry(consent, now)
    }

    /// Requests the payment of the latest attempt, which is open, if the order may still be paid and the terms are accepted.
    pub(super) fn submit(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        if !self.checkout.is_payable(now) {
            return Err(Refusal::OfferEnded);
        }
        if self.checkout.order.terms_accepted_at.is_none() {
            return Err(Refusal::TermsNotAccepted);
        }
        self.request_payment(Flow::Redirect, consent, now);
        Ok(())
    }

    /// The customer pays by the link while the push message waits in the app, perhaps unnoticed. That payment is cancelled and a new one
    /// begun. If the customer approves both, the second reservation is released.
    pub(super) fn switch_to_redirect(&mut self, consent: Option<Consent>, now: Moment) -> Result<(), Refusal> {
        let attempt = self.checkout.current();
        let (reference, cancelled) = (attempt.reference.clone(), attempt.cancel_requested);
        if !cancelled {
            self.plan_cancel(&reference, now);
        }
        self.add_attempt(now);
        self.submit(consent, now)
    }

    /// The shop withdraws its offer. A payment that was requested already is cancelled, unless the customer approves it first.
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

    /// Expires an attempt that was never requested. A wrong clock may have fired the timer early: then the offer stays open and the timer
    /// is planned again.
    pub(super) fn offer_expired(&mut self, reference: &Reference, now: Moment) {
        if self.checkout.order.offer.as_ref().is_some_and(|offer| offer.is_open(now)) {
            self.plan_expiry();
        } else if let Some(attempt) = self.attempt(reference).filter(|attempt| attempt.state == State::Open) {
            attempt.state = State::Expired;
        }
    }

    /// Plans the timer that expires the latest attempt together with the offer.
    pub(super) fn plan_expiry(&mut self) {
        let attempt = self.checkout.attempts.last().expect("an attempt has been added");
        let (reference, due_at) = (attempt.reference.clone(), attempt.expires_at);
        self.plan(due_at, Effect::ExpireOffer { reference });
    }

    /// Recovers from a payment that could not be created while the offer is open. A failed push leaves the order payable by its link. A
    /// redirect that failed because the number is unknown is requested again without the number.
    pub(super) fn fall_back(&mut self, reference: &Reference, trouble: &str, now: Moment) {
        let is_open = self.checkout.order.offer.as_ref().is_some_and(|offer| offer.is_open(now));
        let Some(attempt) = self.checkout.attempts.last().filter(|attempt| attempt.reference == *reference) else {
            return;
        };
        if !is_open || attempt.cancel_requested {
            return;
        }
        if attempt.flow == Flow::Push {
            self.add_attempt(now);
            self.plan_expiry();
        } else if attempt.with_number && trouble == UNKNOWN_CUSTOMER {
            let consent = attempt.consent.clone();
            self.add_attempt(now);
            self.request_payment(Flow::Redirect, consent, now);
        }
    }

    /// Whether the next request names the customer's number: it is known, and no attempt failed because of it.
    pub(super) fn sends_number(&self) -> bool {
        let known = self.checkout.customer.as_ref().is_some_and(|customer| customer.phone_number.is_some());
        let rejected =
            self.checkout.attempts.iter().any(|attempt| attempt.trouble.as_deref() == Some(UNKNOWN_CUSTOMER));
        known && !rejected
    }

    /// When the payment expires, where that is later than the default of ten minutes.
    pub(super) fn extended_expiry(&self, flow: Flow, now: Moment) -> Option<Moment> {
        let offer = self.checkout.order.offer.as_ref()?;
        let extended = flow == Flow::Push && offer.long_living && offer.expires_at >= now.plus_ms(MIN_EXPIRY_MS);
        extended.then_some(offer.expires_at.min(now.plus_ms(MAX_EXPIRY_MS)))
    }
}
