//! The time limits of a connection that hyper does not have: for a request's head from its first byte on, for a connection at rest
//! between two requests, and for a client that does not read its answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::config::Limits;

/// Where a connection is. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    /// Even while it waits for a request, odd while one is answered.
    turn: AtomicUsize,
    /// Whether the client has not taken all that was written.
    blocked: AtomicBool,
}

impl Turns {
    /// A request has come in; it is answered once the guard is dropped.
    pub(super) fn begin(&self) -> Answering {
        self.0.turn.fetch_add(1, Ordering::Relaxed);
        Answering(self.clone())
    }

    /// Whether something that was written waits for the client to take it.
    pub(super) fn are_blocked(&self) -> bool {
        self.0.blocked.load(Ordering::Relaxed)
    }

    fn now(&self) -> usize {
        self.0.turn.load(Ordering::Relaxed)
    }
}

/// A request is being answered.
#[derive(Debug)]
pub(super) struct Answering(Turns);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.turn.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection with its time limits. After the limit of a read it ends as if the client had closed it; after that of a write it fails.
#[derive(Debug)]
pub(super) struct Paced<T> {
    io: T,
    /// The limits: for a head, without a request, and for a write.
    header: Duration,
    idle: Duration,
    write: Duration,
    turns: Turns,
    /// The turn that `reading` is about.
    turn: usize,
    /// Whether the head of the next request has begun.
    in_head: bool,
    reading: Timer,
    writing: Timer,
}

impl<T> Paced<T> {
    pub(super) fn new(io: T, limits: Limits, turns: Turns) -> Self {
        let mut reading = Timer::default();
        reading.start(limits.idle);
        let Limits { header, idle, write, .. } = limits;
        Self { io, header, idle, write, turn: turns.now(), turns, in_head: false, reading, writing: Timer::default() }
    }

    /// Waits until the client takes what was written, or the time for that is over.
    fn blocked<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        self.turns.0.blocked.store(written.is_pending(), Ordering::Relaxed);
        if written.is_ready() {
            self.writing.stop();
            return written;
        }
        if !self.writing.is_running() {
            self.writing.start(self.write);
        }
        ready!(self.writing.poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let turn = this.turns.now();
        let answering = turn % 2 == 1;
        if turn != this.turn {
            this.turn = turn;
            this.in_head = false;
            if answering { this.reading.stop() } else { this.reading.start(this.idle) }
        }
        let read = Pin::new(&mut this.io).poll_read(cx, into);
        if read.is_ready() {
            if !answering && !std::mem::replace(&mut this.in_head, true) {
                this.reading.start(this.header);
            }
            return read;
        }
        // Nothing more is read: for hyper the client has closed the connection.
        this.reading.poll(cx).map(Ok)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.blocked(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.blocked(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.blocked(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(cx);
        self.blocked(cx, shut)
    }
}

/// A time limit that may not be running. A connection that streams has none, and then it takes no memory.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn start(&mut self, limit: Duration) {
        self.0 = Some(Box::pin(sleep(limit)));
    }

    fn stop(&mut self) {
        self.0 = None;
    }

    fn is_running(&self) -> bool {
        self.0.is_some()
    }

    /// Ready once the time is over; never while it is not running.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}
