//! Deliveries of events to the shop's endpoints: one row for each event and endpoint, written in the transaction of the change, beside the
//! [log](super::events) of all events.
//!
//! The rows are the queue of the [relay](crate::shop::relay) until they are delivered or given up, and its history for a while after. The
//! payload follows [Standard Webhooks](https://www.standardwebhooks.com/) and must stay byte for byte the same in every try.

use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::cursor::Cursor;
use super::{Error, Store};
use crate::base::vault::OpenError;
use crate::checkout::audit::Entry;
use crate::checkout::{Checkout, CheckoutId, Event, Moment, Planned};

/// The event that the other endpoints receive when one is disabled.
pub const ENDPOINT_DISABLED: &str = "endpoint.disabled";
/// The event that tests an endpoint.
pub const ENDPOINT_TEST: &str = "endpoint.test";
/// The error of deliveries that are given up because their endpoint is disabled or removed.
pub(super) const NO_ENDPOINT: &str = "the endpoint is disabled or removed";

verbs! {
    /// Logs an event and enqueues a delivery for every enabled endpoint that subscribes to it. With `only`, enqueues it for that endpoint
    /// whatever it subscribes to, and does not log it. A delivery that exists already is left alone. How many were enqueued.
    ///
    /// # Errors
    /// On a database error.
    fn enqueue_deliveries(event: &NewEvent, only: Option<&str>, now: Moment) -> Result<u64, Error>;

    /// Claims deliveries that are due, for `lease_ms` milliseconds. Those to endpoints that are not failing come first. One whose endpoint
    /// is disabled or removed is given up.
    ///
    /// # Errors
    /// On a database error.
    fn claim_deliveries(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<Delivery>, Error>;

    /// When the next delivery is due, or its lease expires.
    ///
    /// # Errors
    /// On a database error.
    fn next_delivery() -> Result<Option<Moment>, Error>;

    /// Records the result of a try. Disables the endpoint when it is gone, or has only failed since `failing_before`; then the other
    /// endpoints are notified in the same transaction, and the pending deliveries to this one are given up.
    ///
    /// # Errors
    /// On a database error; the claim expires by itself then.
    fn settle_delivery(
        claim: &DeliveryClaim,
        tried: &DeliveryTry,
        failing_before: Moment,
        now: Moment
    ) -> Result<SettleOutcome, Error>;

    /// The deliveries to an endpoint, the newest first; with `failed`, only those that were tried and are not delivered.
    ///
    /// # Errors
    /// On a database error.
    fn deliveries(endpoint: &str, failed: bool, after: Option<&Cursor>, most: u32) -> Result<Vec<ListedDelivery>, Error>;

    /// Enqueues a test event for one endpoint, whatever it subscribes to, and does not log it.
    ///
    /// # Errors
    /// On a database error.
    fn enqueue_test(event: &NewEvent, endpoint: &str, audit: &Entry) -> Result<(), Error>;

    /// Makes deliveries due again, with the same event ids. How many.
    ///
    /// # Errors
    /// On a database error.
    fn replay(endpoint: &str, which: Replay<'_>, audit: &Entry) -> Result<u64, Error>;

    /// Deletes deliveries created before that time that were delivered or given up, `most` at once. How many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_deliveries(before: Moment, most: u32) -> Result<u64, Error>;

    /// The size of the queue.
    ///
    /// # Errors
    /// On a database error.
    fn relay_depths(now: Moment) -> Result<RelayDepths, Error>;
}

/// An event to be logged and delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewEvent {
    /// Its id, `evt_…`, the same at every endpoint and in every try.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The body to send, byte for byte.
    pub payload: String,
    /// When it happened.
    pub(super) at: Moment,
    /// The order that it concerns, if any.
    pub(super) about: Option<About>,
}

/// The order that an event concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct About {
    pub(super) checkout_id: CheckoutId,
    pub(super) sales_unit: String,
}

/// The body of a delivery, after Standard Webhooks.
#[derive(Serialize)]
struct Payload<'a, D> {
    r#type: &'a str,
    timestamp: String,
    data: D,
}

impl NewEvent {
    /// An event of an order. `id` makes it unique: the same event is logged and delivered once, however often it is enqueued.
    ///
    /// # Errors
    /// When it cannot be serialized, which does not happen with plain values.
    pub fn new(id: &str, checkout_id: CheckoutId, event: &Event) -> Result<Self, Error> {
        let about = About { checkout_id, sales_unit: event.order.sales_unit.clone() };
        let event_row = Self::with(format!("evt_{id}"), event.kind.as_str(), event.at, &event.order)?;
        Ok(Self { about: Some(about), ..event_row })
    }

    /// A test event for one endpoint.
    ///
    /// # Errors
    /// When it cannot be serialized, which does not happen with plain values.
    pub fn test(endpoint: &str, at: Moment) -> Result<Self, Error> {
        Self::with(new_id(), ENDPOINT_TEST, at, &serde_json::json!({ "endpoint": endpoint }))
    }

    pub(super) fn disabled(endpoint: &str, reason: &str, at: Moment) -> Result<Self, Error> {
        Self::with(new_id(), ENDPOINT_DISABLED, at, &serde_json::json!({ "endpoint": endpoint, "reason": reason }))
    }

    fn with(id: String, kind: &str, at: Moment, data: &impl Serialize) -> Result<Self, Error> {
        let timestamp = jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
        let payload = serde_json::to_string(&Payload { r#type: kind, timestamp, data })?;
        Ok(Self { id, kind: kind.to_owned(), payload, at, about: None })
    }
}

fn new_id() -> String {
    format!("evt_{}", Uuid::now_v7().simple())
}

/// The events among a commit's effects. A repeated commit has the same ids.
pub(super) fn new_events(checkout: &Checkout, effects: &[Planned]) -> Result<Vec<NewEvent>, Error> {
    let events = effects.iter().enumerate().filter_map(|(position, planned)| Some((position, planned.event()?)));
    events.map(|(position, event)| NewEvent::new(&super::effect_id(checkout, position), checkout.id, event)).collect()
}

/// The right to settle a delivery. It is lost when another worker claims the delivery after the lease has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// The event's id.
    pub id: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// How many times the delivery has been claimed, including this time.
    pub tries: i64,
}

/// A delivery that this process has claimed.
#[derive(Debug)]
pub struct Delivery {
    /// The right to settle it.
    pub claim: DeliveryClaim,
    /// The event's type.
    pub kind: String,
    /// The endpoint's address.
    pub url: String,
    /// The body to send.
    pub payload: String,
    /// The signing secrets, the current one first.
    pub secrets: Result<Vec<SecretString>, OpenError>,
    /// How many tries there were since it was enqueued or replayed, including this one.
    pub tries: i64,
}

/// The result of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTry {
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// What follows for the delivery.
    pub outcome: DeliveryOutcome,
}

/// What follows for a delivery after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It is delivered.
    Delivered,
    /// It is retried at that time.
    Retry(Moment),
    /// The last try has failed.
    GivenUp,
    /// The endpoint answered 410 Gone and is disabled.
    Gone,
}

/// The result of settling a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// The result was recorded.
    Written,
    /// The result was recorded, and the endpoint was disabled for that reason.
    EndpointDisabled(&'static str),
    /// The claim was lost. Nothing was written.
    Lost,
}

/// Why an endpoint is disabled after a try.
pub(super) const fn reason(outcome: DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Gone => "it answered 410 Gone",
        _ => "it has done nothing but fail for days",
    }
}

/// Which deliveries are replayed.
#[derive(Clone, Copy, Debug)]
pub enum Replay<'a> {
    /// The delivery of that event.
    One(&'a str),
    /// All deliveries created at that time or later.
    Since(Moment),
}

impl Replay<'_> {
    /// The parameters of the statement: the event's id, and the earliest time.
    pub(super) const fn bounds(&self) -> (Option<&str>, i64) {
        match self {
            Self::One(id) => (Some(id), i64::MIN),
            Self::Since(moment) => (None, moment.0),
        }
    }
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedDelivery {
    /// The event's id.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// How many tries there were since it was enqueued or replayed.
    pub tries: i64,
    /// When it was enqueued.
    pub created_at: Moment,
    /// When it is due next; in the past for one that is settled.
    pub due_at: Moment,
    /// When it was last tried.
    pub tried_at: Option<Moment>,
    /// How long the last try took, in milliseconds.
    pub latency_ms: Option<i64>,
    /// The HTTP status of the last try.
    pub last_status: Option<i64>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<Moment>,
    /// When it was given up.
    pub given_up_at: Option<Moment>,
}

/// The size of the queue of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayDepths {
    /// Pending deliveries.
    pub waiting: i64,
    /// The age of the oldest pending delivery, in milliseconds.
    pub oldest_ms: i64,
    /// Endpoints that are disabled.
    pub disabled: i64,
}
