//! Idle orders on SQLite.

use super::Sqlite;
use super::writer::Work;
use crate::checkout::Moment;
use crate::store::Error;

impl Sqlite {
    pub(in crate::store) async fn prune_idle_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    let mut deleted = 0;
                    for statement in [
                        "DELETE FROM idempotency_keys WHERE checkout_id IN (SELECT id FROM checkouts WHERE idle_until < $1 \
                             ORDER BY idle_until, id LIMIT $2)",
                        "DELETE FROM outbox WHERE checkout_id IN (SELECT id FROM checkouts WHERE idle_until < $1 \
                             ORDER BY idle_until, id LIMIT $2)",
                        "DELETE FROM attempts WHERE checkout_id IN (SELECT id FROM checkouts WHERE idle_until < $1 \
                             ORDER BY idle_until, id LIMIT $2)",
                        "DELETE FROM checkouts WHERE id IN (SELECT id FROM checkouts WHERE idle_until < $1 \
                             ORDER BY idle_until, id LIMIT $2)",
                    ] {
                        let result = sqlx::query(statement).bind(before.0).bind(most).execute(&mut *connection).await?;
                        deleted = result.rows_affected();
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
