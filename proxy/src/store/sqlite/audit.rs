//! The audit on SQLite.

use kvitt_wire::AuditEntry;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, SqliteConnection};

use super::Sqlite;
use super::writer::{Statement, Work};
use crate::checkout::CheckoutId;
use crate::checkout::audit::Entry;
use crate::store::Error;
use crate::store::audit::{AuditFilter, AuditPage, Row};

impl Sqlite {
    pub(in crate::store) async fn audit(&self, filter: &AuditFilter, most: u32) -> Result<AuditPage, Error> {
        let mut query = QueryBuilder::new("SELECT entry FROM audit WHERE at >= ");
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
        let rows = query.build().fetch_all(&self.readers).await?;
        Ok(AuditPage::of(rows.iter().map(entry).collect::<Result<_, _>>()?, most))
    }

    pub(in crate::store) async fn order_audit(&self, id: CheckoutId) -> Result<Vec<AuditEntry>, Error> {
        let rows = sqlx::query("SELECT entry FROM audit WHERE checkout_id = $1 ORDER BY at, id")
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(entry).collect()
    }

    pub(in crate::store) async fn record(&self, entry: &Entry) -> Result<(), Error> {
        let row = Row::of(entry)?;
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    insert(connection, &[row]).await?;
                    Ok(Work::Commit(()))
                })
            })
            .await
    }

    /// Executes statements and inserts the entry about them, in one transaction; nothing where they change no row. How many rows the last
    /// one has changed.
    pub(super) async fn audited<const N: usize>(
        &self,
        statements: [Statement; N],
        entry: &Entry,
    ) -> Result<u64, Error> {
        let row = Row::of(entry)?;
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    let (mut last, mut all) = (0, 0);
                    for statement in statements {
                        last = statement.execute(&mut *connection).await?.rows_affected();
                        all += last;
                    }
                    if all > 0 {
                        insert(connection, &[row]).await?;
                    }
                    Ok(Work::Commit(last))
                })
            })
            .await
    }
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, Error> {
    Ok(serde_json::from_str(row.try_get("entry")?)?)
}

/// Inserts rows, within the transaction of what they tell of.
pub(super) async fn insert(connection: &mut SqliteConnection, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        sqlx::query("INSERT INTO audit (id, at, sales_unit, checkout_id, entry) VALUES ($1, $2, $3, $4, $5)")
            .bind(&row.id)
            .bind(row.at)
            .bind(&row.sales_unit)
            .bind(row.checkout_id.map(|id| id.to_string()))
            .bind(&row.entry)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
