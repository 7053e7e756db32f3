//! The event log, for a backend that polls instead of receiving webhooks: page by page, or as a stream.
//!
//! Each event has a place in the log, and a cursor is such a place. It is valid at every proxy, and no event before it can appear later.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use futures_util::stream::unfold;
use kvitt_wire::Problem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, page_size, parse_query};
use crate::access::rights::Read;
use crate::access::session;
use crate::access::shop_key::ShopKey;
use crate::access::streams::Place;
use crate::engine::hub::EventSubscription;
use crate::engine::outage;
use crate::http::app::App;
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::ForShop;
use crate::http::sse::{self, Event, Span};
use crate::store;
use crate::store::events::LoggedEvent;

/// The cursor at which a stream begins.
const CURSOR: HeaderName = HeaderName::from_static("kvitt-cursor");
/// The default number of events on a page; a stream reads as many at once.
const PAGE: u32 = 100;
/// The most events on a page.
const MAX_PAGE: u32 = 1_000;
/// How often a stream polls the log, since a notification can be lost.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(follow))
}

/// An event, with the same content as the webhook to an endpoint.
#[derive(Serialize, ToSchema)]
struct ShopEvent {
    /// The id of the event, the same in every delivery: `evt_…`.
    id: String,
    /// The type, such as `checkout.authorized`.
    r#type: String,
    /// When the proxy recorded the event.
    timestamp: String,
    /// The order at that time: `reference`, `order_number`, `sales_unit`, `state`, `aggregate`, `currency`; never personal data.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
struct ShopEvents {
    /// The events, oldest first.
    events: Vec<ShopEvent>,
    /// The cursor for the events after these: pass it as `after`.
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
struct ListQuery {
    /// Lists the events after this cursor: the `next` of a page, or the id of an event of the stream. Default: from the first event.
    after: Option<String>,
    /// The most events to return, 1 to 1000. Default: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Lists events
///
/// The oldest first, in the order in which the proxy recorded them. Each event appears once, under the same id as in webhooks. Continue with
/// `next`, or follow the stream.
#[utoipa::path(get, path = "/v1/shop/events", operation_id = "list_events", tag = "shop", params(ListQuery), security(("shop_key" = [])), responses(
    (status = 200, body = ShopEvents, description = "A page of events"),
    ForShop<Read>,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
))]
async fn list(
    State(app): State<App>,
    key: Caller<Read>,
    query: std::result::Result<axum::extract::Query<ListQuery>, QueryRejection>,
) -> Result<axum::Json<ShopEvents>> {
    let query = parse_query(query)?;
    let size = page_size(query.limit, PAGE, MAX_PAGE)?;
    let after = place(query.after.as_deref())?.unwrap_or_default();
    let logged = app.store.events(after, key.sales_unit.as_deref(), size).await?;
    let next = logged.last().map_or(after, |last| last.position).to_string();
    let events = logged.iter().map(ShopEvent::of).collect::<std::result::Result<_, _>>()?;
    Ok(axum::Json(ShopEvents { events, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Streams the events after this cursor: the `next` of a page, or the id of an event. Default: from now on.
    after: Option<String>,
}

/// The header with which a client reconnects, for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
struct LastEvent {
    /// The cursor of the last event received; takes precedence over `after`.
    #[param(rename = "Last-Event-ID", required = false)]
    last_event_id: String,
}

/// Streams events
///
/// Server-sent events, each with its cursor as its id and the event of the list as its data. With `Last-Event-ID` the stream continues after
/// that event; without it, and without `after`, it begins now. `kvitt-cursor` says where that is, for a connection
/// that breaks before the first event. The proxy closes the stream after some minutes: reconnect.
#[utoipa::path(get, path = "/v1/shop/events/stream", operation_id = "follow_events", tag = "shop",
    params(StreamQuery, LastEvent),
    security(("shop_key" = [])), responses(
    (status = 200, content_type = "text/event-stream", body = String, description = "The stream of events",
        headers(("kvitt-cursor" = String, description = "The cursor at which the stream begins"))),
    ForShop<Read>,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`, `bad_cursor`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: too many streams, or the database does not answer"),
))]
async fn follow(
    State(app): State<App>,
    key: Caller<Read>,
    headers: HeaderMap,
    query: std::result::Result<axum::extract::Query<StreamQuery>, QueryRejection>,
) -> Result<Response> {
    let query = parse_query(query)?;
    let limits = app.http.limits;
    let place_of_key = app.streams.shop.take(&key.prefix)?;
    let listening = app.hub.subscribe_events();
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("none"));
    let after = match place(last.filter(|last| !last.is_empty()).or(query.after.as_deref()))? {
        Some(after) => after,
        None => app.store.latest_position().await?,
    };
    tracing::debug!(after, "event stream opened");
    let session = (!headers.contains_key(header::AUTHORIZATION)).then_some(headers);
    let key = key.clone();
    let stream = EventStream { app, key, session, listening, after, read: VecDeque::new(), _place: place_of_key };
    let blocks = unfold(stream, |mut stream| async move { Some((stream.next().await?.block(), stream)) });
    let span = Span { heartbeat: limits.heartbeat, ends_at: Instant::now() + limits.stream_age, last: None };
    let mut response = sse::response(blocks, span);
    response.headers_mut().insert(CURSOR, HeaderValue::from(after));
    Ok(response)
}

/// The place of a cursor.
fn place(cursor: Option<&str>) -> Result<Option<i64>> {
    let read = |cursor: &str| cursor.parse().ok().filter(|place| *place >= 0).ok_or(ApiError::bad_cursor());
    cursor.map(read).transpose()
}

/// One open stream.
struct EventStream {
    app: App,
    key: ShopKey,
    /// The headers of the desk's session; none when the request came with a key.
    session: Option<HeaderMap>,
    listening: EventSubscription,
    /// The place of the last event that was read.
    after: i64,
    /// Events that were read and not sent yet.
    read: VecDeque<LoggedEvent>,
    _place: Place<String>,
}

impl EventStream {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(logged) = self.read.pop_front() {
                let event = ShopEvent::of(&logged).inspect_err(|error| outage::report(error, "event skipped")).ok();
                let Some(event) = event else { continue };
                let data = serde_json::to_string(&event).ok()?;
                return Some(Event { name: None, id: logged.position.to_string(), data });
            }
            let wait = match self.read_more().await {
                Ok(true) if self.read.is_empty() => POLL_INTERVAL,
                Ok(true) => continue,
                Ok(false) => return None,
                Err(error) => {
                    outage::report(&error, "stream paused");
                    if !error.is_transient() {
                        return None;
                    }
                    POLL_INTERVAL
                }
            };
            tokio::select! {
                () = self.listening.changed() => {}
                // Without a notification the log is read all the same: another process may have written it.
                () = tokio::time::sleep(wait) => {}
                () = self.app.stop.cancelled() => return None,
            }
        }
    }

    /// Reads the events that are new. False when the key was revoked or the session has ended.
    async fn read_more(&mut self) -> std::result::Result<bool, store::Error> {
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
