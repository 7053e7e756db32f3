//! The purchase: what one page of a paid order, and no other, reports to the shop's analytics.

use kvitt_wire::State;

use super::{Refusal, Step};

impl Step {
    /// The first claim counts.
    pub(super) fn claim(&mut self, claim: String) -> Result<(), Refusal> {
        if self.checkout.current().state != State::Authorized {
            return Err(Refusal::NotPaid);
        }
        self.checkout.claimed_by.get_or_insert(claim);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Story, payment, polled};
    use super::*;
    use crate::checkout::{Input, PaymentState};

    #[test]
    fn the_first_claim_of_a_paid_order_counts_and_nobody_else_is_told_of_it() {
        let claim = |text: &str| Input::Claim(text.to_owned());
        let mut story = Story::new(None);
        assert_eq!(story.created(1).take(claim("early")).err(), Some(Refusal::NotPaid));
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        for text in ["first", "second", "first"] {
            let none: &[&str] = &[];
            let story = story.take(claim(text)).unwrap();
            assert_eq!((story.kinds(), story.event_kinds()), (none.to_vec(), none.to_vec()));
            assert_eq!(story.checkout.claimed_by.as_deref(), Some("first"));
        }
    }
}
