//! What is looked after without being asked: reserved money, the books, the webhooks' registrations.

use std::time::Duration;

use super::Market;
use super::reader::Reader;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When reserved money is to be captured.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    /// How long before a deadline it is warned of, in milliseconds.
    pub warn_ms: i64,
    /// How long money is reserved in Norway at most, in milliseconds.
    pub no_ms: i64,
    /// The same in Denmark.
    pub dk_ms: i64,
    /// The same in Finland.
    pub fi_ms: i64,
    /// How often deadlines are looked at.
    pub every: Duration,
}

impl Capture {
    pub(super) fn read(capture: &mut Reader<'_>) -> Self {
        let mut days = |key| capture.between(key, 1, 366) * DAY_MS;
        Self {
            warn_ms: days("warn_days"),
            no_ms: days("no_days"),
            dk_ms: days("dk_days"),
            fi_ms: days("fi_days"),
            every: capture.duration("every_ms"),
        }
    }

    /// How long money is reserved in a market at most, in milliseconds.
    pub const fn window_ms(&self, market: Market) -> i64 {
        match market {
            Market::No => self.no_ms,
            Market::Dk => self.dk_ms,
            Market::Fi => self.fi_ms,
        }
    }

    /// The longest that it is in any market, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        self.no_ms.max(self.dk_ms).max(self.fi_ms)
    }
}

/// What it takes to be ready.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// How late the most overdue effect may be, in milliseconds.
    pub outbox_overdue_ms: i64,
    /// How much room there must be beside the SQLite file, in bytes.
    pub free_bytes: u64,
}

impl Ready {
    pub(super) fn read(ready: &mut Reader<'_>) -> Self {
        let free_bytes = ready.between("free_bytes", 1, i64::MAX).unsigned_abs();
        Self { outbox_overdue_ms: ready.positive("outbox_overdue_ms"), free_bytes }
    }
}

/// How our books are compared with the vendor's.
#[derive(Clone, Copy, Debug)]
pub struct Reconcile {
    /// How often.
    pub every: Duration,
    /// Orders that are asked about at the same time.
    pub at_once: usize,
}

impl Reconcile {
    pub(super) fn read(reconcile: &mut Reader<'_>) -> Self {
        Self { every: reconcile.duration("every_ms"), at_once: reconcile.count("at_once") }
    }
}
