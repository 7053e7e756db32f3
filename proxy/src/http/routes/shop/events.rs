//! The log of what has happened, for a backend that would rather ask than be told: some at a time, or as a stream.
//!
//! Each event has a place in the log, and a cursor is a place: whoever has read up to it has missed nothing before it, at whichever proxy.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use kvitt_wire::Problem;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{page_of, query};
use crate::access::session;
use crate::access::shop_key::ShopKey;
use crate::engine::hub::EventSubscription;
use crate::engine::outage;
use crate::http::app::App;
use crate::http::problem::{ApiError, Result};
use crate::store;
use crate::store::events::LoggedEvent;

/// Events in an answer, unless more or fewer are asked for; and so many are read at once for a stream.
const PAGE: u32 = 100;
/// More than this are no page.
const MOST: u32 = 1_000;
/// How often a stream looks at the log: something may have been written that nobody woke it for.
const LOOK: Duration = Duration::from_secs(2);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(follow))
}

/// Something that has happened, as endpoints are told of it.
#[derive(Serialize, ToSchema)]
struct ShopEvent {
    /// Its name, the same wherever it is told: `evt_…`.
    id: String,
    /// What has happened, such as `checkout.authorized`.
    r#type: String,
    /// When the proxy learned of it.
    timestamp: String,
    /// The order as it was then: `reference`, `order_number`, `sales_unit`, `state`, `aggregate`, `currency`; never a name or number.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// Some of what has happened.
#[derive(Serialize, ToSchema)]
struct ShopEvents {
    /// The events, oldest first.
    events: Vec<ShopEvent>,
    /// Ask with `after` for what happens after them.
    next: String,
}

impl ShopEvent {
    fn of(logged: &LoggedEvent) -> std::result::Result<Self, store::Error> {
        #[derive(Deserialize)]
        struct Payload {
            r#type: String,
            timestamp: String,
            data: Box<RawValue>,
        }
        let Payload { r#type, timestamp, data } = serde_json::from_str(&logged.payload)?;
        Ok(Self { id: logged.id.clone(), r#type, timestamp, data })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// What has happened after that: the `next` of an answer, or the id of an event of the stream. From the beginning when absent.
    after: Option<String>,
    /// How many at most: 1 to 1000, 100 when absent.
    limit: Option<u32>,
}

/// Lists what has happened
///
/// Oldest first, in the order in which it became known; each event once, under the id that endpoints are told it by. Ask again with
/// `next`, or follow the stream.
#[utoipa::path(get, path = "/v1/shop/events", operation_id = "list_events", tag = "shop", params(Asked), security(("shop_key" = [])), responses(
    (status = 200, body = ShopEvents),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn list(
    State(app): State<App>,
    key: ShopKey,
    asked: std::result::Result<axum::extract::Query<Asked>, QueryRejection>,
) -> Result<axum::Json<ShopEvents>> {
    let asked = query(asked)?;
    let most = page_of(asked.limit, PAGE, MOST)?;
    let after = place(asked.after.as_deref())?.unwrap_or_default();
    let logged = app.store.events(after, key.sales_unit.as_deref(), most).await?;
    let next = logged.last().map_or(after, |last| last.position).to_string();
    let events = logged.iter().map(ShopEvent::of).collect::<std::result::Result<_, _>>()?;
    Ok(axum::Json(ShopEvents { events, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Following {
    /// What has happened after that: the `next` of a list, or the id of an event. From now on when absent.
    after: Option<String>,
}

/// Follows what happens
///
/// A stream of events, each with its cursor as its id and what the list shows of it as its data. With `Last-Event-ID` it goes on after that one;
/// without, and without `after`, it begins now. The stream is closed after some minutes; open it again.
#[utoipa::path(get, path = "/v1/shop/events/stream", operation_id = "follow_events", tag = "shop",
    params(Following, ("Last-Event-ID" = Option<String>, Header, description = "The last event that is known; goes before `after`")),
    security(("shop_key" = [])), responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: too many streams, or the database does not answer"),
))]
async fn follow(
    State(app): State<App>,
    key: ShopKey,
    headers: HeaderMap,
    asked: std::result::Result<axum::extract::Query<Following>, QueryRejection>,
) -> Result<Response> {
    let asked = query(asked)?;
    let limits = app.http.limits;
    if app.hub.subscribers() + app.hub.event_subscribers() >= limits.streams {
        return Err(ApiError::busy());
    }
    let listening = app.hub.subscribe_events();
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("none"));
    let after = match place(last.filter(|last| !last.is_empty()).or(asked.after.as_deref()))? {
        Some(after) => after,
        None => app.store.latest_position().await?,
    };
    tracing::debug!(after, "events followed");
    let until = Instant::now() + limits.stream_age;
    let session = (!headers.contains_key(header::AUTHORIZATION)).then_some(headers);
    let follower = Follower { app, key, session, listening, after, read: VecDeque::new(), greeted: false, until };
    let stream = Sse::new(events(follower)).keep_alive(KeepAlive::new().interval(limits.heartbeat));
    let unbuffered =
        [(header::CACHE_CONTROL, "no-cache, no-transform"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, stream).into_response())
}

/// The place of a cursor.
fn place(cursor: Option<&str>) -> Result<Option<i64>> {
    let read = |cursor: &str| cursor.parse().ok().filter(|place| *place >= 0).ok_or(ApiError::bad_cursor());
    cursor.map(read).transpose()
}

struct Follower {
    app: App,
    key: ShopKey,
    /// What a session is recognized by, where it is not a key that was shown.
    session: Option<HeaderMap>,
    listening: EventSubscription,
    /// The place up to which all has been read.
    after: i64,
    /// Read, and not sent yet.
    read: VecDeque<LoggedEvent>,
    greeted: bool,
    until: Instant,
}

fn events(follower: Follower) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.greeted, true) {
            // With the place, so that whoever is cut off before the first event goes on from here.
            let retry = Duration::from_millis(rand::rng().random_range(1_000..3_000));
            return Some(Event::default().comment("kvitt").id(self.after.to_string()).retry(retry));
        }
        loop {
            if let Some(logged) = self.read.pop_front() {
                let event = ShopEvent::of(&logged).inspect_err(|error| outage::report(error, "event left out")).ok();
                let Some(event) = event else { continue };
                return Event::default().id(logged.position.to_string()).json_data(&event).ok();
            }
            let wait = match self.read_on().await {
                Ok(true) if self.read.is_empty() => LOOK,
                Ok(true) => continue,
                Ok(false) => return None,
                Err(error) => {
                    outage::report(&error, "stream not fed");
                    if !error.is_transient() {
                        return None;
                    }
                    LOOK
                }
            };
            tokio::select! {
                () = self.listening.changed() => {}
                // The log is the truth, also when another process has written it.
                () = tokio::time::sleep(wait) => {}
                () = tokio::time::sleep_until(self.until) => return None,
                () = self.app.stop.cancelled() => return None,
            }
        }
    }

    /// Reads what there is by now. False when whoever follows may not any more.
    async fn read_on(&mut self) -> std::result::Result<bool, store::Error> {
        let key = self.app.store.shop_key(&self.key.prefix).await?;
        if key.is_some_and(|key| key.revoked_at.is_some()) {
            return Ok(false);
        }
        if let Some(headers) = &self.session
            && session::authenticate(&self.app.desk, &self.app.store, &Method::GET, headers).await?.is_none()
        {
            return Ok(false);
        }
        self.read = self.app.store.events(self.after, self.key.sales_unit.as_deref(), PAGE).await?.into();
        self.after = self.read.back().map_or(self.after, |last| last.position);
        Ok(true)
    }
}
