//! API keys of the shop's backend. Only a hash of each secret is stored.

use kvitt_wire::Role;
use serde::Serialize;

use super::{Error, Store};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

/// A shop key: its prefix, and a hash of its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredKey {
    /// The visible prefix, which identifies it.
    pub prefix: String,
    /// The name that the operator gave it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only sales unit that it has access to; `None` for all.
    pub sales_unit: Option<String>,
    /// The hash of its secret.
    #[serde(skip)]
    pub secret_hash: String,
    /// When it was created.
    pub created_at: Moment,
    /// When it was last used, to the minute.
    pub used_at: Option<Moment>,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

verbs! {
    /// Inserts a new key, which was never used or revoked.
    ///
    /// # Errors
    /// On a database error, or when the prefix exists already.
    fn add_shop_key(key: &StoredKey, audit: &Entry) -> Result<(), Error>;

    /// All keys, including revoked ones, oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn shop_keys() -> Result<Vec<StoredKey>, Error>;

    /// The key with that prefix, revoked or not.
    ///
    /// # Errors
    /// On a database error.
    fn shop_key(prefix: &str) -> Result<Option<StoredKey>, Error>;

    /// Updates when a key was last used.
    ///
    /// # Errors
    /// On a database error.
    fn touch_shop_key(prefix: &str, now: Moment) -> Result<(), Error>;

    /// Revokes a key. False when it does not exist or was revoked before.
    ///
    /// # Errors
    /// On a database error.
    fn revoke_shop_key(prefix: &str, audit: &Entry) -> Result<bool, Error>;
}
