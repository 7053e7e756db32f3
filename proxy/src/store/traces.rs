//! Trace ids, where the whole checkout is not loaded.

use super::{Error, Store};
use crate::checkout::CheckoutId;

verbs! {
    /// The checkout that a payment belongs to, and its trace id if it has one.
    ///
    /// # Errors
    /// On a database error.
    fn trace_of(reference: &str) -> Result<Option<(CheckoutId, Option<String>)>, Error>;
}
