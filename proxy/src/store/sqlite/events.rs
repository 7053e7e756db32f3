//! The log of events on SQLite. Transactions run one after the other, so positions have the order of the commits.

use sqlx::{Row, SqliteConnection};

use super::Sqlite;
use crate::checkout::{CheckoutId, Moment};
use crate::store::Error;
use crate::store::deliveries::NewEvent;
use crate::store::events::{HistoryEvent, LoggedEvent};

impl Sqlite {
    pub(in crate::store) async fn events(
        &self,
        after: i64,
        sales_unit: Option<&str>,
        most: u32,
    ) -> Result<Vec<LoggedEvent>, Error> {
        let query = match sales_unit {
            None => sqlx::query("SELECT place, id, payload FROM events WHERE place > $1 ORDER BY place LIMIT $2"),
            Some(_) => sqlx::query(
                "SELECT place, id, payload FROM events WHERE place > $1 AND sales_unit = $3 ORDER BY place LIMIT $2",
            ),
        };
        let query = query.bind(after).bind(most);
        let query = if sales_unit.is_some() { query.bind(sales_unit) } else { query };
        let rows = query.fetch_all(&self.readers).await?;
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
        let row = sqlx::query("SELECT coalesce(max(place), 0) AS place FROM events").fetch_one(&self.readers).await?;
        Ok(row.try_get("place")?)
    }

    pub(in crate::store) async fn order_events(&self, id: CheckoutId) -> Result<Vec<HistoryEvent>, Error> {
        let rows = sqlx::query("SELECT id, kind, at, payload FROM events WHERE checkout_id = $1 ORDER BY at, id")
            .bind(id.to_string())
            .fetch_all(&self.readers)
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
}

/// Inserts events. One that exists already is left alone.
pub(super) async fn insert(connection: &mut SqliteConnection, events: &[NewEvent]) -> Result<(), Error> {
    for event in events {
        sqlx::query(
            "INSERT INTO events (id, kind, payload, checkout_id, sales_unit, at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&event.id)
        .bind(&event.kind)
        .bind(&event.payload)
        .bind(event.about.as_ref().map(|about| about.checkout_id.to_string()))
        .bind(event.about.as_ref().map(|about| &about.sales_unit))
        .bind(event.at.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
