//! When to open a checkout's stream, when to open it again, and when to poll.
//!
//! `update` passes in what happened and the time; `app` carries out the commands. The stream is fast but may fail without an
//! error: an intermediary buffers it, or a phone slept. So polling has the last word. A stream that brings no event in time counts as
//! lost. A lost stream is opened again with exponential backoff and a poll beside each try. An open stream is polled now and then, too.
//! This module must not read a clock.

use super::messages::Cmd;

/// A new stream has to bring its first event within this time, in milliseconds.
const FIRST_EVENT_TIMEOUT_MS: i64 = 5_000;
/// How often to poll while the stream is open, in milliseconds.
const POLL_INTERVAL_MS: i64 = 30_000;
/// The same for an order that is paid: what the shop does with it is not urgent.
const POLL_INTERVAL_AT_REST_MS: i64 = 300_000;
/// The pause after the first failure, in milliseconds; it doubles with each failure.
const FIRST_BACKOFF_MS: i64 = 1_000;
/// The longest pause, in milliseconds.
const MAX_BACKOFF_MS: i64 = 15_000;
/// The timer's interval, in milliseconds; the countdown on the waiting screen moves with it.
pub(super) const TICK_MS: i32 = 1_000;
/// The same for an order that is paid: nothing counts down.
const TICK_AT_REST_MS: i32 = 15_000;

/// The subscription to one checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    connection: Connection,
    /// The order is paid: it is polled seldom.
    pub(super) at_rest: bool,
    /// When to poll next and, where the connection is not open, to give it up or to open it again.
    due: i64,
    /// When the first event came.
    open_since: i64,
    failures: u32,
    /// Spreads the reconnects after a restart of the proxy. It is computed from the token.
    jitter: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Connection {
    /// There is no subscription.
    #[default]
    Off,
    /// The stream has been opened and has brought no event yet.
    Connecting,
    /// The stream brings events.
    Open,
    /// The stream broke and will be opened again.
    Lost,
}

impl Subscription {
    /// Opens the stream, unless there is a subscription already.
    pub(super) fn start(&mut self, now: i64, token: String, cmds: &mut Vec<Cmd>) {
        if self.connection == Connection::Off {
            let jitter = token.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 128);
            *self = Self {
                connection: Connection::Connecting,
                at_rest: self.at_rest,
                due: now + FIRST_EVENT_TIMEOUT_MS,
                open_since: now,
                failures: 0,
                jitter,
            };
            cmds.push(Cmd::Listen(token));
            cmds.push(Cmd::Tick(self.tick_ms()));
        }
    }

    const fn tick_ms(&self) -> i32 {
        if self.at_rest { TICK_AT_REST_MS } else { TICK_MS }
    }

    const fn poll_interval_ms(&self) -> i64 {
        if self.at_rest { POLL_INTERVAL_AT_REST_MS } else { POLL_INTERVAL_MS }
    }

    /// Ends the subscription. A timer that is still running then has no effect.
    pub(super) fn stop(&mut self, cmds: &mut Vec<Cmd>) {
        if self.connection != Connection::Off {
            self.connection = Connection::Off;
            cmds.push(Cmd::StopListening);
        }
    }

    /// The stream brought an event.
    pub(super) fn event_received(&mut self, now: i64) {
        if self.connection != Connection::Off {
            if self.connection != Connection::Open {
                self.open_since = now;
            }
            self.connection = Connection::Open;
            self.due = now + self.poll_interval_ms();
        }
    }

    /// The stream broke.
    pub(super) fn connection_lost(&mut self, now: i64, cmds: &mut Vec<Cmd>) {
        if self.connection != Connection::Off {
            // A connection that breaks right after its first event counts as another failure.
            if self.connection == Connection::Open && now - self.open_since > FIRST_EVENT_TIMEOUT_MS {
                self.failures = 0;
            }
            let backoff = (FIRST_BACKOFF_MS << self.failures.min(4)).min(MAX_BACKOFF_MS);
            self.connection = Connection::Lost;
            self.due = now + backoff * (192 + self.jitter) / 256;
            self.failures += 1;
            cmds.push(Cmd::StopListening);
        }
    }

    /// The timer fired.
    pub(super) fn tick(&mut self, now: i64, token: String, cmds: &mut Vec<Cmd>) {
        if self.connection == Connection::Off {
            return;
        }
        // `due` is never further away than the poll interval, unless the clock was set back.
        if now >= self.due || self.due - now > self.poll_interval_ms() {
            cmds.push(Cmd::Read(token.clone()));
            match self.connection {
                Connection::Connecting => self.connection_lost(now, cmds),
                Connection::Lost => {
                    self.connection = Connection::Connecting;
                    self.due = now + FIRST_EVENT_TIMEOUT_MS;
                    cmds.push(Cmd::Listen(token));
                }
                Connection::Open | Connection::Off => self.due = now + self.poll_interval_ms(),
            }
        }
        cmds.push(Cmd::Tick(self.tick_ms()));
    }
}
