//! The only place that reads the clock. The core never does; its callers pass the time to it.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::checkout::Moment;

/// An offset that tests add to the machine's clock, in milliseconds. Zero in production.
static OFFSET_MS: AtomicI64 = AtomicI64::new(0);

/// The latest time that was returned.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);
/// A step back of less than this is not a jump, in milliseconds.
const JUMP_MS: i64 = 1_000;

/// The current time.
pub fn now() -> Moment {
    let now = timestamp().as_millisecond();
    LATEST.fetch_max(now, Ordering::Relaxed);
    Moment(now)
}

/// Whether the clock has gone back since the last call.
pub fn went_back() -> bool {
    let now = now();
    now.plus_ms(JUMP_MS).0 < LATEST.swap(now.0, Ordering::Relaxed)
}

/// The current time, as a date and time.
pub fn timestamp() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    now.checked_add(jiff::SignedDuration::from_millis(OFFSET_MS.load(Ordering::Relaxed))).unwrap_or(now)
}

/// The current time as the `Date` of a response ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1)).
pub fn http_date() -> String {
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    printer.timestamp_to_rfc9110_string(&timestamp()).expect("the time is in a year that can be printed")
}

/// Makes this process's clock wrong by that many milliseconds, as a machine's clock can be. Only for tests.
pub fn set_offset_ms(ms: i64) {
    OFFSET_MS.store(ms, Ordering::Relaxed);
}

/// Parses a time in the format of [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), such as `2027-01-31T12:00:00Z`.
pub fn parse(text: &str) -> Option<Moment> {
    text.parse::<jiff::Timestamp>().ok().map(|timestamp| Moment(timestamp.as_millisecond()))
}

/// Formats a time the same way, to the second.
pub fn format(moment: Moment) -> String {
    jiff::Timestamp::from_second(moment.0.div_euclid(1000)).map(|timestamp| timestamp.to_string()).unwrap_or_default()
}
