//! What ties the lines of the log together, where the whole checkout is not read.

use super::{Error, Store};
use crate::checkout::CheckoutId;

verbs! {
    /// The checkout that a payment belongs to, and its trace id if it has one.
    ///
    /// # Errors
    /// When the database says no.
    fn traced(reference: &str) -> Result<Option<(CheckoutId, Option<String>)>, Error>;
}
