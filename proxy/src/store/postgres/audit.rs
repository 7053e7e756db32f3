//! The audit on PostgreSQL.

use kvitt_wire::AuditEntry;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, PgConnection, QueryBuilder, Row as _};

use super::Postgres;
use crate::checkout::CheckoutId;
use crate::checkout::audit::Entry;
use crate::store::Error;
use crate::store::audit::{AuditFilter, AuditPage, Row};

/// A statement with its parameters.
pub(super) type Statement<'q> = Query<'q, sqlx::Postgres, PgArguments>;

impl Postgres {
    pub(in crate::store) async fn audit(&self, filter: &AuditFilter, most: u32) -> Result<AuditPage, Error> {
        let mut query = QueryBuilder::new("SELECT entry::text AS entry FROM audit WHERE at >= ");
        query.push_bind(filter.since.map_or(i64::MIN, |since| since.0));
        if let Some(unit) = &filter.sales_unit {
            query.push(" AND sales_unit = ").push_bind(unit);
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(until.0);
        }
        if let Some(after) = &filter.after {
            query.push(" AND (at, id) < (").push_bind(after.at.0).push(", ").push_bind(&after.id).push(")");
        }
        query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::from(most) + 1);
        let rows = query.build().fetch_all(&mut *self.connections.get().await?).await?;
        Ok(AuditPage::of(rows.iter().map(entry).collect::<Result<_, _>>()?, most))
    }

    pub(in crate::store) async fn order_audit(&self, id: CheckoutId) -> Result<Vec<AuditEntry>, Error> {
        let rows = sqlx::query("SELECT entry::text AS entry FROM audit WHERE checkout_id = $1 ORDER BY at, id")
            .bind(id.0)
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        rows.iter().map(entry).collect()
    }

    pub(in crate::store) async fn record(&self, entry: &Entry) -> Result<(), Error> {
        let mut connection = self.connections.get().await?;
        insert(&mut connection, &[Row::of(entry)?]).await
    }

    /// Executes statements and inserts the entry about them, in one transaction; nothing where they change no row. How many rows the last
    /// one has changed.
    pub(super) async fn audited<const N: usize>(
        &self,
        statements: [Statement<'_>; N],
        entry: &Entry,
    ) -> Result<u64, Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        let (mut last, mut all) = (0, 0);
        for statement in statements {
            last = statement.execute(&mut *tx).await?.rows_affected();
            all += last;
        }
        if all > 0 {
            insert(&mut tx, &[Row::of(entry)?]).await?;
        }
        tx.commit().await?;
        Ok(last)
    }
}

fn entry(row: &PgRow) -> Result<AuditEntry, Error> {
    Ok(serde_json::from_str(row.try_get("entry")?)?)
}

/// Inserts rows, within the transaction of what they tell of.
pub(super) async fn insert(connection: &mut PgConnection, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        sqlx::query("INSERT INTO audit (id, at, sales_unit, checkout_id, entry) VALUES ($1, $2, $3, $4, $5::json)")
            .bind(&row.id)
            .bind(row.at)
            .bind(&row.sales_unit)
            .bind(row.checkout_id.map(|id| id.0))
            .bind(&row.entry)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
