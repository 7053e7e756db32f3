//! An effect that was claimed and may not be carried out yet.

use super::{Claim, Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Gives an effect back that nothing was tried of: the claim does not count as a try. Nothing if the claim has been lost.
    ///
    /// # Errors
    /// When the database says no; its lease then runs out by itself.
    fn defer(claim: &Claim, due_at: Moment) -> Result<(), Error>;
}
