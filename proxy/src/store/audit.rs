//! The audit: who asked for what. A row is written in the transaction of what it tells of, and kept for good. It contains no
//! personal data of customers and no secret.

use kvitt_wire::AuditEntry;
use uuid::Uuid;

use super::cursor::Cursor;
use super::db::{Statement, Value, Work};
use super::{Error, Store};
use crate::checkout::audit::Entry;
use crate::checkout::{CheckoutId, Moment};

impl Store {
    /// The entries that match a filter, the newest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn audit(&self, filter: &AuditFilter, most: u32) -> Result<AuditPage, Error> {
        let mut query = Statement::new("SELECT entry FROM audit WHERE at >= ");
        query.push_value(filter.since.unwrap_or(Moment(i64::MIN)));
        if let Some(unit) = &filter.sales_unit {
            query.push(" AND sales_unit = ");
            query.push_value(unit);
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ");
            query.push_value(until);
        }
        if let Some(after) = &filter.after {
            query.push(" AND (at, id) < (");
            query.push_value(after.at);
            query.push(", ");
            query.push_value(&after.id);
            query.push(")");
        }
        query.push(" ORDER BY at DESC, id DESC LIMIT ");
        query.push_value(i64::from(most) + 1);
        Ok(AuditPage::of(self.db.all(query, |row| row.parse("entry")).await?, most))
    }

    /// The entries about an order, oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn order_audit(&self, id: CheckoutId) -> Result<Vec<AuditEntry>, Error> {
        let query = Statement::new("SELECT entry FROM audit WHERE checkout_id = $1 ORDER BY at, id").bind(id);
        self.db.all(query, |row| row.parse("entry")).await
    }

    /// Inserts an entry about what is not in this database.
    ///
    /// # Errors
    /// On a database error.
    pub async fn record(&self, entry: &Entry) -> Result<(), Error> {
        self.db.execute(insertion(std::slice::from_ref(entry))?).await.map(drop)
    }

    /// Executes statements and inserts the entry about them, in one transaction; nothing where they change no row. How many rows the last
    /// one has changed.
    pub(super) async fn audited<const N: usize>(
        &self,
        statements: [Statement; N],
        entry: &Entry,
    ) -> Result<u64, Error> {
        let insertion = insertion(std::slice::from_ref(entry))?;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (mut last, mut all) = (0, 0);
                    for statement in statements {
                        last = tx.execute(statement).await?;
                        all += last;
                    }
                    if all > 0 {
                        tx.execute(insertion).await?;
                    }
                    Ok(Work::Commit(last))
                })
            })
            .await
    }
}

/// Inserts entries, within the transaction of what they tell of.
pub(super) fn insertion(entries: &[Entry]) -> Result<Statement, Error> {
    let rows: Vec<_> = entries.iter().map(row).collect::<Result<_, Error>>()?;
    Ok(Statement::insert("INSERT INTO audit (id, at, sales_unit, checkout_id, entry)", rows, ""))
}

/// The row of an entry, with a new id. The column `entry` is what the API shows.
fn row(entry: &Entry) -> Result<[Value; 5], Error> {
    let id = format!("aud_{}", Uuid::now_v7().simple());
    let shown = AuditEntry {
        id: id.clone(),
        at_ms: entry.at.0,
        action: entry.action.as_str().to_owned(),
        by: entry.by.clone(),
        sales_unit: entry.sales_unit.clone(),
        subject: entry.subject.clone(),
        amount: entry.amount,
        detail: entry.detail.clone(),
    };
    let (sales_unit, checkout_id) = (entry.sales_unit.clone().into(), entry.checkout_id.into());
    Ok([id.into(), entry.at.into(), sales_unit, checkout_id, Value::Json(Some(serde_json::to_string(&shown)?))])
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this sales unit.
    pub sales_unit: Option<String>,
    /// At this time or later.
    pub since: Option<Moment>,
    /// Before this time.
    pub until: Option<Moment>,
    /// After this cursor.
    pub after: Option<Cursor>,
}

/// One page of the list.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<Cursor>,
}

impl AuditPage {
    /// Makes a page of the rows, of which one more than `most` was read to know whether there is a next page.
    pub(super) fn of(mut entries: Vec<AuditEntry>, most: u32) -> Self {
        let more = entries.len() > most as usize;
        entries.truncate(most as usize);
        let next = entries.last().filter(|_| more).map(|last| Cursor::after(Moment(last.at_ms), &last.id));
        Self { entries, next }
    }
}
