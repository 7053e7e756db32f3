//! The inbox on PostgreSQL.

use sqlx::Row;

use super::Postgres;
use crate::checkout::Moment;
use crate::store::inbox::dedupe_key;
use crate::store::{ClaimedWebhook, Error, Wake, Webhook};

impl Postgres {
    pub(in crate::store) async fn accept_webhooks(&self, webhooks: &[Webhook], now: Moment) -> Result<(), Error> {
        let mut connection = self.connections.get().await?;
        let column = |of: fn(&Webhook) -> String| webhooks.iter().map(of).collect::<Vec<_>>();
        // Every proxy inserts in the same order, so that two proxies with the same webhooks do not deadlock.
        let fresh = sqlx::query(
            "INSERT INTO inbox (dedupe_key, sales_unit, reference, name, received_at) \
             SELECT key, sales_unit, reference, name, $5 \
             FROM unnest($1, $2, $3, $4) AS fresh (key, sales_unit, reference, name) ORDER BY key \
             ON CONFLICT (dedupe_key) DO NOTHING",
        )
        .bind(column(dedupe_key))
        .bind(column(|webhook| webhook.sales_unit.clone()))
        .bind(column(|webhook| webhook.reference.clone()))
        .bind(column(|webhook| webhook.name.clone()))
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
        if fresh.rows_affected() > 0 {
            self.notify(&mut connection, Wake::Inbox).await;
        }
        Ok(())
    }

    pub(in crate::store) async fn prune_webhooks(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let some = "DELETE FROM inbox WHERE id = ANY (ARRAY(SELECT id FROM inbox WHERE done_at < $1 LIMIT $2))";
        let some = sqlx::query(some).bind(before.0).bind(i64::from(most));
        Ok(some.execute(&mut *self.connections.get().await?).await?.rows_affected())
    }

    pub(in crate::store) async fn claim_webhooks(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<ClaimedWebhook>, Error> {
        let rows = sqlx::query(
            "WITH claimed AS (UPDATE inbox SET lease_until = $1 + $2 WHERE id = ANY (ARRAY( \
                 SELECT id FROM inbox WHERE done_at IS NULL AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) ORDER BY id LIMIT $3 \
                 FOR UPDATE SKIP LOCKED)) \
             RETURNING id, sales_unit, reference, name) SELECT * FROM claimed ORDER BY id",
        )
        .bind(now.0)
        .bind(lease_ms)
        .bind(i64::from(most))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ClaimedWebhook {
                    id: row.try_get("id")?,
                    sales_unit: row.try_get("sales_unit")?,
                    reference: row.try_get("reference")?,
                    name: row.try_get("name")?,
                })
            })
            .collect()
    }
}
