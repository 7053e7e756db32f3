//! The outbox: effects that are due, claimed with a lease, postponed, or parked (dead letters).

use super::{Error, Store};
use crate::checkout::{CheckoutId, Effect, Moment};

verbs! {
    /// Claims effects that are due, for `lease_ms` milliseconds, those that a customer waits for first. A lease that ends later than any
    /// valid one was given by a wrong clock and is ignored. An effect that cannot be parsed is parked.
    ///
    /// # Errors
    /// On a database error.
    fn claim_due(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<ClaimedEffect>, Error>;

    /// When the next effect is due, or its lease expires.
    ///
    /// # Errors
    /// On a database error.
    fn next_due() -> Result<Option<Moment>, Error>;

    /// Releases a claim, to be retried at `due_at`. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    fn postpone(claim: &Claim, due_at: Moment) -> Result<(), Error>;

    /// Parks an effect that cannot succeed, with the reason. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    fn park(claim: &Claim, reason: &str) -> Result<(), Error>;
}

/// The right to settle a row of the outbox. It is lost when another worker claims the row after the lease has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the row.
    pub id: String,
    /// How many times the row has been claimed, including this time.
    pub tries: u32,
}

/// An effect that this process has claimed, until its lease expires.
#[derive(Clone, Debug)]
pub struct ClaimedEffect {
    /// The right to settle it.
    pub claim: Claim,
    /// Its checkout.
    pub checkout_id: CheckoutId,
    /// The checkout's trace id, if it has one.
    pub trace_id: Option<String>,
    /// The sales unit.
    pub sales_unit: String,
    /// What to do.
    pub effect: Effect,
    /// How many tries there were since it was planned or unparked, including this one.
    pub tries: u32,
}
