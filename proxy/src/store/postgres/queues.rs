//! The operator's view of the queues on PostgreSQL.

use sqlx::Row;

use super::{Postgres, count};
use crate::checkout::audit::Entry;
use crate::checkout::{CheckoutId, Effect, Moment};
use crate::store::queues::{Depths, EffectFilter, ListedEffect, ParkedEffect};
use crate::store::{Claim, Error};

impl Postgres {
    pub(in crate::store) async fn depths(&self, now: Moment) -> Result<Depths, Error> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL) AS inbox, \
                    (SELECT count(*) FROM outbox WHERE parked_reason IS NULL) AS outbox, \
                    (SELECT count(*) FROM outbox WHERE parked_reason IS NOT NULL) AS parked, \
                    (SELECT coalesce(max($1 - due_at), 0) FROM outbox WHERE parked_reason IS NULL) AS overdue_ms",
        )
        .bind(now.0)
        .fetch_one(&mut *self.connections.get().await?)
        .await?;
        Ok(Depths {
            inbox: row.try_get("inbox")?,
            outbox: row.try_get("outbox")?,
            parked: row.try_get("parked")?,
            overdue_ms: row.try_get::<i64, _>("overdue_ms")?.max(0),
        })
    }

    pub(in crate::store) async fn phases(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query("SELECT phase, count(*) AS n FROM checkouts GROUP BY phase")
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        rows.into_iter().map(|row| Ok((row.try_get("phase")?, row.try_get("n")?))).collect()
    }

    pub(in crate::store) async fn effects(&self, which: EffectFilter, most: u32) -> Result<Vec<ListedEffect>, Error> {
        let (least, greatest) = which.parked_between();
        let rows = sqlx::query(
            "SELECT id, kind, sales_unit, effect ->> 'reference' AS reference, tries - tries_before AS tries, created_at, due_at, \
                    parked_reason FROM outbox WHERE (parked_reason IS NOT NULL) BETWEEN $1 AND $2 \
             ORDER BY created_at, id LIMIT $3",
        )
        .bind(least)
        .bind(greatest)
        .bind(i64::from(most))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        let listed = rows.into_iter().map(|row| {
            Ok(ListedEffect {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                sales_unit: row.try_get("sales_unit")?,
                reference: row.try_get("reference")?,
                tries: row.try_get("tries")?,
                created_at: Moment(row.try_get("created_at")?),
                due_at: Moment(row.try_get("due_at")?),
                parked_reason: row.try_get("parked_reason")?,
            })
        });
        listed.collect()
    }

    pub(in crate::store) async fn parked(&self, id: Option<&str>) -> Result<Vec<ParkedEffect>, Error> {
        let rows = sqlx::query(
            "SELECT id, checkout_id, sales_unit, tries, effect::text AS effect, parked_reason FROM outbox \
             WHERE parked_reason IS NOT NULL AND ($1::text IS NULL OR id = $1) ORDER BY created_at, id",
        )
        .bind(id)
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        let parked = rows.into_iter().map(|row| {
            Ok(ParkedEffect {
                claim: Claim { id: row.try_get("id")?, tries: count(row.try_get("tries")?)? },
                checkout_id: CheckoutId(row.try_get("checkout_id")?),
                sales_unit: row.try_get("sales_unit")?,
                reason: row.try_get("parked_reason")?,
                effect: serde_json::from_str(row.try_get("effect")?).ok(),
            })
        });
        parked.collect()
    }

    pub(in crate::store) async fn unpark(
        &self,
        claim: &Claim,
        effect: Option<&Effect>,
        audit: &Entry,
    ) -> Result<bool, Error> {
        let unparked = sqlx::query(
            "UPDATE outbox SET parked_reason = NULL, tries_before = tries, due_at = $3, lease_until = 0, \
                    effect = coalesce($4::json, effect) \
             WHERE id = $1 AND tries = $2 AND parked_reason IS NOT NULL",
        )
        .bind(&claim.id)
        .bind(i64::from(claim.tries))
        .bind(audit.at.0)
        .bind(effect.map(serde_json::to_string).transpose()?);
        Ok(self.audited([unparked], audit).await? == 1)
    }

    pub(in crate::store) async fn inbox_age_ms(&self, now: Moment) -> Result<Option<i64>, Error> {
        let row = sqlx::query("SELECT $1::bigint - min(received_at) AS age FROM inbox WHERE done_at IS NULL")
            .bind(now.0)
            .fetch_one(&mut *self.connections.get().await?)
            .await?;
        Ok(row.try_get("age")?)
    }
}
