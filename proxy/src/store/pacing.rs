//! Effects whose time is another than they were planned for.

use super::{Claim, Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Gives an effect back that nothing was tried of: the claim does not count as a try. Nothing if the claim has been lost.
    ///
    /// # Errors
    /// When the database says no; its lease then runs out by itself.
    fn defer(claim: &Claim, due_at: Moment) -> Result<(), Error>;

    /// Called when the clock has gone back. What was planned in a time that is still to come is due now, and so is what a customer waits
    /// for: who knows by which clock it was put off. So is what the shop was or would have been told then, and no endpoint has failed since
    /// a time to come.
    ///
    /// # Errors
    /// When the database says no.
    fn clock_went_back(now: Moment) -> Result<(), Error>;
}

/// What is written then, each by itself: it may be repeated.
pub(super) const CLOCK_WENT_BACK: [&str; 3] = [
    "UPDATE outbox SET due_at = $1 \
     WHERE due_at > $1 AND parked_reason IS NULL AND (created_at > $1 OR kind = 'create_payment')",
    "UPDATE deliveries SET due_at = $1 \
     WHERE due_at > $1 AND delivered_at IS NULL AND given_up_at IS NULL AND (created_at > $1 OR tried_at > $1)",
    "UPDATE endpoints SET failing_since = $1 WHERE failing_since > $1",
];
