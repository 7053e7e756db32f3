//! Orders as the shop goes through them: the newest first, some at a time.
//!
//! What is asked for is found by columns of its own, which each commit writes beside the state, and never by looking into documents.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvitt_wire::State;
use uuid::Uuid;

use super::books::readable;
use super::{Error, Shared, Store};
use crate::checkout::{Checkout, CheckoutId, Moment};

verbs! {
    /// The orders that are wanted, the newest first, without what their customers shared. One that does not read is left out, and logged.
    ///
    /// # Errors
    /// When the database says no.
    fn orders(wanted: &Wanted, most: u32) -> Result<Page, Error>;
}

/// Which orders. Those that only a page has wanted, and no customer, are in no list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those that stand at one of these; any where there are none.
    pub states: Vec<State>,
    /// Those of that sales unit.
    pub sales_unit: Option<String>,
    /// Those that were opened then or later.
    pub since: Option<Moment>,
    /// Those that were opened before that.
    pub until: Option<Moment>,
    /// Those that have money reserved which is neither captured nor let go, or those that have none.
    pub to_capture: Option<bool>,
    /// Those that have a payment whose reference begins like this: letters, digits and hyphens.
    pub reference: Option<String>,
    /// Those that come after it.
    pub after: Option<Place>,
}

/// Some orders.
#[derive(Clone, Debug)]
pub struct Page {
    /// The orders, and what may be said of their customers.
    pub orders: Vec<(Checkout, Shared)>,
    /// Where to go on; none where there are no more.
    pub next: Option<Place>,
}

/// A place in the list of orders, which later orders do not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) created_at: Moment,
    pub(super) id: CheckoutId,
}

impl Place {
    /// As the shop is given it, to be given back unread.
    pub fn write(self) -> String {
        URL_SAFE_NO_PAD.encode([&self.created_at.0.to_be_bytes()[..], self.id.0.as_bytes()].concat())
    }

    /// What [`Place::write`] has written; none for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_at_checked(8)?;
        let created_at = Moment(i64::from_be_bytes(at.try_into().ok()?));
        Some(Self { created_at, id: CheckoutId(Uuid::from_slice(id).ok()?) })
    }
}

/// An order as it is found.
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) document: String,
    pub(super) shared: Shared,
}

/// Makes a page of the rows that were found, one more than fit on it.
pub(super) fn page(mut rows: Vec<Row>, most: u32) -> Page {
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    let next = rows.last().map(|row| row.place).filter(|_| more);
    let read = |row: Row| {
        let read = readable(std::iter::once((row.place.id, row.document.as_str()))).pop();
        read.map(|checkout| (checkout, row.shared))
    };
    Page { orders: rows.into_iter().filter_map(read).collect(), next }
}

/// What comes after every reference that begins like that.
pub(super) fn end(beginning: &str) -> String {
    format!("{beginning}~")
}
