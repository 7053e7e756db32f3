//! The deletion of orders that came to nothing on PostgreSQL.

use sqlx::Connection;

use super::Postgres;
use crate::checkout::Moment;
use crate::store::Error;

impl Postgres {
    pub(in crate::store) async fn prune_idle_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let idle = "SELECT id FROM checkouts WHERE idle_until < $1 ORDER BY idle_until LIMIT $2 \
                    FOR UPDATE SKIP LOCKED";
        self.delete_orders(idle, before, most).await
    }

    pub(in crate::store) async fn prune_unpaid_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let unpaid = "SELECT id FROM checkouts WHERE unpaid_since < $1 \
                      AND NOT EXISTS (SELECT 1 FROM outbox WHERE checkout_id = checkouts.id) \
                      ORDER BY unpaid_since LIMIT $2 FOR UPDATE SKIP LOCKED";
        self.delete_orders(unpaid, before, most).await
    }

    /// Deletes the orders whose ids a statement selects, with all that belongs to them. The audit stays.
    async fn delete_orders(&self, which: &'static str, before: Moment, most: u32) -> Result<u64, Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        let which = sqlx::query_scalar(which).bind(before.0).bind(i64::from(most));
        let ids: Vec<uuid::Uuid> = which.fetch_all(&mut *tx).await?;
        let mut deleted = 0;
        for statement in [
            "DELETE FROM idempotency_keys WHERE checkout_id = ANY($1)",
            "DELETE FROM outbox WHERE checkout_id = ANY($1)",
            "DELETE FROM attempts WHERE checkout_id = ANY($1)",
            "DELETE FROM events WHERE checkout_id = ANY($1)",
            "DELETE FROM checkouts WHERE id = ANY($1)",
        ] {
            deleted = sqlx::query(statement).bind(&ids).execute(&mut *tx).await?.rows_affected();
        }
        tx.commit().await?;
        Ok(deleted)
    }

    pub(in crate::store) async fn idle_orders(&self, most: u32) -> Result<i64, Error> {
        let count = "SELECT count(*) FROM (SELECT 1 FROM checkouts WHERE idle_until IS NOT NULL LIMIT $1) AS idle";
        Ok(sqlx::query_scalar(count).bind(i64::from(most)).fetch_one(&mut *self.connections.get().await?).await?)
    }
}
