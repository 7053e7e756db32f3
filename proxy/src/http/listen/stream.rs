//! A connection whose answer is a stream, which goes on for minutes and mostly rests.
//!
//! hyper keeps its buffers for reading and writing as long as a connection lasts, and the whole future of the request. So such an answer is not
//! handed to hyper: the connection is taken from it, and what is left of it is the socket and the stream. It is closed with the stream.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{Method, Version};
use hyper::body::{Body as _, Incoming};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

use super::Answer;
use super::paced::{Answering, Paced};
use crate::base::clock;
use crate::http::sse::Unending;

/// How a stream is written to the client that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In chunks, which HTTP/1.1 has.
    Chunked,
    /// As it is; the end of the connection is its end.
    Plain,
}

impl Kind {
    /// The one for the answer to this request; `None` where the connection stays with hyper, since there is a body to read, or none to write.
    pub(super) fn of(request: &http::Request<Incoming>) -> Option<Self> {
        if request.method() != Method::GET || !request.body().is_end_stream() {
            return None;
        }
        match request.version() {
            Version::HTTP_11 => Some(Self::Chunked),
            Version::HTTP_10 => Some(Self::Plain),
            _ => None,
        }
    }
}

/// Whether the body of a response goes on until one of both sides ends it.
pub(super) fn is_unending(response: &Response) -> bool {
    response.extensions().get::<Unending>().is_some()
}

/// Takes a stream from the service of a connection to the connection itself. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Takeover(Arc<Mutex<Option<Streaming>>>);

impl Takeover {
    /// Hands over a stream. It never answers hyper, from which the connection is taken.
    pub(super) async fn hand_over(
        self,
        response: Response,
        kind: Kind,
        answering: Answering,
    ) -> Result<http::Response<Answer>, Infallible> {
        let head = head(&response, kind);
        let streaming = Streaming { head, body: response.into_body(), kind, answering };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(streaming);
        pending().await
    }

    /// The stream, once it was handed over.
    pub(super) fn take(&self) -> Option<Streaming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The head of the response, as it is sent.
fn head(response: &Response, kind: Kind) -> Bytes {
    let (version, framing) = match kind {
        Kind::Chunked => ("1.1", "transfer-encoding: chunked\r\n"),
        Kind::Plain => ("1.0", ""),
    };
    let date = clock::http_date();
    let status = response.status();
    let mut head = format!("HTTP/{version} {status}\r\ndate: {date}\r\nconnection: close\r\n{framing}").into_bytes();
    for (name, value) in response.headers() {
        head.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    head.into()
}

/// A stream that is to be sent.
pub(super) struct Streaming {
    head: Bytes,
    body: Body,
    kind: Kind,
    /// The connection is not at rest.
    answering: Answering,
}

impl Streaming {
    /// Sends the stream until it ends, or the client goes or takes nothing any more. The permit is the connection's.
    pub(super) async fn carry<T>(self, mut io: Paced<T>, _slot: OwnedSemaphorePermit)
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { head, mut body, kind, answering: _answering } = self;
        if io.write_all(&head).await.is_err() {
            return;
        }
        drop(head);
        loop {
            let part = poll_fn(|cx| match client_is_gone(&mut io, cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => Pin::new(&mut body).poll_frame(cx).map(Some),
            });
            let written = match part.await {
                // The client has gone, or the stream is broken.
                None | Some(Some(Err(_))) => return,
                Some(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => write(&mut io, kind, data).await,
                    Err(_) => continue,
                },
                Some(None) => break,
            };
            if written.is_err() {
                return;
            }
        }
        let end: &[u8] = if kind == Kind::Chunked { b"0\r\n\r\n" } else { b"" };
        // Whoever does not take the end has gone.
        let _ = io.write_all(end).await;
        let _ = io.shutdown().await;
    }
}

/// Ready once the client has closed its side. What it still sends gets no answer, as it was told.
fn client_is_gone(io: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
    loop {
        let mut bytes = [0; 64];
        let mut read = ReadBuf::new(&mut bytes);
        match ready!(Pin::new(&mut *io).poll_read(cx, &mut read)) {
            Ok(()) if !read.filled().is_empty() => {}
            Ok(()) | Err(_) => return Poll::Ready(()),
        }
    }
}

/// Sends a part of the stream, at once.
async fn write(io: &mut (impl AsyncWrite + Unpin), kind: Kind, part: Bytes) -> io::Result<()> {
    match kind {
        Kind::Plain => io.write_all(&part).await,
        Kind::Chunked => {
            let chunk = [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"].concat();
            drop(part);
            io.write_all(&chunk).await
        }
    }
}

#[cfg(test)]
mod tests;
