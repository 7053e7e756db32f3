//! The one place that reads the clock. The core is handed what it says.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::checkout::Moment;

/// How wrong the clock is made, in milliseconds: not at all, but in the tests' own binary.
static OFF_BY_MS: AtomicI64 = AtomicI64::new(0);

/// The latest that it has said.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);
/// Less than this is no jump.
const JUMP_MS: i64 = 1_000;

/// Now.
pub fn now() -> Moment {
    let now = timestamp().as_millisecond();
    LATEST.fetch_max(now, Ordering::Relaxed);
    Moment(now)
}

/// Whether it has gone back since this was asked last.
pub fn went_back() -> bool {
    let now = now();
    now.plus_ms(JUMP_MS).0 < LATEST.swap(now.0, Ordering::Relaxed)
}

/// Now, for whoever reads dates.
pub fn timestamp() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    now.checked_add(jiff::SignedDuration::from_millis(OFF_BY_MS.load(Ordering::Relaxed))).unwrap_or(now)
}

/// From now on this process's clock is wrong by so much, as a machine's is until somebody sets it. For the tests' own binary.
pub fn goes_wrong_by_ms(ms: i64) {
    OFF_BY_MS.store(ms, Ordering::Relaxed);
}

/// A moment as people and machines write it, such as `2027-01-31T12:00:00Z`.
pub fn parse(text: &str) -> Option<Moment> {
    text.parse::<jiff::Timestamp>().ok().map(|timestamp| Moment(timestamp.as_millisecond()))
}

/// The same the other way round, to the second.
pub fn write(moment: Moment) -> String {
    jiff::Timestamp::from_second(moment.0.div_euclid(1000)).map(|timestamp| timestamp.to_string()).unwrap_or_default()
}
