//! The log of events on PostgreSQL.
//!
//! Transactions commit in another order than they begin. With positions assigned on insert, an event could appear before a position that a
//! reader has passed already. So positions are assigned after the commit, when events are first read, by one proxy at a time. Transaction
//! ids of the server are no alternative: a long transaction elsewhere would hold them up, and a restored copy begins anew.

use sqlx::{Connection, PgConnection, Row};

use super::Postgres;
use crate::checkout::{CheckoutId, Moment};
use crate::store::Error;
use crate::store::deliveries::NewEvent;
use crate::store::events::{HistoryEvent, LoggedEvent};

/// The advisory lock that is held until assigned positions are committed.
const POSITION_LOCK: i64 = 0x006b_7669_7474;
/// How many positions one transaction assigns, so that a caller that is cancelled in between has made progress.
const BATCH: i64 = 2_000;

impl Postgres {
    pub(in crate::store) async fn events(
        &self,
        after: i64,
        sales_unit: Option<&str>,
        most: u32,
    ) -> Result<Vec<LoggedEvent>, Error> {
        self.assign_positions().await?;
        let query = match sales_unit {
            None => sqlx::query("SELECT place, id, payload FROM events WHERE place > $1 ORDER BY place LIMIT $2"),
            Some(_) => sqlx::query(
                "SELECT place, id, payload FROM events WHERE place > $1 AND sales_unit = $3 ORDER BY place LIMIT $2",
            ),
        };
        let query = query.bind(after).bind(i64::from(most));
        let query = if sales_unit.is_some() { query.bind(sales_unit) } else { query };
        let rows = query.fetch_all(&mut *self.connections.get().await?).await?;
        let logged = rows.into_iter().map(|row| {
            Ok(LoggedEvent {
                position: row.try_get("place")?,
                id: row.try_get("id")?,
                payload: row.try_get("payload")?,
            })
        });
        logged.collect()
    }

    pub(in crate::store) async fn latest_position(&self) -> Result<i64, Error> {
        self.assign_positions().await?;
        let row = sqlx::query("SELECT coalesce(max(place), 0) AS place FROM events")
            .fetch_one(&mut *self.connections.get().await?)
            .await?;
        Ok(row.try_get("place")?)
    }

    pub(in crate::store) async fn order_events(&self, id: CheckoutId) -> Result<Vec<HistoryEvent>, Error> {
        let rows = sqlx::query("SELECT id, kind, at, payload FROM events WHERE checkout_id = $1 ORDER BY at, id")
            .bind(id.0)
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        let events = rows.into_iter().map(|row| {
            Ok(HistoryEvent {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                at: Moment(row.try_get("at")?),
                payload: row.try_get("payload")?,
            })
        });
        events.collect()
    }

    /// Assigns positions to committed events that have none.
    async fn assign_positions(&self) -> Result<(), Error> {
        let fresh = sqlx::query("SELECT 1 FROM events WHERE place IS NULL LIMIT 1")
            .fetch_optional(&mut *self.connections.get().await?)
            .await?;
        if fresh.is_none() {
            return Ok(());
        }
        loop {
            let mut connection = self.connections.get().await?;
            let mut tx = connection.begin().await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(POSITION_LOCK).execute(&mut *tx).await?;
            let numbered = sqlx::query(
                "UPDATE events SET place = numbered.place FROM ( \
                     SELECT id, nextval('event_places') AS place \
                     FROM (SELECT id FROM events WHERE place IS NULL ORDER BY at, id LIMIT $1) AS fresh) AS numbered \
                 WHERE events.id = numbered.id",
            )
            .bind(BATCH)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            if numbered.rows_affected() < BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

/// Inserts events. One that exists already is left alone.
pub(super) async fn insert(connection: &mut PgConnection, events: &[NewEvent]) -> Result<(), Error> {
    for event in events {
        sqlx::query(
            "INSERT INTO events (id, kind, payload, checkout_id, sales_unit, at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&event.id)
        .bind(&event.kind)
        .bind(&event.payload)
        .bind(event.about.as_ref().map(|about| about.checkout_id.0))
        .bind(event.about.as_ref().map(|about| &about.sales_unit))
        .bind(event.at.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
