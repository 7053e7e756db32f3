//! Rescheduling: effects that were held back by the rate limit, and due times after the clock was set back.

use super::{Claim, Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Releases a claim without counting it as a try, since nothing was sent. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    fn defer(claim: &Claim, due_at: Moment) -> Result<(), Error>;

    /// Called when the clock was set back. Effects that were planned in what is now the future become due, and so do those that a customer
    /// waits for. Deliveries that were enqueued or tried in the future become due too, and no endpoint has been failing since the future.
    ///
    /// # Errors
    /// On a database error.
    fn clock_went_back(now: Moment) -> Result<(), Error>;
}

/// The statements of [`Store::clock_went_back`]. Each can be repeated.
pub(super) const CLOCK_WENT_BACK: [&str; 3] = [
    "UPDATE outbox SET due_at = $1 \
     WHERE due_at > $1 AND parked_reason IS NULL AND (created_at > $1 OR kind = 'create_payment')",
    "UPDATE deliveries SET due_at = $1 \
     WHERE due_at > $1 AND delivered_at IS NULL AND given_up_at IS NULL AND (created_at > $1 OR tried_at > $1)",
    "UPDATE endpoints SET failing_since = $1 WHERE failing_since > $1",
];
