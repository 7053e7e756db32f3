//! Lists of orders, page by page, the newest first.
//!
//! Filters use columns that each commit writes beside the document, never the document itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvitt_wire::State;
use uuid::Uuid;

use super::reconciliation::parse_documents;
use super::{Error, Shared, Store};
use crate::checkout::{Checkout, CheckoutId, Moment};

verbs! {
    /// The orders that match a filter, the newest first, without personal data. A document that cannot be parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    fn orders(filter: &OrderFilter, most: u32) -> Result<OrderPage, Error>;
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

/// A row of the list.
pub(super) struct Row {
    pub(super) cursor: OrderCursor,
    pub(super) document: String,
    pub(super) shared: Shared,
}

/// Makes a page of the rows, of which one more than `most` was read to know whether there is a next page.
pub(super) fn page(mut rows: Vec<Row>, most: u32) -> OrderPage {
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    let next = rows.last().map(|row| row.cursor).filter(|_| more);
    let read = |row: Row| {
        let read = parse_documents(std::iter::once((row.cursor.id, row.document.as_str()))).pop();
        read.map(|checkout| (checkout, row.shared))
    };
    OrderPage { orders: rows.into_iter().filter_map(read).collect(), next }
}

/// The end of the range of all references with that prefix.
pub(super) fn prefix_end(beginning: &str) -> String {
    format!("{beginning}~")
}
