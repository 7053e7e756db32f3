//! An effect that was claimed and may not be carried out yet.

use super::{Claim, Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Gives an effect back that nothing was tried of; nothing if the claim has been lost. The number of its tries is what it was before
    /// the claim, and so no less than in any claim that may still be out.
    ///
    /// # Errors
    /// When the database says no; its lease then runs out by itself.
    fn defer(claim: &Claim, due_at: Moment) -> Result<(), Error>;
}
