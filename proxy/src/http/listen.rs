//! The accept loop: takes connections from a listener and hands their requests to the router.
//!
//! It sets what `axum::serve` does not: a limit for a request's head, time limits for each part of an exchange, a maximum of connections,
//! and a graceful shutdown.

mod paced;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::config::Limits;
use crate::observe::metrics::Metrics;
use crate::observe::throttle::Throttle;
use paced::{Answering, Paced, Turns};

/// The largest head that hyper reads. Beyond it hyper answers a 431 without a body by itself, which is only counted here. Between the limit of
/// [`routes`](super::routes) and this one, the client is told what to do.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// After how many seconds the connection is closed ([RFC 2068](https://www.rfc-editor.org/rfc/rfc2068#section-19.7.1.1)).
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// How long open requests may take to end during a shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` is cancelled, then lets open requests end.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, metrics: Metrics, stop: CancellationToken) {
    static OVERSIZED: Throttle = Throttle::new(1);
    static REFUSED: Throttle = Throttle::new(1);
    let keep_alive = HeaderValue::from_str(&format!("timeout={}", limits.idle.as_secs()))
        .expect("a number is a valid value of a header");
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot.expect("the semaphore is never closed"),
            () = stop.cancelled() => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // For example too many open files: give open connections a moment to end.
                    if let Some(suppressed) = REFUSED.passes() {
                        tracing::error!(%error, suppressed, "connection not accepted");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        // Events are small and must not wait for a full packet.
        let _ = stream.set_nodelay(true);
        let turns = Turns::default();
        let answering = turns.clone();
        let keep_alive = keep_alive.clone();
        let router = router.clone().map_request(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        });
        let service = tower::service_fn(move |request: http::Request<Incoming>| {
            let guard = answering.begin();
            let keep_alive = stays_open(request.version(), request.headers()).then(|| keep_alive.clone());
            let answer = router.clone().oneshot(request);
            async move { answer.await.map(|response| finish(response, keep_alive, guard)) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // `Paced` has a limit that counts from the head's first byte.
            .header_read_timeout(None)
            .max_buf_size(MOST_HEAD_BYTES)
            .serve_connection(TokioIo::new(Paced::new(stream, limits, turns)), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        let metrics = metrics.clone();
        tokio::spawn(async move {
            // A client that disconnects is nothing to report.
            if connection.await.is_err_and(|error| error.is_parse_too_large()) {
                metrics.head_too_large();
                if let Some(suppressed) = OVERSIZED.passes() {
                    tracing::warn!(
                        most_bytes = MOST_HEAD_BYTES,
                        suppressed,
                        "request head too large, refused without a page"
                    );
                }
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("open connections were closed at the end of the grace period");
    }
}

/// Whether the connection stays open after the answer and the client may be told for how long.
fn stays_open(version: Version, headers: &HeaderMap) -> bool {
    let closes = |value: &HeaderValue| {
        value.to_str().is_ok_and(|tokens| tokens.split(',').any(|token| token.trim().eq_ignore_ascii_case("close")))
    };
    version == Version::HTTP_11 && !headers.get_all(header::CONNECTION).iter().any(closes)
}

/// Announces how long the connection stays open, and keeps the guard until the body has been handed over.
fn finish(mut response: Response, keep_alive: Option<HeaderValue>, guard: Answering) -> http::Response<Answer> {
    if let Some(keep_alive) = keep_alive {
        response.headers_mut().insert(KEEP_ALIVE, keep_alive);
    }
    response.map(|body| Answer { body, _guard: guard })
}

/// The body of a response.
struct Answer {
    body: Body,
    _guard: Answering,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
