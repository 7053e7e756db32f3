//! Idempotency keys of requests: for each key, the hash of the request and the checkout that it opened or changed.

use super::db::{Row, Statement};
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

impl Store {
    /// The first request with that key, and when it was made.
    ///
    /// # Errors
    /// On a database error.
    pub async fn idempotency_record(&self, key: &str) -> Result<Option<(IdempotencyRecord, Moment)>, Error> {
        let query =
            Statement::new("SELECT key, fingerprint, checkout_id, created_at FROM idempotency_keys WHERE key = $1");
        let read = |row: &Row<'_>| {
            let keyed = IdempotencyRecord {
                key: row.get("key")?,
                fingerprint: row.get("fingerprint")?,
                checkout_id: row.get("checkout_id")?,
            };
            Ok((keyed, row.get("created_at")?))
        };
        self.db.one(query.bind(key), read).await
    }

    /// Deletes a key, unless another checkout has been opened under it meanwhile.
    ///
    /// # Errors
    /// On a database error.
    pub async fn free_idempotency_key(&self, keyed: &IdempotencyRecord) -> Result<(), Error> {
        let free = Statement::new("DELETE FROM idempotency_keys WHERE key = $1 AND checkout_id = $2");
        self.db.execute(free.bind(&keyed.key).bind(keyed.checkout_id)).await.map(drop)
    }

    /// Deletes keys that were inserted before that time, `most` at once. How many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_idempotency_keys(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let prune = Statement::each(
            "DELETE FROM idempotency_keys WHERE key IN ( \
                 SELECT key FROM idempotency_keys WHERE created_at < $1 LIMIT $2)",
            "DELETE FROM idempotency_keys WHERE key = ANY (ARRAY( \
                 SELECT key FROM idempotency_keys WHERE created_at < $1 LIMIT $2))",
        );
        self.db.execute(prune.bind(before).bind(most)).await
    }
}

/// Inserts a key, within the transaction of its request. It changes no row when the key exists already. The same key on another proxy waits
/// here until the first transaction has ended.
pub(super) fn insertion(keyed: &IdempotencyRecord, now: Moment) -> Statement {
    Statement::new(
        "INSERT INTO idempotency_keys (key, fingerprint, checkout_id, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&keyed.key)
    .bind(&keyed.fingerprint)
    .bind(keyed.checkout_id)
    .bind(now)
}
