//! Whether the machine's clock is right: it is compared with that of Vipps MobilePay, whose answers carry their date.
//!
//! A clock that is far ahead would delete what is not old, and end what has time, for good. So nothing expires while the clock is known to be
//! wrong, and nothing is deleted because of its age unless the clock is known to be right.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::checkout::Moment;

/// How far the clocks may differ, in milliseconds.
pub const MAX_DIFFERENCE_MS: i64 = 5 * 60 * 1000;
/// The shortest time between two lines of the log about a wrong clock.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// The clock of Vipps MobilePay; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ReferenceClock(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The latest date, and when it arrived by a clock that does not jump.
    latest: Option<(Moment, Instant)>,
    /// When a difference was last logged.
    logged_at: Option<Instant>,
}

impl ReferenceClock {
    /// Takes the date of an answer that has just arrived. Returns how far the machine's clock is ahead, in milliseconds, if that is too far and
    /// was not returned within the last minute: it is for the log.
    #[must_use]
    pub fn arrived(&self, date: Moment) -> Option<i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.latest = Some((date, Instant::now()));
        let wrong_by_ms = known.ahead_ms().filter(|ahead_ms| ahead_ms.abs() > MAX_DIFFERENCE_MS);
        let logs = known.logged_at.is_none_or(|at| at.elapsed() >= LOG_EVERY);
        let logged = wrong_by_ms.filter(|_| logs)?;
        known.logged_at = Some(Instant::now());
        Some(logged)
    }

    /// How far the machine's clock is ahead, in milliseconds; `None` before the first answer. A jump since the last answer counts.
    pub fn ahead_ms(&self) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ahead_ms()
    }

    /// How far the machine's clock is ahead, if that is too far: nothing may expire.
    pub fn wrong_by_ms(&self) -> Option<i64> {
        self.ahead_ms().filter(|ahead_ms| ahead_ms.abs() > MAX_DIFFERENCE_MS)
    }

    /// What is older may be deleted, if it is kept for `keep_ms` milliseconds; `None` unless the clock is known to be right.
    pub fn cutoff(&self, keep_ms: i64) -> Option<Moment> {
        let confirmed = self.ahead_ms().is_some_and(|ahead_ms| ahead_ms.abs() <= MAX_DIFFERENCE_MS);
        confirmed.then(|| clock::now().plus_ms(-keep_ms))
    }
}

impl Known {
    fn ahead_ms(&self) -> Option<i64> {
        let (date, at) = self.latest?;
        let since_ms = i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX / 2);
        Some(clock::now().0.saturating_sub(date.plus_ms(since_ms).0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_deleted_by_a_clock_that_is_wrong_or_unknown() {
        let reference = ReferenceClock::default();
        assert_eq!((reference.cutoff(0), reference.wrong_by_ms()), (None, None), "unknown");
        for (off_ms, wrong) in [(0, false), (-MAX_DIFFERENCE_MS / 2, false), (-86_400_000, true), (86_400_000, true)] {
            let logged = reference.arrived(clock::now().plus_ms(off_ms));
            assert_eq!(logged.is_some(), off_ms == -86_400_000, "once, and not for the second wrong date");
            assert_eq!(reference.cutoff(0).is_none(), wrong, "{off_ms}");
            assert_eq!(reference.wrong_by_ms().is_some(), wrong, "{off_ms}");
        }
        assert!(reference.ahead_ms().is_some_and(|ahead_ms| (-86_500_000..-86_300_000).contains(&ahead_ms)));
    }
}
