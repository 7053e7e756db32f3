//! The keys of the shop's own machines.

use serde::Serialize;

use super::{Error, Store};
use crate::checkout::Moment;

/// A key as it is written down: what it begins with, and a hash of the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredKey {
    /// What it begins with, and is called by.
    pub prefix: String,
    /// What the operator calls it.
    pub name: String,
    /// The one sales unit that it is for; none where it is for all.
    pub sales_unit: Option<String>,
    /// The hash of its secret.
    #[serde(skip)]
    pub secret_hash: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it was used last, to the minute.
    pub used_at: Option<Moment>,
    /// When it ceased to be one.
    pub revoked_at: Option<Moment>,
}

verbs! {
    /// Writes a new key down.
    ///
    /// # Errors
    /// When the database says no, or the prefix is taken.
    fn add_shop_key(
        prefix: &str,
        name: &str,
        sales_unit: Option<&str>,
        secret_hash: &str,
        now: Moment
    ) -> Result<(), Error>;

    /// All keys, revoked ones too, oldest first.
    ///
    /// # Errors
    /// When the database says no.
    fn shop_keys() -> Result<Vec<StoredKey>, Error>;

    /// The key that begins so, revoked or not.
    ///
    /// # Errors
    /// When the database says no.
    fn shop_key(prefix: &str) -> Result<Option<StoredKey>, Error>;

    /// Says that a key has been used.
    ///
    /// # Errors
    /// When the database says no.
    fn use_shop_key(prefix: &str, now: Moment) -> Result<(), Error>;

    /// Revokes a key. False when there is none, or it has been revoked before.
    ///
    /// # Errors
    /// When the database says no.
    fn revoke_shop_key(prefix: &str, now: Moment) -> Result<bool, Error>;
}
