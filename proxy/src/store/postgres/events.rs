//! The log of events on PostgreSQL.
//!
//! Transactions end in another order than they begin, so what is numbered as it is written would appear behind the back of who has read
//! further. Events are numbered when they are first looked for instead, after their commit, by one at a time; and never by what the server
//! numbers its transactions with, which a long one elsewhere holds up and a restored copy begins anew.

use sqlx::{PgConnection, Row};

use super::Postgres;
use crate::checkout::{CheckoutId, Moment};
use crate::store::Error;
use crate::store::deliveries::Told;
use crate::store::events::{Happened, Logged};

/// Who numbers holds this lock until the numbers are committed.
const NUMBERING: i64 = 0x006b_7669_7474;
/// So many are numbered in one transaction, so that whoever gives up in the middle has not waited in vain.
const SOME: i64 = 2_000;

impl Postgres {
    pub(in crate::store) async fn events(
        &self,
        after: i64,
        sales_unit: Option<&str>,
        most: u32,
    ) -> Result<Vec<Logged>, Error> {
        self.number_events().await?;
        let query = match sales_unit {
            None => sqlx::query("SELECT place, id, payload FROM events WHERE place > $1 ORDER BY place LIMIT $2"),
            Some(_) => sqlx::query(
                "SELECT place, id, payload FROM events WHERE place > $1 AND sales_unit = $3 ORDER BY place LIMIT $2",
            ),
        };
        let query = query.bind(after).bind(i64::from(most));
        let query = if sales_unit.is_some() { query.bind(sales_unit) } else { query };
        let rows = query.fetch_all(&self.pool).await?;
        let logged = rows.into_iter().map(|row| {
            Ok(Logged { place: row.try_get("place")?, id: row.try_get("id")?, payload: row.try_get("payload")? })
        });
        logged.collect()
    }

    pub(in crate::store) async fn latest_event(&self) -> Result<i64, Error> {
        self.number_events().await?;
        let row = sqlx::query("SELECT coalesce(max(place), 0) AS place FROM events").fetch_one(&self.pool).await?;
        Ok(row.try_get("place")?)
    }

    pub(in crate::store) async fn events_of(&self, id: CheckoutId) -> Result<Vec<Happened>, Error> {
        let rows = sqlx::query("SELECT id, kind, at, payload FROM events WHERE checkout_id = $1 ORDER BY at, id")
            .bind(id.0)
            .fetch_all(&self.pool)
            .await?;
        let happened = rows.into_iter().map(|row| {
            Ok(Happened {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                at: Moment(row.try_get("at")?),
                payload: row.try_get("payload")?,
            })
        });
        happened.collect()
    }

    /// Gives those a place that have been committed and have none.
    async fn number_events(&self) -> Result<(), Error> {
        let fresh = sqlx::query("SELECT 1 FROM events WHERE place IS NULL LIMIT 1").fetch_optional(&self.pool).await?;
        if fresh.is_none() {
            return Ok(());
        }
        loop {
            let mut tx = self.pool.begin().await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(NUMBERING).execute(&mut *tx).await?;
            let numbered = sqlx::query(
                "UPDATE events SET place = numbered.place FROM ( \
                     SELECT id, nextval('event_places') AS place \
                     FROM (SELECT id FROM events WHERE place IS NULL ORDER BY at, id LIMIT $1) AS fresh) AS numbered \
                 WHERE events.id = numbered.id",
            )
            .bind(SOME)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            if numbered.rows_affected() < SOME.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

/// Writes events down; one that is there already is left as it is.
pub(super) async fn insert(connection: &mut PgConnection, told: &[Told]) -> Result<(), Error> {
    for event in told {
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
