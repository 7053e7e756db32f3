//! The customer's personal data: how it is collected and erased.
//!
//! It is collected only after consent. After an erasure no later poll or webhook stores it again; that takes a new consent.

use super::{
    Customer, Effect, MAX_PROFILE_POLLS, Moment, PaymentSnapshot, PhoneNumber, QUICK_PROFILE_POLLS, Reference, Step,
};

/// Vipps MobilePay returns the profile for 168 hours after the consent.
const PROFILE_WINDOW_MS: i64 = 168 * 60 * 60 * 1000;

impl Step {
    /// Takes the telephone number from a payment. It appears there shortly after the authorization; where some polls do not contain it, the
    /// Userinfo API is read.
    pub(super) fn collect_profile(&mut self, reference: &Reference, payment: PaymentSnapshot, now: Moment) {
        let PaymentSnapshot { sub, phone_number, .. } = payment;
        if !self.needs_profile(reference) {
            return;
        }
        let Some(attempt) = self.attempt(reference) else { return };
        let found = phone_number.is_some();
        if !found && attempt.poll_at.is_some_and(|planned| planned > now) {
            return;
        }
        attempt.profile_polls += 1;
        let polls = attempt.profile_polls;
        match sub {
            sub if found || polls >= MAX_PROFILE_POLLS => {
                self.checkout.customer = Some(Customer { sub, phone_number, received_at: now });
            }
            Some(_) if polls >= QUICK_PROFILE_POLLS => {
                let (reference, until) = (reference.clone(), Some(now.plus_ms(PROFILE_WINDOW_MS)));
                self.plan(now, Effect::ReadProfile { reference, until });
            }
            _ => {
                let wait_ms = if polls < QUICK_PROFILE_POLLS { 1_000 } else { 60_000 };
                self.poll_at(reference, now.plus_ms(wait_ms), now);
            }
        }
    }

    pub(super) fn profile_read(
        &mut self,
        reference: &Reference,
        sub: Option<String>,
        phone_number: Option<PhoneNumber>,
        now: Moment,
    ) {
        if self.needs_profile(reference) {
            self.checkout.customer = Some(Customer { sub, phone_number, received_at: now });
        }
    }

    /// Erases the personal data, and the permission to read it again. The record of the consent is kept.
    pub(super) fn erase(&mut self, now: Moment) {
        let shared = self.checkout.customer.take().is_some();
        if shared || self.checkout.attempts.iter().any(|attempt| self.checkout.may_know_customer(attempt)) {
            self.checkout.erased_at = Some(now);
        }
    }

    /// Whether the customer of this payment is unknown, and may be known.
    fn needs_profile(&self, reference: &Reference) -> bool {
        let mut attempts = self.checkout.attempts.iter();
        let attempt = attempts.find(|attempt| attempt.reference == *reference);
        self.checkout.customer.is_none() && attempt.is_some_and(|attempt| self.checkout.may_know_customer(attempt))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Story, consent, payment, polled};
    use crate::checkout::{Consent, Customer, Input, PaymentSnapshot, PaymentState, PhoneNumber, Update};

    fn number() -> Option<PhoneNumber> {
        PhoneNumber::parse("4791234567")
    }

    fn shared() -> Update {
        polled(
            None,
            PaymentSnapshot { sub: Some("sub".into()), phone_number: number(), ..payment(PaymentState::Authorized) },
        )
    }

    #[test]
    fn erased_personal_data_does_not_come_back() {
        let mut story = Story::new(Some(consent()));
        story.created(1).update(1, shared());
        assert!(story.checkout.snapshot(String::new()).sharing.consented);
        story.take(Input::Erase).unwrap();
        assert_eq!((&story.checkout.customer, story.checkout.erased_at), (&None, Some(story.now)));
        let erased = story.checkout.clone();
        assert_eq!(erased.attempts[0].consent, Some(consent()), "the record of the consent is kept");
        assert_eq!(erased.snapshot(String::new()).sharing, kvitt_wire::Sharing::default());
        for update in [shared(), Update::ProfileRead { sub: Some("sub".into()), phone_number: number() }] {
            assert_eq!(story.update(1, update).kinds(), Vec::<&str>::new());
            // Only that it was polled is noted.
            story.checkout.attempts[0].poll_at = erased.attempts[0].poll_at;
            assert_eq!(story.checkout, erased);
        }
        story.take(Input::Erase).unwrap();
        assert_eq!(story.checkout, erased, "a second erasure changes nothing");
    }

    #[test]
    fn after_an_erasure_personal_data_that_had_not_arrived_is_not_requested() {
        let mut story = Story::new(Some(consent()));
        story.created(1).take(Input::Erase).unwrap();
        let without_number = polled(None, payment(PaymentState::Authorized));
        assert_eq!(story.update(1, without_number).kinds(), ["look"], "the next of the chain alone");
        assert_eq!(story.update(1, shared()).checkout.customer, None);
    }

    #[test]
    fn a_new_consent_after_an_erasure_counts() {
        let mut story = Story::new(Some(consent()));
        story.created(1).update(1, polled(None, payment(PaymentState::Aborted))).take(Input::Erase).unwrap();
        let renewed = Consent { given_at: story.now.plus_ms(1), ..consent() };
        story.take(Input::Retry(Some(renewed))).unwrap().created(2).update(2, shared());
        assert!(matches!(&story.checkout.customer, Some(Customer { phone_number, .. }) if *phone_number == number()));
    }

    #[test]
    fn erasing_changes_nothing_where_nothing_was_shared() {
        let mut story = Story::new(None);
        let before = story.checkout.clone();
        story.take(Input::Erase).unwrap();
        assert_eq!(story.checkout, before);
    }
}
