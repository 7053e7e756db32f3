//! The deletion of orders that came to nothing on SQLite.

use super::Sqlite;
use super::writer::Work;
use crate::checkout::Moment;
use crate::store::Error;

impl Sqlite {
    pub(in crate::store) async fn prune_idle_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        self.delete_orders("SELECT id FROM checkouts WHERE idle_until < $1 ORDER BY idle_until LIMIT $2", before, most)
            .await
    }

    pub(in crate::store) async fn prune_unpaid_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let unpaid = "SELECT id FROM checkouts WHERE unpaid_since < $1 \
                      AND NOT EXISTS (SELECT 1 FROM outbox WHERE checkout_id = checkouts.id) \
                      ORDER BY unpaid_since LIMIT $2";
        self.delete_orders(unpaid, before, most).await
    }

    /// Deletes the orders whose ids a statement selects, with all that belongs to them. The audit stays.
    async fn delete_orders(&self, which: &'static str, before: Moment, most: u32) -> Result<u64, Error> {
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    let which = sqlx::query_scalar(which).bind(before.0).bind(most);
                    let ids: Vec<String> = which.fetch_all(&mut *connection).await?;
                    let ids = serde_json::to_string(&ids)?;
                    let mut deleted = 0;
                    for statement in [
                        "DELETE FROM idempotency_keys WHERE checkout_id IN (SELECT value FROM json_each($1))",
                        "DELETE FROM outbox WHERE checkout_id IN (SELECT value FROM json_each($1))",
                        "DELETE FROM attempts WHERE checkout_id IN (SELECT value FROM json_each($1))",
                        "DELETE FROM events WHERE checkout_id IN (SELECT value FROM json_each($1))",
                        "DELETE FROM checkouts WHERE id IN (SELECT value FROM json_each($1))",
                    ] {
                        deleted = sqlx::query(statement).bind(&ids).execute(&mut *connection).await?.rows_affected();
                    }
                    Ok(Work::Commit(deleted))
                })
            })
            .await
    }

    pub(in crate::store) async fn idle_orders(&self, most: u32) -> Result<i64, Error> {
        let count = "SELECT count(*) FROM (SELECT 1 FROM checkouts WHERE idle_until IS NOT NULL LIMIT $1)";
        Ok(sqlx::query_scalar(count).bind(most).fetch_one(&self.readers).await?)
    }
}
