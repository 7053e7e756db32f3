//! Rate limits: calls per minute and reference, by the emulator's clock.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The calls of the last minute, by operation and reference.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    calls: HashMap<String, VecDeque<Timestamp>>,
}

impl Limits {
    /// Counts a call. `Err`: too many calls, and the seconds until the next one is accepted.
    pub(crate) fn count(&mut self, key: String, per_minute: usize, now: Timestamp) -> Result<(), u64> {
        let calls = self.calls.entry(key).or_default();
        while calls.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= per_minute => {
                let wait = MINUTE.saturating_sub(now.duration_since(*first));
                Err(u64::try_from(wait.as_secs()).unwrap_or(0) + 1)
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_call_is_refused_until_the_first_is_a_minute_old() {
        let mut limits = Limits::default();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for _ in 0..5 {
            limits.count("capture/a".into(), 5, start).unwrap();
        }
        let later = start + SignedDuration::from_secs(30);
        assert_eq!(limits.count("capture/a".into(), 5, later), Err(31));
        assert_eq!(limits.count("capture/b".into(), 5, later), Ok(()));
        assert_eq!(limits.count("capture/a".into(), 5, start + MINUTE), Ok(()));
    }
}
