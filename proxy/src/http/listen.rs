//! The accept loop: takes connections from a listener and hands their requests to the router.
//!
//! It sets what `axum::serve` does not: a limit for a request's head, time limits for each part of an exchange, a maximum of connections,
//! and a graceful shutdown. A connection whose answer is a stream leaves hyper and its buffers: [`stream`] carries it on.

mod paced;
mod stream;

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
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
use hyper::server::conn::http1::{self, Connection};
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, lookup_host};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::config::Limits;
use crate::observe::metrics::Metrics;
use crate::observe::throttle::Throttle;
use paced::{Answering, Paced, Turns};
use stream::{Kind, Streaming, Takeover};

/// How many connections the system keeps until they are accepted. Beyond it, it drops what comes, and the client tries again after a second.
const BACKLOG: u32 = 4096;
/// The largest head that hyper reads. Beyond it hyper answers a 431 without a body by itself, which is only counted here. Between the limit of
/// [`routes`](super::routes) and this one, the client is told what to do.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// After how many seconds the connection is closed ([RFC 2068](https://www.rfc-editor.org/rfc/rfc2068#section-19.7.1.1)).
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// How long open requests may take to end during a shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Listens on an address and port.
///
/// # Errors
/// When the name has no address, or none of its addresses can be bound.
pub async fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restarted proxy gets its address back at once.
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Serves until `stop` is cancelled, then lets open requests end.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, metrics: Metrics, stop: CancellationToken) {
    static REFUSED: Throttle = Throttle::new(1);
    let keep_alive = HeaderValue::from_str(&format!("timeout={}", limits.idle.as_secs()))
        .expect("a number is a valid value of a header");
    let connections = TaskTracker::new();
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
        let (turns, takeover) = (Turns::default(), Takeover::default());
        let (answering, handing) = (turns.clone(), takeover.clone());
        let keep_alive = keep_alive.clone();
        let router = router.clone().map_request(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        });
        let service = tower::service_fn(move |request: http::Request<Incoming>| {
            let guard = answering.begin();
            let keep_alive = stays_open(request.version(), request.headers()).then(|| keep_alive.clone());
            let (kind, handing) = (Kind::of(&request), handing.clone());
            let answer = router.clone().oneshot(request);
            async move {
                let response = answer.await?;
                match kind {
                    Some(kind) if stream::is_unending(&response) => handing.hand_over(response, kind, guard).await,
                    _ => Ok::<_, Infallible>(finish(response, keep_alive, guard)),
                }
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // `Paced` has a limit that counts from the head's first byte.
            .header_read_timeout(None)
            .max_buf_size(MOST_HEAD_BYTES)
            .serve_connection(
                TokioIo::new(Paced::new(stream, limits, turns.clone())),
                TowerToHyperService::new(service),
            );
        let (metrics, stop, streams) = (metrics.clone(), stop.clone(), connections.clone());
        connections.spawn(async move {
            match converse(connection, &turns, &takeover, &stop).await {
                // In a task of its own, which is much smaller than this one.
                Ok(Some((streaming, io))) => drop(streams.spawn(streaming.carry(io, slot))),
                Ok(None) => {}
                Err(error) => report(&error, &metrics),
            }
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!("open connections were closed at the end of the grace period");
    }
}

/// Answers requests until the connection ends, or until one is answered with a stream.
async fn converse<S>(
    mut connection: Connection<TokioIo<Paced<TcpStream>>, S>,
    turns: &Turns,
    takeover: &Takeover,
    stop: &CancellationToken,
) -> hyper::Result<Option<(Streaming, Paced<TcpStream>)>>
where
    S: Service<http::Request<Incoming>, Response = http::Response<Answer>, Error = Infallible>,
{
    let mut stopping = pin!(stop.cancelled());
    let mut is_stopping = false;
    let streaming = std::future::poll_fn(|cx| {
        if !is_stopping && stopping.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
            return Poll::Ready(ended.map(|()| None));
        }
        // hyper writes all that it has before it waits, unless the client does not take it. Then it must be polled again.
        match turns.are_blocked() {
            true => Poll::Pending,
            false => takeover.take().map_or(Poll::Pending, |streaming| Poll::Ready(Ok(Some(streaming)))),
        }
    });
    let streaming = streaming.await?;
    Ok(streaming.map(|streaming| (streaming, connection.into_parts().io.into_inner())))
}

/// Counts what hyper refused by itself. A client that disconnects is nothing to report.
fn report(error: &hyper::Error, metrics: &Metrics) {
    static OVERSIZED: Throttle = Throttle::new(1);
    if !error.is_parse_too_large() {
        return;
    }
    metrics.head_too_large();
    if let Some(suppressed) = OVERSIZED.passes() {
        tracing::warn!(most_bytes = MOST_HEAD_BYTES, suppressed, "request head too large, refused without a page");
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
