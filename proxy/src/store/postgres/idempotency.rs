//! Idempotency keys on PostgreSQL.

use sqlx::{PgConnection, Row};

use super::Postgres;
use crate::checkout::{CheckoutId, Moment};
use crate::store::{Error, IdempotencyRecord};

impl Postgres {
    pub(in crate::store) async fn idempotency_record(
        &self,
        key: &str,
    ) -> Result<Option<(IdempotencyRecord, Moment)>, Error> {
        let row = sqlx::query("SELECT fingerprint, checkout_id, created_at FROM idempotency_keys WHERE key = $1")
            .bind(key)
            .fetch_optional(&mut *self.connections.get().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let checkout_id = CheckoutId(row.try_get("checkout_id")?);
        let keyed = IdempotencyRecord { key: key.to_owned(), fingerprint: row.try_get("fingerprint")?, checkout_id };
        Ok(Some((keyed, Moment(row.try_get("created_at")?))))
    }

    pub(in crate::store) async fn prune_idempotency_keys(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let some = "DELETE FROM idempotency_keys WHERE key = ANY (ARRAY( \
                        SELECT key FROM idempotency_keys WHERE created_at < $1 LIMIT $2))";
        let some = sqlx::query(some).bind(before.0).bind(i64::from(most));
        Ok(some.execute(&mut *self.connections.get().await?).await?.rows_affected())
    }
}

/// Inserts a key, within the transaction of its request. False when the key exists already. The same key on another proxy waits here until
/// the first transaction has ended.
pub(super) async fn insert(
    connection: &mut PgConnection,
    keyed: &IdempotencyRecord,
    now: Moment,
) -> Result<bool, Error> {
    let taken = sqlx::query(
        "INSERT INTO idempotency_keys (key, fingerprint, checkout_id, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&keyed.key)
    .bind(&keyed.fingerprint)
    .bind(keyed.checkout_id.0)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() == 1)
}
