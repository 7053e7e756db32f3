//! The outbox on PostgreSQL.

use sqlx::Row;

use super::{Postgres, count};
use crate::checkout::{CheckoutId, Moment};
use crate::store::{Claim, ClaimedEffect, Error};

impl Postgres {
    pub(in crate::store) async fn claim_due(
        &self,
        most: u32,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Vec<ClaimedEffect>, Error> {
        let rows = sqlx::query(
            "UPDATE outbox SET lease_until = $1 + $2, tries = tries + 1 WHERE id = ANY (ARRAY( \
                 SELECT id FROM outbox WHERE due_at <= $1 AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) AND parked_reason IS NULL \
                 ORDER BY kind <> 'create_payment', due_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
             RETURNING id, checkout_id, sales_unit, effect::text AS effect, tries, tries - tries_before AS fresh_tries, \
                 (SELECT state ->> 'trace_id' FROM checkouts WHERE checkouts.id = checkout_id) AS trace_id",
        )
        .bind(now.0)
        .bind(lease_ms)
        .bind(i64::from(most))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            let claim = Claim { id: row.try_get("id")?, tries: count(row.try_get("tries")?)? };
            match serde_json::from_str(row.try_get("effect")?) {
                Ok(effect) => claimed.push(ClaimedEffect {
                    claim,
                    checkout_id: CheckoutId(row.try_get("checkout_id")?),
                    trace_id: row.try_get("trace_id")?,
                    sales_unit: row.try_get("sales_unit")?,
                    effect,
                    tries: count(row.try_get("fresh_tries")?)?,
                }),
                Err(_) => self.park(&claim, "written by another release").await?,
            }
        }
        Ok(claimed)
    }

    pub(in crate::store) async fn next_due(&self) -> Result<Option<Moment>, Error> {
        let row =
            sqlx::query("SELECT min(greatest(due_at, lease_until)) AS due FROM outbox WHERE parked_reason IS NULL")
                .fetch_one(&mut *self.connections.get().await?)
                .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Moment))
    }

    pub(in crate::store) async fn postpone(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        sqlx::query("UPDATE outbox SET due_at = $3, lease_until = 0 WHERE id = $1 AND tries = $2")
            .bind(&claim.id)
            .bind(i64::from(claim.tries))
            .bind(due_at.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn park(&self, claim: &Claim, reason: &str) -> Result<(), Error> {
        sqlx::query("UPDATE outbox SET parked_reason = $3, lease_until = 0 WHERE id = $1 AND tries = $2")
            .bind(&claim.id)
            .bind(i64::from(claim.tries))
            .bind(reason)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }
}
