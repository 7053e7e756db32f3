//! The log of what has happened to orders, in the order in which it became known: one row an event, written in the transaction of what it
//! tells of, whether anybody is told or not. Kept with the books, since it names no person.

use kvitt_wire::{Aggregate, OrderEvent};
use serde::Deserialize;

use super::{Error, Store};
use crate::checkout::{CheckoutId, Moment};

verbs! {
    /// What has happened after that place, oldest first; of one sales unit where one is named. Whoever has read up to a place has missed
    /// nothing before it.
    ///
    /// # Errors
    /// When the database says no.
    fn events(after: i64, sales_unit: Option<&str>, most: u32) -> Result<Vec<Logged>, Error>;

    /// The place of the latest event; 0 where there is none.
    ///
    /// # Errors
    /// When the database says no.
    fn latest_event() -> Result<i64, Error>;

    /// What has happened to an order, oldest first.
    ///
    /// # Errors
    /// When the database says no.
    fn events_of(id: CheckoutId) -> Result<Vec<Happened>, Error>;
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its place: grows, and may leave some out.
    pub place: i64,
    /// Its name.
    pub id: String,
    /// What endpoints are sent.
    pub payload: String,
}

/// An event of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Its name.
    pub id: String,
    /// What has happened.
    pub kind: String,
    /// When.
    pub at: Moment,
    /// What endpoints are sent.
    pub payload: String,
}

impl Happened {
    /// As the order shows it.
    ///
    /// # Errors
    /// When what endpoints are sent does not read.
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
