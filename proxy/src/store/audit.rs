//! The audit: who asked for what. A row is written in the transaction of what it tells of, and kept for good. It contains no
//! personal data of customers and no secret.

use kvitt_wire::AuditEntry;
use uuid::Uuid;

use super::cursor::Cursor;
use super::{Error, Store};
use crate::checkout::audit::Entry;
use crate::checkout::{CheckoutId, Moment};

verbs! {
    /// The entries that match a filter, the newest first.
    ///
    /// # Errors
    /// On a database error.
    fn audit(filter: &AuditFilter, most: u32) -> Result<AuditPage, Error>;

    /// The entries about an order, oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn order_audit(id: CheckoutId) -> Result<Vec<AuditEntry>, Error>;

    /// Inserts an entry about what is not in this database.
    ///
    /// # Errors
    /// On a database error.
    fn record(entry: &Entry) -> Result<(), Error>;
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

/// A row of the table.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) sales_unit: Option<String>,
    pub(super) checkout_id: Option<CheckoutId>,
    /// The entry as the API shows it, in JSON.
    pub(super) entry: String,
}

impl Row {
    /// The row of an entry, with a new id.
    pub(super) fn of(entry: &Entry) -> Result<Self, Error> {
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
        let (sales_unit, checkout_id) = (entry.sales_unit.clone(), entry.checkout_id);
        Ok(Self { id, at: entry.at.0, sales_unit, checkout_id, entry: serde_json::to_string(&shown)? })
    }

    /// The rows of several entries.
    pub(super) fn all(entries: &[Entry]) -> Result<Vec<Self>, Error> {
        entries.iter().map(Self::of).collect()
    }
}
