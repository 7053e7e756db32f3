//! The log of all events, in the order in which their commits became visible: one row per event, written in the transaction of the change,
//! whether an endpoint subscribes to it or not. It contains no personal data and is kept as long as the orders.

use kvitt_wire::{Aggregate, OrderEvent};
use serde::Deserialize;

use super::{Error, Store};
use crate::checkout::{CheckoutId, Moment};

verbs! {
    /// The events after a position, oldest first, of one sales unit if it is named. A reader that has read up to a position has missed no
    /// event before it.
    ///
    /// # Errors
    /// On a database error.
    fn events(after: i64, sales_unit: Option<&str>, most: u32) -> Result<Vec<LoggedEvent>, Error>;

    /// The position of the latest event; 0 where there is none.
    ///
    /// # Errors
    /// On a database error.
    fn latest_position() -> Result<i64, Error>;

    /// The events of an order, oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn order_events(id: CheckoutId) -> Result<Vec<HistoryEvent>, Error>;
}

/// An event with its position in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its position. Positions increase and may have gaps.
    pub position: i64,
    /// Its id, `evt_…`.
    pub id: String,
    /// The body that endpoints receive.
    pub payload: String,
}

/// An event in the history of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// Its id, `evt_…`.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: Moment,
    /// The body that endpoints receive.
    pub payload: String,
}

impl HistoryEvent {
    /// As the shop's API shows it.
    ///
    /// # Errors
    /// When the stored payload cannot be parsed.
    pub fn for_shop(&self) -> Result<OrderEvent, Error> {
        #[derive(Deserialize)]
        struct Payload {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            aggregate: Aggregate,
        }
        let Payload { data } = serde_json::from_str(&self.payload)?;
        let (id, r#type) = (self.id.clone(), self.kind.clone());
        Ok(OrderEvent { id, r#type, at_ms: self.at.0, aggregate: data.aggregate })
    }
}
