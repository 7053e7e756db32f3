//! How far the webhooks of a sales unit are trusted, which decides how often its waiting payments are polled.
//!
//! Webhooks earn trust: each time that a poll finds the end of a payment's wait, and a webhook had told of it. One end that no webhook told
//! of takes it away, since those of other payments may be lost as well. Whoever loses it often has to earn it longer.

use super::{Checkout, Reference};

/// So many ends in a row that webhooks told of earn trust.
const FIRST: u32 = 3;
/// After so many in a row, what was lost before is forgotten. No more are ever needed.
const MOST: u32 = 96;

/// The record of a sales unit's webhooks. A new one has earned nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Ends in a row that webhooks told of.
    proofs: u32,
    /// So many are needed.
    needed: u32,
}

impl Default for Trust {
    fn default() -> Self {
        Self { proofs: 0, needed: FIRST }
    }
}

impl Trust {
    /// Whether waiting payments may be polled rarely.
    pub const fn is_earned(self) -> bool {
        self.proofs >= self.needed
    }

    /// A webhook told of what a poll has found.
    #[must_use]
    pub const fn proven(self) -> Self {
        Self { proofs: self.proofs.saturating_add(1), ..self }
    }

    /// No webhook told of what a poll has found.
    #[must_use]
    pub fn lost(self) -> Self {
        let needed = match self.proofs {
            MOST.. => FIRST,
            _ if self.is_earned() => MOST.min(2 * self.needed),
            _ => self.needed,
        };
        Self { proofs: 0, needed }
    }
}

/// Whether the wait of that payment ended with the step from one state to the other.
pub fn wait_ended(before: &Checkout, after: &Checkout, reference: &Reference) -> bool {
    let waits = |checkout: &Checkout| checkout.attempt(reference).is_some_and(|attempt| !attempt.state.is_final());
    waits(before) && !waits(after)
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{Story, payment, polled};
    use super::*;
    use crate::checkout::PaymentState;

    /// The record after so many more proofs.
    fn after(trust: Trust, proofs: u32) -> Trust {
        (0..proofs).fold(trust, |trust, _| trust.proven())
    }

    #[test]
    fn three_proofs_in_a_row_earn_trust() {
        let new = Trust::default();
        assert!(!new.is_earned() && !after(new, 2).is_earned() && after(new, 3).is_earned());
        assert!(!after(new, 2).lost().proven().is_earned(), "in a row");
        assert!(after(after(new, 2).lost(), 3).is_earned(), "nothing was lost that was earned");
        assert!(!after(new, 3).lost().is_earned());
    }

    #[test]
    fn trust_that_is_lost_often_takes_longer_to_earn_until_it_lasts() {
        let mut trust = Trust::default();
        for needed in [3, 6, 12, 24, 48, 96] {
            assert!(!after(trust, needed - 1).is_earned());
            trust = after(trust, needed);
            assert!(trust.is_earned(), "{needed}");
            trust = trust.lost();
        }
        assert_eq!(trust, Trust::default(), "the last one was earned by so many that the first is forgotten");
        assert_eq!(after(trust, 1_000).lost(), Trust::default());
    }

    #[test]
    fn only_the_end_of_the_wait_counts() {
        let mut story = Story::new(None);
        let reference = story.checkout.current().reference.clone();
        let steps =
            [(PaymentState::Created, false), (PaymentState::Authorized, true), (PaymentState::Authorized, false)];
        story.created(1);
        for (state, wanted) in steps {
            let before = story.checkout.clone();
            story.update(1, polled(Some(1), payment(state)));
            assert_eq!(wait_ended(&before, &story.checkout, &reference), wanted, "{state:?}");
        }
        assert!(!wait_ended(&story.checkout, &story.checkout, &Reference::of("stranger", 1)));
    }
}
