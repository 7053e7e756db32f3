//! Answers a stream of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html) in the form that every client reads.
//!
//! A block without data is no event, but some clients take it for one. So the time after which to reconnect comes with the first event, and a
//! heartbeat is a comment that ends no block.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use rand::Rng;

/// One event.
#[derive(Debug)]
pub struct Event {
    /// The name; none for the default, `message`.
    pub name: Option<&'static str>,
    /// The id, which a client sends as `Last-Event-ID` when it reconnects.
    pub id: String,
    /// The data: one line of JSON.
    pub data: String,
}

/// The response with these events, and a comment whenever there was none for `heartbeat`.
pub fn response(events: impl Stream<Item = Event> + Send + 'static, heartbeat: Duration) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let blocks = unfold((Box::pin(events), true), move |(mut events, first)| async move {
        match tokio::time::timeout(heartbeat, events.next()).await {
            Ok(event) => Some((Ok(Bytes::from(block(&event?, first))), (events, false))),
            Err(_) => Some((Ok::<_, Infallible>(Bytes::from_static(b":\n")), (events, first))),
        }
    });
    (headers, Body::from_stream(blocks)).into_response()
}

fn block(event: &Event, first: bool) -> String {
    let mut block = String::new();
    let mut field = |name: &str, value: &str| writeln!(block, "{name}: {value}").expect("a String takes all");
    if first {
        // Random, so that the clients do not all reconnect at the same moment when a proxy restarts.
        field("retry", &rand::rng().random_range(1_000..3_000).to_string());
    }
    if let Some(name) = event.name {
        field("event", name);
    }
    field("id", &event.id);
    field("data", &event.data);
    block.push('\n');
    block
}
