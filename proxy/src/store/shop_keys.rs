//! API keys of the shop's backend. Only a hash of each secret is stored.

use kvitt_wire::Role;
use serde::Serialize;

use super::db::{Row, Statement};
use super::{Error, Store, role};
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

impl Store {
    /// Inserts a new key, which was never used or revoked.
    ///
    /// # Errors
    /// On a database error, or when the prefix exists already.
    pub async fn add_shop_key(&self, key: &StoredKey, audit: &Entry) -> Result<(), Error> {
        let add = Statement::new(
            "INSERT INTO shop_keys (prefix, name, role, sales_unit, secret_hash, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let add = add
            .bind(&key.prefix)
            .bind(&key.name)
            .bind(key.role.as_str())
            .bind(key.sales_unit.clone())
            .bind(&key.secret_hash)
            .bind(key.created_at);
        self.audited([add], audit).await.map(drop)
    }

    /// All keys, including revoked ones, oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn shop_keys(&self) -> Result<Vec<StoredKey>, Error> {
        let query = Statement::new(
            "SELECT prefix, name, role, sales_unit, secret_hash, created_at, used_at, revoked_at \
             FROM shop_keys ORDER BY created_at, prefix",
        );
        self.db.all(query, key).await
    }

    /// The key with that prefix, revoked or not.
    ///
    /// # Errors
    /// On a database error.
    pub async fn shop_key(&self, prefix: &str) -> Result<Option<StoredKey>, Error> {
        let query = Statement::new(
            "SELECT prefix, name, role, sales_unit, secret_hash, created_at, used_at, revoked_at \
             FROM shop_keys WHERE prefix = $1",
        );
        self.db.one(query.bind(prefix), key).await
    }

    /// Updates when a key was last used.
    ///
    /// # Errors
    /// On a database error.
    pub async fn touch_shop_key(&self, prefix: &str, now: Moment) -> Result<(), Error> {
        let touch = Statement::new("UPDATE shop_keys SET used_at = $2 WHERE prefix = $1").bind(prefix).bind(now);
        self.db.execute(touch).await.map(drop)
    }

    /// Revokes a key. False when it does not exist or was revoked before.
    ///
    /// # Errors
    /// On a database error.
    pub async fn revoke_shop_key(&self, prefix: &str, audit: &Entry) -> Result<bool, Error> {
        let revoke = Statement::new("UPDATE shop_keys SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL");
        Ok(self.audited([revoke.bind(prefix).bind(audit.at)], audit).await? == 1)
    }
}

fn key(row: &Row<'_>) -> Result<StoredKey, Error> {
    Ok(StoredKey {
        prefix: row.get("prefix")?,
        name: row.get("name")?,
        role: role(row.get("role")?),
        sales_unit: row.get("sales_unit")?,
        secret_hash: row.get("secret_hash")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
