//! The rows of the [reconciliation](crate::vendor::reconcile) with Vipps MobilePay and of other chores: orders to compare, the results of
//! comparisons, orders with uncaptured money, and gauges that chores measure for the metrics.

use super::db::{Row, Statement, Value, Work};
use super::orders::{OrderCursor, parse_or_log};
use super::{Error, Store};
use crate::checkout::{Checkout, Moment};

/// How many orders are read at once.
const PAGE: u32 = 500;

impl Store {
    /// The orders to compare with Vipps MobilePay, the oldest first, after `after`: those that were opened at `since` or later, or have
    /// uncaptured money. Orders with pending effects (other than polls, timers and categories) are left out, and so are those that nobody
    /// has paid or tried to pay.
    ///
    /// # Errors
    /// On a database error.
    pub async fn orders_to_reconcile(
        &self,
        after: Option<OrderCursor>,
        since: Moment,
        most: u32,
    ) -> Result<Vec<OrderCursor>, Error> {
        let after = after.unwrap_or(OrderCursor::FIRST);
        let query = Statement::new(
            "SELECT created_at, id FROM ( \
                 SELECT created_at, id FROM ( \
                     SELECT created_at, id FROM checkouts \
                     WHERE uncaptured > 0 AND created_at < $1 AND (created_at, id) > ($2, $3) AND NOT EXISTS ( \
                         SELECT 1 FROM outbox WHERE checkout_id = checkouts.id AND parked_reason IS NULL \
                             AND kind NOT IN ('look', 'lapse', 'categorize')) \
                     ORDER BY created_at, id LIMIT $4) AS uncaptured \
                 UNION ALL SELECT created_at, id FROM ( \
                     SELECT created_at, id FROM checkouts \
                     WHERE idle_until IS NULL AND created_at >= $1 AND (created_at, id) > ($2, $3) AND NOT EXISTS ( \
                         SELECT 1 FROM outbox WHERE checkout_id = checkouts.id AND parked_reason IS NULL \
                             AND kind NOT IN ('look', 'lapse', 'categorize')) \
                     ORDER BY created_at, id LIMIT $4) AS recent) AS either \
             ORDER BY created_at, id LIMIT $4",
        );
        let query = query.bind(since).bind(after.created_at).bind(after.id).bind(most);
        self.db.all(query, OrderCursor::of).await
    }

    /// Saves the result of a comparison, and deletes results older than `keep_from`.
    ///
    /// # Errors
    /// On a database error.
    pub async fn save_comparison(&self, comparison: &Comparison, keep_from: Moment) -> Result<(), Error> {
        let Comparison { begun_at, drift, report } = comparison.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let delete = Statement::new("DELETE FROM reconciliations WHERE begun_at < $1 OR begun_at = $2");
                    tx.execute(delete.bind(keep_from).bind(begun_at)).await?;
                    let insert =
                        Statement::new("INSERT INTO reconciliations (begun_at, drift, report) VALUES ($1, $2, $3)");
                    tx.execute(insert.bind(begun_at).bind(drift).bind(Value::Json(Some(report)))).await?;
                    Ok(Work::Commit(()))
                })
            })
            .await
    }

    /// The result of the latest comparison.
    ///
    /// # Errors
    /// On a database error.
    pub async fn last_comparison(&self) -> Result<Option<Comparison>, Error> {
        let query =
            Statement::new("SELECT begun_at, drift, report FROM reconciliations ORDER BY begun_at DESC LIMIT 1");
        let read = |row: &Row<'_>| {
            Ok(Comparison { begun_at: row.get("begun_at")?, drift: row.get("drift")?, report: row.get("report")? })
        };
        self.db.one(query, read).await
    }

    /// Orders with reserved money that is neither captured nor released, oldest first, without personal data. A document that cannot be
    /// parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    pub async fn uncaptured_orders(&self) -> Result<Vec<Checkout>, Error> {
        let (mut after, mut found) = (OrderCursor::FIRST, Vec::new());
        loop {
            let some = Statement::new(
                "SELECT created_at, id, state FROM checkouts WHERE uncaptured > 0 AND (created_at, id) > ($1, $2) \
                 ORDER BY created_at, id LIMIT $3",
            );
            let rows = self.db.all(some.bind(after.created_at).bind(after.id).bind(PAGE), |row| {
                let cursor = OrderCursor::of(row)?;
                Ok((cursor, parse_or_log(cursor.id, row.get("state")?)))
            });
            let rows = rows.await?;
            let Some((last, _)) = rows.last() else { return Ok(found) };
            after = *last;
            found.extend(rows.into_iter().filter_map(|(_, checkout)| checkout));
        }
    }

    /// Paid orders whose amount at Vipps MobilePay differs from the order's, the oldest difference first, without personal data. A document
    /// that cannot be parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    pub async fn drifting_orders(&self, most: u32) -> Result<Vec<Checkout>, Error> {
        let query = Statement::new(
            "SELECT id, state FROM checkouts WHERE drift_since IS NOT NULL ORDER BY drift_since LIMIT $1",
        );
        let rows = self.db.all(query.bind(most), |row| Ok(parse_or_log(row.get("id")?, row.get("state")?)));
        Ok(rows.await?.into_iter().flatten().collect())
    }

    /// Saves the value of a gauge, over its last value.
    ///
    /// # Errors
    /// On a database error.
    pub async fn save_gauge(&self, name: &str, label: &str, value: i64, now: Moment) -> Result<(), Error> {
        let save = Statement::new(
            "INSERT INTO readings (name, label, value, read_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name, label) DO UPDATE SET value = excluded.value, read_at = excluded.read_at",
        );
        self.db.execute(save.bind(name).bind(label).bind(value).bind(now)).await.map(drop)
    }

    /// The latest values of all gauges.
    ///
    /// # Errors
    /// On a database error.
    pub async fn gauges(&self) -> Result<Vec<StoredGauge>, Error> {
        let query = Statement::new("SELECT name, label, value, read_at FROM readings ORDER BY name, label");
        self.db
            .all(query, |row| {
                Ok(StoredGauge {
                    name: row.get("name")?,
                    label: row.get("label")?,
                    value: row.get("value")?,
                    read_at: row.get("read_at")?,
                })
            })
            .await
    }
}

/// The result of a comparison with Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// When it was begun.
    pub begun_at: Moment,
    /// How many payments differ.
    pub drift: i64,
    /// The full report, as JSON.
    pub report: String,
}

/// One value that a chore has measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredGauge {
    /// The name.
    pub name: String,
    /// The label, where there are several of that name; empty otherwise.
    pub label: String,
    /// The value.
    pub value: i64,
    /// When it was measured.
    pub read_at: Moment,
}
