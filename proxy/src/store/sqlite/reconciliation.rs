//! Reconciliation and gauges on SQLite.

use sqlx::Row;

use super::{Sqlite, checkout_id};
use crate::checkout::{Checkout, CheckoutId, Moment};
use crate::store::Error;
use crate::store::reconciliation::{Comparison, StoredGauge, parse_documents};

impl Sqlite {
    pub(in crate::store) async fn orders_to_reconcile(
        &self,
        after: Option<CheckoutId>,
        since: Moment,
        most: u32,
    ) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM checkouts WHERE (created_at >= $1 OR uncaptured > 0) AND ($2 IS NULL OR id > $2) AND NOT EXISTS ( \
                 SELECT 1 FROM outbox WHERE checkout_id = checkouts.id AND parked_reason IS NULL AND kind NOT IN ('look', 'lapse', 'categorize')) \
             ORDER BY id LIMIT $3",
        )
        .bind(since.0)
        .bind(after.map(|id| id.to_string()))
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| checkout_id(row.try_get("id")?)).collect()
    }

    pub(in crate::store) async fn save_comparison(
        &self,
        comparison: &Comparison,
        keep_from: Moment,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM reconciliations WHERE begun_at < $1 OR begun_at = $2")
            .bind(keep_from.0)
            .bind(comparison.begun_at.0)
            .execute(&self.writer)
            .await?;
        sqlx::query("INSERT INTO reconciliations (begun_at, drift, report) VALUES ($1, $2, $3)")
            .bind(comparison.begun_at.0)
            .bind(comparison.drift)
            .bind(&comparison.report)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn last_comparison(&self) -> Result<Option<Comparison>, Error> {
        let row = sqlx::query("SELECT begun_at, drift, report FROM reconciliations ORDER BY begun_at DESC LIMIT 1")
            .fetch_optional(&self.readers)
            .await?;
        let comparison = row.map(|row| {
            Ok(Comparison {
                begun_at: Moment(row.try_get("begun_at")?),
                drift: row.try_get("drift")?,
                report: row.try_get("report")?,
            })
        });
        comparison.transpose()
    }

    pub(in crate::store) async fn uncaptured_orders(&self) -> Result<Vec<Checkout>, Error> {
        let rows = sqlx::query("SELECT id, state FROM checkouts WHERE uncaptured > 0 ORDER BY created_at")
            .fetch_all(&self.readers)
            .await?;
        let documents = rows.iter().map(|row| Ok((checkout_id(row.try_get("id")?)?, row.try_get("state")?)));
        Ok(parse_documents(documents.collect::<Result<Vec<_>, Error>>()?.into_iter()))
    }

    pub(in crate::store) async fn drifting_orders(&self, most: u32) -> Result<Vec<Checkout>, Error> {
        let query = "SELECT id, state FROM checkouts WHERE drift_since IS NOT NULL ORDER BY drift_since LIMIT $1";
        let rows = sqlx::query(query).bind(most).fetch_all(&self.readers).await?;
        let documents = rows.iter().map(|row| Ok((checkout_id(row.try_get("id")?)?, row.try_get("state")?)));
        Ok(parse_documents(documents.collect::<Result<Vec<_>, Error>>()?.into_iter()))
    }

    pub(in crate::store) async fn save_gauge(
        &self,
        name: &str,
        label: &str,
        value: i64,
        now: Moment,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO readings (name, label, value, read_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name, label) DO UPDATE SET value = excluded.value, read_at = excluded.read_at",
        )
        .bind(name)
        .bind(label)
        .bind(value)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(in crate::store) async fn gauges(&self) -> Result<Vec<StoredGauge>, Error> {
        let rows = sqlx::query("SELECT name, label, value, read_at FROM readings ORDER BY name, label")
            .fetch_all(&self.readers)
            .await?;
        let readings = rows.into_iter().map(|row| {
            Ok(StoredGauge {
                name: row.try_get("name")?,
                label: row.try_get("label")?,
                value: row.try_get("value")?,
                read_at: Moment(row.try_get("read_at")?),
            })
        });
        readings.collect()
    }
}
