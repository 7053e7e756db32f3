//! The live status of a checkout: [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
//!
//! There is no log of events to replay: the present snapshot comes first and then each newer one, so whoever was away has missed
//! nothing.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use kvitt_wire::Problem;
use rand::Rng;
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::token::Found;
use crate::engine::hub::Subscription;
use crate::engine::outage;
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::observe::trace;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// Follows a checkout
///
/// A stream of `checkout` events, each with a whole [`Checkout`](kvitt_wire::Checkout) as its data and the version as its id. With
/// `Last-Event-ID` the first one is left out when the page has it already. The stream is closed after some minutes; open it again.
#[utoipa::path(get, path = "/v1/checkouts/{token}/events", tag = "page",
    params(("token" = String, Path), ("Last-Event-ID" = Option<u32>, Header, description = "The version that the page has")),
    responses(
    (status = 200, content_type = "text/event-stream", body = String),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: too many streams, or the database does not answer"),
))]
async fn follow(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Result<Response> {
    let found = app.find(&token).await?;
    let id = found.checkout.id;
    let limits = app.http.limits;
    if app.hub.subscribers() >= limits.streams || app.hub.subscribers_of(id) >= limits.streams_per_checkout {
        return Err(ApiError::busy());
    }
    trace::of_checkout(&found.checkout).in_scope(|| tracing::debug!("stream opened"));
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let follower = Follower {
        watcher: app.hub.subscribe(id),
        found,
        last: last.unwrap_or_default(),
        greeted: false,
        until: Instant::now() + limits.stream_age,
        app,
    };
    let stream = Sse::new(snapshots(follower)).keep_alive(KeepAlive::new().interval(limits.heartbeat));
    let unbuffered =
        [(header::CACHE_CONTROL, "no-cache, no-transform"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, stream).into_response())
}

struct Follower {
    app: App,
    watcher: Subscription,
    found: Found,
    /// The version that the page has.
    last: u32,
    greeted: bool,
    until: Instant,
}

fn snapshots(follower: Follower) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.greeted, true) {
            // Spread, so that the pages of a proxy that restarts do not all come back in one moment.
            let retry = Duration::from_millis(rand::rng().random_range(1_000..3_000));
            return Some(Event::default().comment("kvitt").retry(retry));
        }
        loop {
            // The watch began before this look, so a commit after it is not missed.
            let (stored, wait) = match self.app.store.checkout(self.found.checkout.id).await {
                Ok(stored) => (Some(stored?), self.app.http.limits.heartbeat),
                // Spread, so that not all streams ask again in one moment.
                Err(error) if error.is_transient() => {
                    outage::report(&error, "stream not fed");
                    (None, Duration::from_millis(rand::rng().random_range(1_000..3_000)))
                }
                Err(error) => {
                    outage::report(&error, "stream ended");
                    return None;
                }
            };
            if let Some(stored) = stored.filter(|stored| stored.checkout.version > self.last) {
                self.last = stored.checkout.version;
                let snapshot = self.found.snapshot_of(&stored.checkout);
                let event = Event::default().event("checkout").id(self.last.to_string());
                return event.json_data(&snapshot).ok();
            }
            tokio::select! {
                () = self.watcher.changed() => {}
                // The row is the truth, also when another process has written it.
                () = tokio::time::sleep(wait) => {}
                () = tokio::time::sleep_until(self.until) => return None,
                () = self.app.stop.cancelled() => return None,
            }
        }
    }
}
