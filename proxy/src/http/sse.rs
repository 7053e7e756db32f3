//! Answers a stream of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html) in the form that every client reads.
//!
//! A block without data is no event, but some clients take it for one. So the time after which to reconnect comes with the first event, and a
//! heartbeat is a comment that ends no block.

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::empty;
use rand::Rng;
use tokio::time::{Instant, Sleep, sleep_until};

/// Into how many moments the heartbeats of all streams are gathered in each interval. One wake-up then serves many streams, and none of them
/// keeps an event waiting for long.
const MOMENTS: u32 = 64;

/// Marks a response whose body goes on until one of both sides ends it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unending;

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

impl Event {
    /// The event as it is sent.
    pub fn block(&self) -> Bytes {
        let mut block = String::with_capacity(self.data.len() + 64);
        let mut field = |name: &str, value: &str| writeln!(block, "{name}: {value}").expect("a String takes all");
        if let Some(name) = self.name {
            field("event", name);
        }
        field("id", &self.id);
        field("data", &self.data);
        block.push('\n');
        block.into()
    }
}

/// How long a stream lasts.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The longest time without a byte.
    pub heartbeat: Duration,
    /// When it ends.
    pub ends_at: Instant,
    /// The block with which it ends, if it has one.
    pub last: Option<&'static str>,
}

impl Span {
    /// When the next heartbeat is due, or the end: at a moment that other streams have too, and a little early for that.
    fn next(&self) -> Instant {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let due = Instant::now() + self.heartbeat;
        let since = due.saturating_duration_since(*ORIGIN).as_nanos();
        let early = since % (self.heartbeat / MOMENTS).as_nanos().max(1);
        self.ends_at.min(due - Duration::from_nanos(u64::try_from(early).unwrap_or_default()))
    }
}

/// The response with these [blocks](Event::block), and a comment whenever there was none for some time.
pub fn response(blocks: impl Stream<Item = Bytes> + Send + 'static, span: Span) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let timer = Box::pin(sleep_until(span.next()));
    let body = Body::from_stream(Blocks { blocks: Box::pin(blocks), timer, span, first: true });
    let mut response = (headers, body).into_response();
    response.extensions_mut().insert(Unending);
    response
}

/// The body of a stream.
struct Blocks {
    blocks: Pin<Box<dyn Stream<Item = Bytes> + Send>>,
    timer: Pin<Box<Sleep>>,
    span: Span,
    first: bool,
}

impl Stream for Blocks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(block) = self.blocks.as_mut().poll_next(cx) {
            let first = std::mem::take(&mut self.first);
            return Poll::Ready(block.map(|block| Ok(if first { with_retry(&block) } else { block })));
        }
        ready!(self.timer.as_mut().poll(cx));
        if Instant::now() >= self.span.ends_at {
            self.blocks = Box::pin(empty());
            return Poll::Ready(self.span.last.map(|last| Ok(Bytes::from_static(last.as_bytes()))));
        }
        let next = self.span.next();
        self.timer.as_mut().reset(next);
        Poll::Ready(Some(Ok(Bytes::from_static(b":\n"))))
    }
}

/// The first block, with the time after which to reconnect: random, so that the clients do not all come at the same moment when a proxy restarts.
fn with_retry(block: &[u8]) -> Bytes {
    let retry = format!("retry: {}\n", rand::rng().random_range(1_000..3_000));
    [retry.as_bytes(), block].concat().into()
}
