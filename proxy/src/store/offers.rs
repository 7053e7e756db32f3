//! Orders that a page has offered and that nobody has pressed pay on.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Forgets those that ran out before that moment, some at once; how many.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_idle(before: Moment, most: u32) -> Result<u64, Error>;
}
