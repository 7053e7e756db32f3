//! The inbox on SQLite.

use sqlx::Row;

use super::Sqlite;
use crate::checkout::Moment;
use crate::store::inbox::dedupe_key;
use crate::store::{ClaimedWebhook, Error, Webhook};

impl Sqlite {
    pub(in crate::store) async fn accept_webhooks(&self, webhooks: &[Webhook], now: Moment) -> Result<(), Error> {
        let rows: Vec<_> = webhooks
            .iter()
            .map(|webhook| {
                serde_json::json!({
                    "key": dedupe_key(webhook),
                    "sales_unit": webhook.sales_unit,
                    "reference": webhook.reference,
                    "name": webhook.name,
                })
            })
            .collect();
        let rows = serde_json::to_string(&rows)?;
        let insert = sqlx::query(
            "INSERT INTO inbox (dedupe_key, sales_unit, reference, name, received_at) \
             SELECT value ->> 'key', value ->> 'sales_unit', value ->> 'reference', value ->> 'name', $2 \
             FROM json_each($1) WHERE true ON CONFLICT (dedupe_key) DO NOTHING",
        );
        self.batcher.execute(insert.bind(rows).bind(now.0)).await
    }

    pub(in crate::store) async fn prune_webhooks(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let some = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE done_at < $1 LIMIT $2)";
        Ok(sqlx::query(some).bind(before.0).bind(most).execute(&self.writer).await?.rows_affected())
    }

    pub(in crate::store) async fn claim_webhooks(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<ClaimedWebhook>, Error> {
        let claim = sqlx::query(
            "UPDATE inbox SET lease_until = $1 + $2 WHERE id IN ( \
                 SELECT id FROM inbox WHERE done_at IS NULL AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) ORDER BY id LIMIT $3) \
             RETURNING id, sales_unit, reference, name",
        );
        let rows = self.batcher.fetch_all(claim.bind(now.0).bind(lease_ms).bind(most)).await?;
        let waiting = rows.into_iter().map(|row| {
            Ok(ClaimedWebhook {
                id: row.try_get("id")?,
                sales_unit: row.try_get("sales_unit")?,
                reference: row.try_get("reference")?,
                name: row.try_get("name")?,
            })
        });
        let mut waiting = waiting.collect::<Result<Vec<_>, Error>>()?;
        waiting.sort_by_key(|waiting| waiting.id);
        Ok(waiting)
    }
}
