//! The outbox on SQLite.

use sqlx::Row;

use super::{Sqlite, checkout_id};
use crate::checkout::Moment;
use crate::store::{Claim, ClaimedEffect, Error};

impl Sqlite {
    /// Called by the owner of the file when it opens it: whoever had claimed rows has ended.
    pub(super) async fn release_claims(&self) -> Result<(), Error> {
        sqlx::query("UPDATE outbox SET lease_until = 0 WHERE lease_until > 0").execute(&self.writer).await?;
        sqlx::query("UPDATE inbox SET lease_until = 0 WHERE lease_until > 0").execute(&self.writer).await?;
        Ok(())
    }

    pub(in crate::store) async fn claim_due(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<ClaimedEffect>, Error> {
        let claim = sqlx::query(
            "UPDATE outbox SET lease_until = $1 + $2, tries = tries + 1 WHERE id IN ( \
                 SELECT id FROM outbox WHERE due_at <= $1 AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) AND parked_reason IS NULL \
                 ORDER BY kind <> 'create_payment', due_at LIMIT $3) \
             RETURNING id, checkout_id, sales_unit, effect, tries, tries - tries_before AS fresh_tries, \
                 (SELECT state ->> 'trace_id' FROM checkouts WHERE checkouts.id = checkout_id) AS trace_id",
        );
        let rows = self.batcher.fetch_all(claim.bind(now.0).bind(lease_ms).bind(most)).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            let claim = Claim { id: row.try_get("id")?, tries: row.try_get("tries")? };
            match serde_json::from_str(row.try_get("effect")?) {
                Ok(effect) => claimed.push(ClaimedEffect {
                    claim,
                    checkout_id: checkout_id(row.try_get("checkout_id")?)?,
                    trace_id: row.try_get("trace_id")?,
                    sales_unit: row.try_get("sales_unit")?,
                    effect,
                    tries: row.try_get("fresh_tries")?,
                }),
                Err(_) => self.park(&claim, "written by another release").await?,
            }
        }
        Ok(claimed)
    }

    pub(in crate::store) async fn next_due(&self) -> Result<Option<Moment>, Error> {
        let row = sqlx::query("SELECT min(max(due_at, lease_until)) AS due FROM outbox WHERE parked_reason IS NULL")
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Moment))
    }

    pub(in crate::store) async fn postpone(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        let postpone = sqlx::query("UPDATE outbox SET due_at = $3, lease_until = 0 WHERE id = $1 AND tries = $2");
        self.batcher.execute(postpone.bind(claim.id.clone()).bind(claim.tries).bind(due_at.0)).await
    }

    pub(in crate::store) async fn park(&self, claim: &Claim, reason: &str) -> Result<(), Error> {
        let park = sqlx::query("UPDATE outbox SET parked_reason = $3, lease_until = 0 WHERE id = $1 AND tries = $2");
        self.batcher.execute(park.bind(claim.id.clone()).bind(claim.tries).bind(reason.to_owned())).await
    }
}
