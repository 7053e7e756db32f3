//! What is to be done in the world: taken by one for a while, given back, put aside.

use super::{Error, Store};
use crate::checkout::{CheckoutId, Effect, Moment};

verbs! {
    /// Called by a proxy that starts. One that has to have the database to itself takes it, until it closes the store, and gives back
    /// what an earlier run had claimed.
    ///
    /// # Errors
    /// [`Error::InUse`] when another proxy has it, or the database says no.
    fn release_claims() -> Result<(), Error>;

    /// Takes effects that are due, for `lease_ms` milliseconds; after that somebody else may take them. A lease that ends later than any
    /// can was given by a clock that went wrong, and is none. What a customer waits for goes first. One that does not read is parked.
    ///
    /// # Errors
    /// When the database says no.
    fn claim_due(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<Claimed>, Error>;

    /// When the next effect is due, or its lease ends.
    ///
    /// # Errors
    /// When the database says no.
    fn next_due() -> Result<Option<Moment>, Error>;

    /// Gives an effect back, to be tried again at `due_at`; nothing if the claim has been lost.
    ///
    /// # Errors
    /// When the database says no; its lease then runs out by itself.
    fn postpone(claim: &Claim, due_at: Moment) -> Result<(), Error>;

    /// Puts an effect that cannot succeed aside, with the reason; nothing if the claim has been lost.
    ///
    /// # Errors
    /// When the database says no; its lease then runs out by itself.
    fn park(claim: &Claim, reason: &str) -> Result<(), Error>;
}

/// The right to settle a row of the outbox: it is lost when somebody else has claimed the row since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub id: String,
    /// How often the row has been claimed, this claim included.
    pub tries: u32,
}

/// An effect that this process has taken to carry out until its lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The right to settle it.
    pub claim: Claim,
    /// The checkout that it came from.
    pub checkout_id: CheckoutId,
    /// That checkout's trace id, if it has one.
    pub trace_id: Option<String>,
    /// The sales unit that is paid.
    pub sales_unit: String,
    /// What to do.
    pub effect: Effect,
    /// How often it was begun since it was planned, or released from being parked.
    pub tries: u32,
}
