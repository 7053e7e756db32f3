//! The rows of the [reconciliation](crate::vendor::reconcile) with Vipps MobilePay and of other chores: orders to compare, the results of
//! comparisons, orders with uncaptured money, and gauges that chores measure for the metrics.

use super::{Error, Store};
use crate::checkout::{Checkout, CheckoutId, Moment};

verbs! {
    /// The ids of orders to compare with Vipps MobilePay, in order of time, after the id `after`: those that were opened at `since` or
    /// later, or have uncaptured money. Orders with pending effects (other than polls, timers and categories) are left out.
    ///
    /// # Errors
    /// On a database error.
    fn orders_to_reconcile(after: Option<CheckoutId>, since: Moment, most: u32) -> Result<Vec<CheckoutId>, Error>;

    /// Saves the result of a comparison, and deletes results older than `keep_from`.
    ///
    /// # Errors
    /// On a database error.
    fn save_comparison(comparison: &Comparison, keep_from: Moment) -> Result<(), Error>;

    /// The result of the latest comparison.
    ///
    /// # Errors
    /// On a database error.
    fn last_comparison() -> Result<Option<Comparison>, Error>;

    /// Orders with reserved money that is neither captured nor released, oldest first, without personal data. A document that cannot be
    /// parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    fn uncaptured_orders() -> Result<Vec<Checkout>, Error>;

    /// Paid orders whose amount at Vipps MobilePay differs from the order's, the oldest difference first, without personal data. A document
    /// that cannot be parsed is left out and logged.
    ///
    /// # Errors
    /// On a database error.
    fn drifting_orders(most: u32) -> Result<Vec<Checkout>, Error>;

    /// Saves the value of a gauge, over its last value.
    ///
    /// # Errors
    /// On a database error.
    fn save_gauge(name: &str, label: &str, value: i64, now: Moment) -> Result<(), Error>;

    /// The latest values of all gauges.
    ///
    /// # Errors
    /// On a database error.
    fn gauges() -> Result<Vec<StoredGauge>, Error>;
}

/// The result of a comparison with Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// When it was begun.
    pub begun_at: Moment,
    /// How many payments differ.
    pub drift: i64,
    /// The full report, as JSON.
    pub report: String,
}

/// One value that a chore has measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredGauge {
    /// The name.
    pub name: String,
    /// The label, where there are several of that name; empty otherwise.
    pub label: String,
    /// The value.
    pub value: i64,
    /// When it was measured.
    pub read_at: Moment,
}

/// Parses documents. One that cannot be parsed is left out and logged.
pub(super) fn parse_documents<'a>(documents: impl Iterator<Item = (CheckoutId, &'a str)>) -> Vec<Checkout> {
    let read = |(checkout, document)| {
        let read = serde_json::from_str(document).map_err(Error::from);
        read.inspect_err(|error| tracing::error!(%checkout, %error, "stored order cannot be parsed and is left out"))
            .ok()
    };
    documents.filter_map(read).collect()
}
