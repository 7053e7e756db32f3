//! Idempotency keys of requests: for each key, the hash of the request and the checkout that it opened or changed.

use super::{Error, Store};
use crate::checkout::{CheckoutId, Moment};

/// A request with an idempotency key. Key and request are stored as hashes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The hash of the key and its owner.
    pub key: String,
    /// The hash of the request.
    pub fingerprint: String,
    /// The checkout that the request opens or changes.
    pub checkout_id: CheckoutId,
}

verbs! {
    /// The first request with that key, and when it was made.
    ///
    /// # Errors
    /// On a database error.
    fn idempotency_record(key: &str) -> Result<Option<(IdempotencyRecord, Moment)>, Error>;

    /// Deletes keys that were inserted before that time, `most` at once. How many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_idempotency_keys(before: Moment, most: u32) -> Result<u64, Error>;
}
