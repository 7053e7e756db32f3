//! The log of all events, in the order in which their commits became visible: one row per event, written in the transaction of the change,
//! whether an endpoint subscribes to it or not. It contains no personal data and is kept as long as the orders.

use kvitt_wire::{Aggregate, OrderEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::db::{Db, Statement, Value, Work};
use super::outbox::effect_id;
use super::{Error, Store};
use crate::checkout::{Checkout, CheckoutId, Event, Moment, Planned};

/// The event that the other endpoints receive when one is disabled.
pub const ENDPOINT_DISABLED: &str = "endpoint.disabled";
/// The event that tests an endpoint.
pub const ENDPOINT_TEST: &str = "endpoint.test";
/// The advisory lock that is held until assigned positions are committed.
const POSITION_LOCK: i64 = 0x006b_7669_7474;
/// How many positions one transaction assigns, so that a caller that is cancelled in between has made progress.
const BATCH: i64 = 2_000;

impl Store {
    /// The events after a position, oldest first, of one sales unit if it is named. A reader that has read up to a position has missed no
    /// event before it.
    ///
    /// # Errors
    /// On a database error.
    pub async fn events(&self, after: i64, sales_unit: Option<&str>, most: u32) -> Result<Vec<LoggedEvent>, Error> {
        self.assign_positions().await?;
        let query = match sales_unit {
            None => Statement::new("SELECT place, id, payload FROM events WHERE place > $1 ORDER BY place LIMIT $2"),
            Some(_) => Statement::new(
                "SELECT place, id, payload FROM events WHERE place > $1 AND sales_unit = $3 ORDER BY place LIMIT $2",
            ),
        };
        self.db
            .all(query.bind(after).bind(most).bind(sales_unit), |row| {
                Ok(LoggedEvent { position: row.get("place")?, id: row.get("id")?, payload: row.get("payload")? })
            })
            .await
    }

    /// The position of the latest event; 0 where there is none.
    ///
    /// # Errors
    /// On a database error.
    pub async fn latest_position(&self) -> Result<i64, Error> {
        self.assign_positions().await?;
        let query = Statement::new("SELECT coalesce(max(place), 0) AS place FROM events");
        Ok(self.db.one(query, |row| row.get("place")).await?.unwrap_or_default())
    }

    /// The events of an order, oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn order_events(&self, id: CheckoutId) -> Result<Vec<HistoryEvent>, Error> {
        let query = Statement::new("SELECT id, kind, at, payload FROM events WHERE checkout_id = $1 ORDER BY at, id");
        self.db
            .all(query.bind(id), |row| {
                Ok(HistoryEvent {
                    id: row.get("id")?,
                    kind: row.get("kind")?,
                    at: row.get("at")?,
                    payload: row.get("payload")?,
                })
            })
            .await
    }

    /// Assigns positions to committed events that have none, on PostgreSQL: transactions commit in another order there than they begin.
    /// With positions assigned on insert, an event could appear before a position that a reader has passed already. So positions are
    /// assigned after the commit, when events are first read, by one proxy at a time. Transaction ids of the server are no alternative: a
    /// long transaction elsewhere would hold them up, and a restored copy begins anew. On SQLite one transaction follows the other.
    async fn assign_positions(&self) -> Result<(), Error> {
        if matches!(self.db, Db::Sqlite(_)) {
            return Ok(());
        }
        let fresh = Statement::new("SELECT 1 FROM events WHERE place IS NULL LIMIT 1");
        while self.db.one(fresh.clone(), |_| Ok(())).await?.is_some() {
            let lock = Statement::new("SELECT pg_advisory_xact_lock($1)").bind(POSITION_LOCK);
            let number = Statement::new(
                "UPDATE events SET place = numbered.place FROM ( \
                     SELECT id, nextval('event_places') AS place \
                     FROM (SELECT id FROM events WHERE place IS NULL ORDER BY at, id LIMIT $1) AS fresh) AS numbered \
                 WHERE events.id = numbered.id",
            );
            let number = number.bind(BATCH);
            self.db
                .write(move |tx| {
                    Box::pin(async move {
                        tx.one(lock, |_| Ok(())).await?;
                        tx.execute(number).await?;
                        Ok(Work::Commit(()))
                    })
                })
                .await?;
        }
        Ok(())
    }
}

/// Inserts events. One that exists already is left alone.
pub(super) fn insertion(events: &[NewEvent]) -> Statement {
    let row = |event: &NewEvent| -> [Value; 6] {
        let about = event.about.as_ref();
        [
            event.id.as_str().into(),
            event.kind.as_str().into(),
            event.payload.as_str().into(),
            about.map(|about| about.checkout_id).into(),
            about.map(|about| about.sales_unit.as_str()).into(),
            event.at.into(),
        ]
    };
    Statement::insert(
        "INSERT INTO events (id, kind, payload, checkout_id, sales_unit, at)",
        events.iter().map(row).collect(),
        " ON CONFLICT (id) DO NOTHING",
    )
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

/// An event to be logged and delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id, `evt_…`, the same at every endpoint and in every try.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The body to send, byte for byte.
    pub payload: String,
    /// When it happened.
    at: Moment,
    /// The order that it concerns, if any.
    about: Option<About>,
}

/// The order that an event concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
struct About {
    checkout_id: CheckoutId,
    sales_unit: String,
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
    events.map(|(position, event)| NewEvent::new(&effect_id(checkout, position), checkout.id, event)).collect()
}
