//! The live status of a checkout: [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
//!
//! The stream sends the current snapshot first and then each newer one. It replays no past events: a page that reconnects has the current
//! state at once.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::stream::unfold;
use kvitt_wire::Problem;
use rand::Rng;
use tokio::time::Instant;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::Peer;
use super::responses::{ForPage, NotFound};
use crate::access::streams::Place;
use crate::access::token::Found;
use crate::engine::hub::Subscription;
use crate::engine::outage;
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::http::sse::{self, Event};
use crate::observe::trace;

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
/// `Last-Event-ID`, the stream omits a version that the page already has. The proxy closes the stream after some minutes: reconnect.
#[utoipa::path(get, path = "/v1/checkouts/{token}/events", tag = "page",
    params(("token" = String, Path), LastVersion),
    responses(
    (status = 200, content_type = "text/event-stream", body = String, description = "The stream of events"),
    ForPage, NotFound,
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: too many streams in all or of this checkout, or the database does not answer"),
))]
async fn follow(
    State(app): State<App>,
    Peer(peer): Peer,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let found = app.find(&token).await?;
    let id = found.checkout.id;
    let limits = app.http.limits;
    if app.hub.subscribers_of(id) >= limits.streams_per_checkout {
        return Err(ApiError::busy());
    }
    let place = app.streams.pages.take(&app.rates.network(peer, &headers))?;
    trace::of_checkout(&found.checkout).in_scope(|| tracing::debug!("stream opened"));
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let stream = CheckoutStream {
        subscription: app.hub.subscribe(id),
        found,
        last: last.unwrap_or_default(),
        _place: place,
        closes_at: Instant::now() + limits.stream_age,
        app,
    };
    let snapshots = unfold(stream, |mut stream| async move { Some((stream.next().await?, stream)) });
    Ok(sse::response(snapshots, limits.heartbeat))
}

/// One open stream.
struct CheckoutStream {
    app: App,
    subscription: Subscription,
    found: Found,
    /// The latest version that the page has.
    last: u32,
    _place: Place<IpAddr>,
    /// When the proxy closes the stream.
    closes_at: Instant,
}

impl CheckoutStream {
    async fn next(&mut self) -> Option<Event> {
        loop {
            // The subscription began before this read, so a commit after the read is not missed.
            let (stored, wait) = match self.app.store.checkout(self.found.checkout.id).await {
                Ok(stored) => (Some(stored?), self.app.http.limits.heartbeat),
                // Random, so that the streams do not all retry at the same moment.
                Err(error) if error.is_transient() => {
                    outage::report(&error, "stream paused");
                    (None, Duration::from_millis(rand::rng().random_range(1_000..3_000)))
                }
                Err(error) => {
                    outage::report(&error, "stream ended");
                    return None;
                }
            };
            if let Some(stored) = stored.filter(|stored| stored.checkout.version > self.last) {
                self.last = stored.checkout.version;
                let data = serde_json::to_string(&self.found.snapshot_of(&stored.checkout)).ok()?;
                return Some(Event { name: Some("checkout"), id: self.last.to_string(), data });
            }
            tokio::select! {
                () = self.subscription.changed() => {}
                // Without a notification the row is read all the same: another process may have written it.
                () = tokio::time::sleep(wait) => {}
                () = tokio::time::sleep_until(self.closes_at) => return None,
                () = self.app.stop.cancelled() => return None,
            }
        }
    }
}
