//! Our books, for those who go through them: orders to compare with the vendor's, comparisons that were made, money that waits to be
//! captured, and what was found out on the way.

use super::{Error, Store};
use crate::checkout::{Checkout, CheckoutId, Moment};

verbs! {
    /// Orders that were opened at that moment or later and that nothing is being done about (looking aside), by their ids, which follow
    /// time. The ones after `after`.
    ///
    /// # Errors
    /// When the database says no.
    fn quiet_orders(after: Option<CheckoutId>, since: Moment, most: u32) -> Result<Vec<CheckoutId>, Error>;

    /// Writes down what a comparison came to, and forgets those that are older than `keep_from`.
    ///
    /// # Errors
    /// When the database says no.
    fn keep_comparison(comparison: &Comparison, keep_from: Moment) -> Result<(), Error>;

    /// The latest comparison.
    ///
    /// # Errors
    /// When the database says no.
    fn last_comparison() -> Result<Option<Comparison>, Error>;

    /// Orders that have money reserved which is neither captured nor let go, oldest first, without what their customers shared. One that
    /// does not read is left out, and logged.
    ///
    /// # Errors
    /// When the database says no.
    fn reserved() -> Result<Vec<Checkout>, Error>;

    /// Writes down what a chore has read off, over what it read off before.
    ///
    /// # Errors
    /// When the database says no.
    fn keep_reading(name: &str, label: &str, value: i64, now: Moment) -> Result<(), Error>;

    /// All that chores have read off.
    ///
    /// # Errors
    /// When the database says no.
    fn readings() -> Result<Vec<Reading>, Error>;
}

/// What a comparison of the books came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// When it was begun.
    pub begun_at: Moment,
    /// How many payments the two books differ about.
    pub drift: i64,
    /// All of it, as JSON.
    pub report: String,
}

/// One value that a chore has read off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it is of.
    pub name: String,
    /// Which one, where there are several; empty otherwise.
    pub label: String,
    /// The value.
    pub value: i64,
    /// When it was read off.
    pub read_at: Moment,
}

/// The orders of these documents.
pub(super) fn readable<'a>(documents: impl Iterator<Item = (CheckoutId, &'a str)>) -> Vec<Checkout> {
    let read = |(checkout, document)| {
        let read = serde_json::from_str(document).map_err(Error::from);
        read.inspect_err(|error| tracing::error!(%checkout, %error, "order left out of the books")).ok()
    };
    documents.filter_map(read).collect()
}
