//! What the shop is told: one row for each event and endpoint, written in the transaction of what it tells of, beside the [log](super::events)
//! of all events. It is the [relay](crate::shop::relay)'s queue until it is delivered or given up, and the log of that for a while after it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::{Error, Store};
use crate::base::vault::Unopened;
use crate::checkout::{Checkout, CheckoutId, Event, Moment, Planned};

/// Told to the other endpoints.
pub const ENDPOINT_DISABLED: &str = "endpoint.disabled";
/// Told when an operator wants to see whether it arrives.
pub const ENDPOINT_TEST: &str = "endpoint.test";
/// Why the rows of an endpoint that is gone are given up.
pub(super) const NO_ENDPOINT: &str = "the endpoint is disabled or removed";

verbs! {
    /// Tells an event to every enabled endpoint that wants it, which is logged, or to the one that is named whatever it wants, which is
    /// not; one that was told before is not told again. How many it was written down for.
    ///
    /// # Errors
    /// When the database says no.
    fn tell_shop(told: &Told, only: Option<&str>, now: Moment) -> Result<u64, Error>;

    /// Takes deliveries that are due, for `lease_ms` milliseconds; after that somebody else may take them. Those to endpoints that do not
    /// fail go first. What has no enabled endpoint any more is given up.
    ///
    /// # Errors
    /// When the database says no.
    fn claim_deliveries(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<Delivery>, Error>;

    /// When the next delivery is due, or the claim on it ends.
    ///
    /// # Errors
    /// When the database says no.
    fn next_delivery() -> Result<Option<Moment>, Error>;

    /// Writes down what came of a try, and disables the endpoint when it is gone, or has done nothing but fail since `patience_from`; the
    /// other endpoints are told of that in the same transaction, and what waits for this one is given up.
    ///
    /// # Errors
    /// When the database says no; the claim then runs out by itself.
    fn settle_delivery(
        claim: &DeliveryClaim,
        tried: &Tried,
        patience_from: Moment,
        now: Moment
    ) -> Result<Settled, Error>;

    /// What was or is to be told to an endpoint, the newest first; what is not delivered and was tried, where `failed` says so.
    ///
    /// # Errors
    /// When the database says no.
    fn deliveries(endpoint: &str, failed: bool, after: Option<&After>, most: u32) -> Result<Vec<Listed>, Error>;

    /// Has deliveries made again, under the ids that they had. How many.
    ///
    /// # Errors
    /// When the database says no.
    fn replay(endpoint: &str, which: Which<'_>, now: Moment) -> Result<u64, Error>;

    /// Forgets what was written before that moment and has been delivered or given up.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_deliveries(before: Moment) -> Result<(), Error>;

    /// How the relay stands.
    ///
    /// # Errors
    /// When the database says no.
    fn relay_depths(now: Moment) -> Result<RelayDepths, Error>;
}

/// An event as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its name, the same at every endpoint and in every try: `evt_…`.
    pub id: String,
    /// What has happened.
    pub kind: String,
    /// What is sent, byte for byte.
    pub payload: String,
    /// When it has happened.
    pub(super) at: Moment,
    /// What it is about, if that is an order.
    pub(super) about: Option<About>,
}

/// The order that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct About {
    pub(super) checkout_id: CheckoutId,
    pub(super) sales_unit: String,
}

/// The body of a delivery, as Standard Webhooks has it.
#[derive(Serialize)]
struct Payload<'a, D> {
    r#type: &'a str,
    timestamp: String,
    data: D,
}

impl Told {
    /// An event of an order. What has an id of its own is told once, however often it is said.
    ///
    /// # Errors
    /// When it cannot be written, which plain values always can.
    pub fn new(id: &str, checkout_id: CheckoutId, event: &Event) -> Result<Self, Error> {
        let about = About { checkout_id, sales_unit: event.order.sales_unit.clone() };
        let told = Self::with(format!("evt_{id}"), event.kind.as_str(), event.at, &event.order)?;
        Ok(Self { about: Some(about), ..told })
    }

    /// What an operator sends to see whether it arrives.
    ///
    /// # Errors
    /// When it cannot be written, which plain values always can.
    pub fn test(endpoint: &str, at: Moment) -> Result<Self, Error> {
        Self::with(fresh_id(), ENDPOINT_TEST, at, &serde_json::json!({ "endpoint": endpoint }))
    }

    pub(super) fn disabled(endpoint: &str, reason: &str, at: Moment) -> Result<Self, Error> {
        Self::with(fresh_id(), ENDPOINT_DISABLED, at, &serde_json::json!({ "endpoint": endpoint, "reason": reason }))
    }

    fn with(id: String, kind: &str, at: Moment, data: &impl Serialize) -> Result<Self, Error> {
        let timestamp = jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default();
        let payload = serde_json::to_string(&Payload { r#type: kind, timestamp, data })?;
        Ok(Self { id, kind: kind.to_owned(), payload, at, about: None })
    }
}

fn fresh_id() -> String {
    format!("evt_{}", Uuid::now_v7().simple())
}

/// What a commit tells: the same events under the same ids whenever it is repeated.
pub(super) fn told(checkout: &Checkout, effects: &[Planned]) -> Result<Vec<Told>, Error> {
    let events = effects.iter().enumerate().filter_map(|(place, planned)| Some((place, planned.event()?)));
    events.map(|(place, event)| Told::new(&super::effect_id(checkout, place), checkout.id, event)).collect()
}

/// The right to settle a delivery: it is lost when somebody else has claimed it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryClaim {
    /// The event.
    pub id: String,
    /// To whom.
    pub endpoint: String,
    /// How often it has been claimed, this claim included.
    pub tries: i64,
}

/// A delivery that this process has taken to make.
#[derive(Debug)]
pub struct Delivery {
    /// The right to settle it.
    pub claim: DeliveryClaim,
    /// What has happened.
    pub kind: String,
    /// Where to.
    pub url: String,
    /// What is sent.
    pub payload: String,
    /// What it is signed with, the present secret first.
    pub secrets: Result<Vec<SecretString>, Unopened>,
    /// How often it was tried, this try included, since it was written down or replayed.
    pub tries: i64,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What the endpoint answered.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub latency_ms: i64,
    /// What becomes of the delivery.
    pub then: Then,
}

/// What becomes of a delivery after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is done.
    Delivered,
    /// It is tried again at that moment.
    Again(Moment),
    /// It was tried often enough.
    GivenUp,
    /// The endpoint wants no more of them.
    Gone,
}

/// What writing it down came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is written.
    Written,
    /// And the endpoint was disabled, for that reason.
    Disabled(&'static str),
    /// Somebody else has claimed it since: nothing was written.
    Lost,
}

/// Why an endpoint is disabled after a try.
pub(super) const fn reason(then: Then) -> &'static str {
    match then {
        Then::Gone => "it answered 410 Gone",
        _ => "it has done nothing but fail for days",
    }
}

/// Which deliveries are made again.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// The one of that event.
    One(&'a str),
    /// Those that were written down then or later.
    Since(Moment),
}

impl Which<'_> {
    /// As a statement takes it: the event's id, and the earliest moment.
    pub(super) const fn bounds(&self) -> (Option<&str>, i64) {
        match self {
            Self::One(id) => (Some(id), i64::MIN),
            Self::Since(moment) => (None, moment.0),
        }
    }
}

/// A place in the list of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    pub(super) created_at: Moment,
    pub(super) id: String,
}

impl After {
    /// The place of a delivery.
    pub fn of(listed: &Listed) -> Self {
        Self { created_at: listed.created_at, id: listed.id.clone() }
    }

    /// As the shop is given it, to be given back unread.
    pub fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.created_at.0.to_be_bytes()[..], self.id.as_bytes()].concat())
    }

    /// What [`After::write`] has written; none for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_at_checked(8)?;
        let id = std::str::from_utf8(id).ok().filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()))?;
        Some(Self { created_at: Moment(i64::from_be_bytes(at.try_into().ok()?)), id: id.to_owned() })
    }
}

/// A delivery as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The event.
    pub id: String,
    /// What has happened.
    pub kind: String,
    /// How often it was tried since it was written down or replayed.
    pub tries: i64,
    /// When it was written down.
    pub created_at: Moment,
    /// When it is due next; the past for one that is settled.
    pub due_at: Moment,
    /// When it was last tried.
    pub tried_at: Option<Moment>,
    /// How long that took.
    pub latency_ms: Option<i64>,
    /// What the endpoint answered then.
    pub last_status: Option<i64>,
    /// Why that failed.
    pub last_error: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<Moment>,
    /// When it was given up.
    pub given_up_at: Option<Moment>,
}

/// Numbers for the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayDepths {
    /// Deliveries that wait.
    pub waiting: i64,
    /// The age of the oldest of them, in milliseconds.
    pub oldest_ms: i64,
    /// Endpoints that are disabled.
    pub disabled: i64,
}
