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
    /// for: who knows by which clock it was put off.
    ///
    /// # Errors
    /// When the database says no.
    fn clock_went_back(now: Moment) -> Result<(), Error>;
}
