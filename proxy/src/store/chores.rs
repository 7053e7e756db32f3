//! Whose turn it is to do what is done by the clock.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Takes a chore that is due, for `lease_ms` milliseconds; after that it is due again. One that nobody has heard of is due, and so is
    /// one whose turn is later than any can be that comes each `every_ms`: it was put off by a clock that went wrong.
    ///
    /// # Errors
    /// When the database says no.
    fn claim_chore(name: &str, every_ms: i64, lease_ms: i64, now: Moment) -> Result<bool, Error>;

    /// Says when a chore is to be done next.
    ///
    /// # Errors
    /// When the database says no; the claim then runs out by itself.
    fn postpone_chore(name: &str, due_at: Moment) -> Result<(), Error>;
}
