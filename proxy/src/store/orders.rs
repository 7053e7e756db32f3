//! Lists of orders, page by page, the newest first.
//!
//! Filters use columns that each commit writes beside the document, never the document itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvitt_wire::State;
use uuid::Uuid;

use super::db::{Row, Statement};
use super::{Error, Shared, Store};
use crate::checkout::{Checkout, CheckoutId, Moment};

impl Store {
    /// The orders that match a filter, the newest first, without personal data. A document that cannot be parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    pub async fn orders(&self, filter: &OrderFilter, most: u32) -> Result<OrderPage, Error> {
        let query = query(filter, most);
        let rows = self.db.all(query, |row| {
            let shared = Shared {
                customer_id: row.get("customer_id")?,
                received: row.get::<Option<Moment>>("customer_at")?.is_some(),
                number: row.get::<Option<&str>>("customer_index")?.is_some(),
            };
            let cursor = OrderCursor::of(row)?;
            let checkout = parse_or_log(cursor.id, row.get("state")?);
            Ok((cursor, checkout.map(|checkout| (checkout, shared))))
        });
        Ok(page(rows.await?, most))
    }
}

/// The statement of a list. An index has the rows in order, whatever the filter: that of the orders with uncaptured money, or that of the
/// sales unit, the state, or both. With several states, the first rows of each are merged.
fn query(filter: &OrderFilter, most: u32) -> Statement {
    let mut query = Statement::new("SELECT created_at, id, state, customer_id, customer_at, customer_index FROM (");
    let merged = filter.to_capture != Some(true) && filter.reference.is_none();
    match filter.states.as_slice() {
        [] => some_of(filter, &[], most, &mut query),
        states if !merged => some_of(filter, states, most, &mut query),
        states => {
            for (nth, state) in states.iter().enumerate() {
                query.push(if nth == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                some_of(filter, std::slice::from_ref(state), most, &mut query);
                query.push(") AS one");
            }
        }
    }
    query.push(") AS found ORDER BY created_at DESC, id DESC LIMIT ");
    query.push_value(i64::from(most) + 1);
    query
}

/// The first orders of a filter, in one of these states, or in any where there are none.
fn some_of(filter: &OrderFilter, states: &[State], most: u32, query: &mut Statement) {
    query.push("SELECT created_at, id, state, customer_id, customer_at, customer_index FROM checkouts");
    // SQLite counts no rows, and would take an index that has to be walked.
    match (filter.to_capture, states, &filter.sales_unit, &filter.reference) {
        (Some(true), ..) => query.push_each(" INDEXED BY checkouts_uncaptured", ""),
        (_, [_], Some(_), None) => query.push_each(" INDEXED BY checkouts_newest_of_unit_and_phase", ""),
        _ => {}
    }
    query.push(" WHERE idle_until IS NULL");
    for (nth, state) in states.iter().enumerate() {
        query.push(if nth == 0 { " AND phase IN (" } else { ", " });
        query.push_value(state.as_str());
    }
    if !states.is_empty() {
        query.push(")");
    }
    if let Some(unit) = &filter.sales_unit {
        query.push(" AND sales_unit = ");
        query.push_value(unit);
    }
    if let Some(since) = filter.since {
        query.push(" AND created_at >= ");
        query.push_value(since);
    }
    if let Some(until) = filter.until {
        query.push(" AND created_at < ");
        query.push_value(until);
    }
    if let Some(some) = filter.to_capture {
        query.push(if some { " AND uncaptured > 0" } else { " AND uncaptured = 0" });
    }
    if let Some(beginning) = &filter.reference {
        query.push(" AND id IN (SELECT checkout_id FROM attempts WHERE reference ");
        query.push_each(">= ", "~>=~ ");
        query.push_value(beginning);
        query.push_each(" AND reference < ", " AND reference ~<~ ");
        query.push_value(prefix_end(beginning));
        query.push(")");
    }
    if let Some(after) = filter.after {
        query.push(" AND (created_at, id) < (");
        query.push_value(after.created_at);
        query.push(", ");
        query.push_value(after.id);
        query.push(")");
    }
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ");
    query.push_value(i64::from(most) + 1);
}

/// Which orders to list. Idle orders, which a page has opened and no customer has paid, are in no list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// In one of these states; any where it is empty.
    pub states: Vec<State>,
    /// Of this sales unit.
    pub sales_unit: Option<String>,
    /// Opened at this time or later.
    pub since: Option<Moment>,
    /// Opened before this time.
    pub until: Option<Moment>,
    /// With, or without, reserved money that is neither captured nor released.
    pub to_capture: Option<bool>,
    /// With a payment whose reference begins with this: letters, digits and hyphens.
    pub reference: Option<String>,
    /// After this cursor.
    pub after: Option<OrderCursor>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// The orders, each with what it has of its customer.
    pub orders: Vec<(Checkout, Shared)>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<OrderCursor>,
}

/// A cursor in the list of orders. New orders do not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderCursor {
    pub(super) created_at: Moment,
    pub(super) id: CheckoutId,
}

impl OrderCursor {
    /// Before every order.
    pub(super) const FIRST: Self = Self { created_at: Moment(i64::MIN), id: CheckoutId(Uuid::nil()) };

    /// The cursor of a row with the columns `created_at` and `id`.
    pub(super) fn of(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self { created_at: row.get("created_at")?, id: row.get("id")? })
    }

    /// The order's id.
    pub const fn id(self) -> CheckoutId {
        self.id
    }

    /// Its opaque text form for the API.
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode([&self.created_at.0.to_be_bytes()[..], self.id.0.as_bytes()].concat())
    }

    /// Parses the form of [`OrderCursor::encode`]; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_at_checked(8)?;
        let created_at = Moment(i64::from_be_bytes(at.try_into().ok()?));
        Some(Self { created_at, id: CheckoutId(Uuid::from_slice(id).ok()?) })
    }
}

/// Makes a page of the rows, of which one more than `most` was read to know whether there is a next page.
fn page(mut rows: Vec<(OrderCursor, Option<(Checkout, Shared)>)>, most: u32) -> OrderPage {
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    let next = rows.last().map(|(cursor, _)| *cursor).filter(|_| more);
    OrderPage { orders: rows.into_iter().filter_map(|(_, order)| order).collect(), next }
}

/// The end of the range of all references with that prefix.
fn prefix_end(beginning: &str) -> String {
    format!("{beginning}~")
}

/// Parses a document. One that cannot be parsed is logged.
pub(super) fn parse_or_log(id: CheckoutId, document: &str) -> Option<Checkout> {
    let parsed = serde_json::from_str(document).map_err(Error::from);
    parsed
        .inspect_err(|error| tracing::error!(checkout = %id, %error, "stored order cannot be parsed and is left out"))
        .ok()
}
