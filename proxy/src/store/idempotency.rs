//! Requests that are to be done once: which key came with what, and what was done for it.

use super::{Error, Store};
use crate::checkout::{CheckoutId, Moment};

/// A request with an idempotency key, as it is written down: neither the key nor what was asked can be read off it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The hash of the key and of whose it is.
    pub key: String,
    /// The hash of what was asked for.
    pub fingerprint: String,
    /// The checkout that the request opens or changes.
    pub checkout_id: CheckoutId,
}

verbs! {
    /// The request that a key came with before, and when.
    ///
    /// # Errors
    /// When the database says no.
    fn keyed(key: &str) -> Result<Option<(Keyed, Moment)>, Error>;

    /// Forgets the keys that came before that moment.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_keyed(before: Moment) -> Result<(), Error>;
}
