//! The live status of a checkout: [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
//!
//! The stream sends the current snapshot first and then each newer one. It replays no past events: a page that reconnects has the current
//! state at once.
//!
//! A page follows a paid order for a day. Then the stream ends with an event of its own, and a browser that reconnects all the same is answered
//! 204, after which [it stops](https://html.spec.whatwg.org/multipage/server-sent-events.html#server-sent-events-intro).

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use kvitt_wire::Problem;
use tokio::time::Instant;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::Peer;
use super::responses::{ForPage, NotFound};
use crate::access::streams::Place;
use crate::access::token;
use crate::base::clock;
use crate::checkout::{Checkout, FOLLOWED_MS};
use crate::config::Limits;
use crate::engine::hub::Subscription;
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::http::sse::{self, Event, Span};
use crate::observe::trace;

/// The last event of a stream that ends for good. It has no id, so that the page keeps that of the latest version.
const END: &str = "event: end\ndata: {}\n\n";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// The header with which a browser reconnects, for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
struct LastVersion {
    /// The latest version that the page has.
    #[param(rename = "Last-Event-ID", required = false)]
    last_event_id: u32,
}

/// Streams a checkout
///
/// Server-sent events named `checkout`, each with a whole `Checkout` as its data and the version as its id. With
/// `Last-Event-ID`, the stream omits a version that the page already has. The proxy closes the stream after some minutes: reconnect. The stream of
/// a paid order lasts until a day after the payment. It ends with an event named `end`: do not reconnect.
#[utoipa::path(get, path = "/v1/checkouts/{token}/events", tag = "page",
    params(("token" = String, Path), LastVersion),
    responses(
    (status = 200, content_type = "text/event-stream", body = String, description = "The stream of events"),
    (status = 204, description = "The order was paid more than a day ago, and the page has its latest version: do not reconnect"),
    ForPage, NotFound,
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: too many streams in all or of this checkout, or the database does not answer"),
))]
async fn follow(
    State(app): State<App>,
    Peer(peer): Peer,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let (id, _) = token::decode(&token).ok_or(ApiError::not_found())?;
    // It begins before the checkout is read, so that no later commit is missed.
    let subscription = app.hub.subscribe(id);
    let found = app.find(&token).await?;
    let limits = app.http.limits;
    if app.hub.subscribers_of(id) > limits.streams_per_checkout {
        return Err(ApiError::busy());
    }
    let place = app.streams.pages.take(&app.rates.network(peer, &headers))?;
    trace::of_checkout(&found.checkout).in_scope(|| tracing::debug!("stream opened"));
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let last = last.unwrap_or_default();
    subscription.has_read(&found.checkout);
    let first = (found.checkout.version > last).then(|| block(&found.checkout, &token));
    let span = span(&found.checkout, &limits);
    if first.is_none() && span.last.is_some() && span.ends_at <= Instant::now() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stream = CheckoutStream { subscription, token, first, last: last.max(found.checkout.version), _place: place };
    let blocks = unfold(stream, |mut stream| async move { Some((stream.next().await?, stream)) });
    Ok(sse::response(blocks, span))
}

/// How long the stream lasts. That of a paid order needs no other connection until it ends for good.
fn span(checkout: &Checkout, limits: &Limits) -> Span {
    let (now, heartbeat) = (Instant::now(), limits.heartbeat);
    let Some(until) = checkout.followed_until() else {
        return Span { heartbeat, ends_at: now + limits.stream_age, last: None };
    };
    let left_ms = until.0.saturating_sub(clock::now().0).clamp(0, FOLLOWED_MS);
    Span { heartbeat, ends_at: now + Duration::from_millis(left_ms.unsigned_abs()), last: Some(END) }
}

/// One open stream. It costs nothing as long as the checkout does not change.
struct CheckoutStream {
    subscription: Subscription,
    token: String,
    /// The first block, until it is sent.
    first: Option<Bytes>,
    /// The latest version that the page has.
    last: u32,
    _place: Place<IpAddr>,
}

impl CheckoutStream {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let newer = self.subscription.newer_than(self.last).await?;
        self.last = newer.checkout.version;
        Some(newer.rendered(|checkout| block(checkout, &self.token)))
    }
}

/// The event with a checkout.
fn block(checkout: &Checkout, token: &str) -> Bytes {
    let data = serde_json::to_string(&checkout.snapshot(token.to_owned())).expect("a snapshot can be written as JSON");
    Event { name: Some("checkout"), id: checkout.version.to_string(), data }.block()
}
