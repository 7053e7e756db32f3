//! What the customer shares: how it is come by, and how it is forgotten.
//!
//! It is taken only after a yes, and never again after an erasure, whatever looks and webhooks come later: only a new yes counts then.

use super::{Customer, Effect, MOST_PROFILE_LOOKS, Moment, PhoneNumber, QUICK_PROFILE_LOOKS, Reference, Seen, Step};

/// The vendor tells what was consented to for 168 hours; what has not been had by then is missed for good.
const PROFILE_WINDOW_MS: i64 = 168 * 60 * 60 * 1000;

impl Step {
    /// The number comes with the payment shortly after the authorization; after some looks the Userinfo API is asked instead.
    pub(super) fn profile(&mut self, reference: &Reference, seen: Seen, now: Moment) {
        let Seen { sub, phone_number, .. } = seen;
        if !self.awaits_profile(reference) {
            return;
        }
        let Some(attempt) = self.attempt(reference) else { return };
        let told = phone_number.is_some();
        if !told && attempt.look_at.is_some_and(|planned| planned > now) {
            return;
        }
        attempt.profile_looks += 1;
        let looks = attempt.profile_looks;
        match sub {
            sub if told || looks >= MOST_PROFILE_LOOKS => {
                self.checkout.customer = Some(Customer { sub, phone_number, received_at: now });
            }
            Some(_) if looks >= QUICK_PROFILE_LOOKS => {
                let (reference, until) = (reference.clone(), Some(now.plus_ms(PROFILE_WINDOW_MS)));
                self.plan(now, Effect::ReadProfile { reference, until });
            }
            _ => {
                let wait_ms = if looks < QUICK_PROFILE_LOOKS { 1_000 } else { 60_000 };
                self.look_at(reference, now.plus_ms(wait_ms), now);
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
        if self.awaits_profile(reference) {
            self.checkout.customer = Some(Customer { sub, phone_number, received_at: now });
        }
    }

    /// What was shared is gone, and so is the right to ask for it. That there was a yes, and to which words, stays in the books.
    pub(super) fn erase(&mut self, now: Moment) {
        let shared = self.checkout.customer.take().is_some();
        if shared || self.checkout.attempts.iter().any(|attempt| self.checkout.may_know_customer(attempt)) {
            self.checkout.erased_at = Some(now);
        }
    }

    fn awaits_profile(&self, reference: &Reference) -> bool {
        let mut attempts = self.checkout.attempts.iter();
        let attempt = attempts.find(|attempt| attempt.reference == *reference);
        self.checkout.customer.is_none() && attempt.is_some_and(|attempt| self.checkout.may_know_customer(attempt))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Story, consent, looked, seen};
    use crate::checkout::{Consent, Customer, Input, News, PaymentState, PhoneNumber, Seen};

    fn number() -> Option<PhoneNumber> {
        PhoneNumber::parse("4791234567")
    }

    fn told() -> News {
        looked(None, Seen { sub: Some("sub".into()), phone_number: number(), ..seen(PaymentState::Authorized) })
    }

    #[test]
    fn what_is_erased_does_not_come_back() {
        let mut story = Story::new(Some(consent()));
        story.created(1).news(1, told());
        assert!(story.checkout.snapshot(String::new()).sharing.consented);
        story.take(Input::Erase).unwrap();
        assert_eq!((&story.checkout.customer, story.checkout.erased_at), (&None, Some(story.now)));
        let forgotten = story.checkout.clone();
        assert_eq!(forgotten.attempts[0].consent, Some(consent()), "that there was a yes stays in the books");
        assert_eq!(forgotten.snapshot(String::new()).sharing, kvitt_wire::Sharing::default());
        for news in [told(), News::ProfileRead { sub: Some("sub".into()), phone_number: number() }] {
            assert_eq!(story.news(1, news).kinds(), Vec::<&str>::new());
            assert_eq!(story.checkout, forgotten);
        }
        story.take(Input::Erase).unwrap();
        assert_eq!(story.checkout, forgotten, "once is enough");
    }

    #[test]
    fn what_is_erased_before_it_came_is_not_asked_for() {
        let mut story = Story::new(Some(consent()));
        story.created(1).take(Input::Erase).unwrap();
        let silent = looked(None, seen(PaymentState::Authorized));
        assert_eq!(story.news(1, silent).kinds(), Vec::<&str>::new());
        assert_eq!(story.news(1, told()).checkout.customer, None);
    }

    #[test]
    fn a_new_yes_after_an_erasure_counts() {
        let mut story = Story::new(Some(consent()));
        story.created(1).news(1, looked(None, seen(PaymentState::Aborted))).take(Input::Erase).unwrap();
        let again = Consent { given_at: story.now.plus_ms(1), ..consent() };
        story.take(Input::Retry(Some(again))).unwrap().created(2).news(2, told());
        assert!(matches!(&story.checkout.customer, Some(Customer { phone_number, .. }) if *phone_number == number()));
    }

    #[test]
    fn where_nothing_was_shared_there_is_nothing_to_erase() {
        let mut story = Story::new(None);
        let before = story.checkout.clone();
        story.take(Input::Erase).unwrap();
        assert_eq!(story.checkout, before);
    }
}
