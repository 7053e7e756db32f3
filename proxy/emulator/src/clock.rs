//! The emulator's clock: the real one plus an offset that only the control API moves, and only forwards.
//!
//! Everything that expires, waits or is limited per minute reads this clock, so a test turns it instead of sleeping; so does the `Date`
//! of the API's answers.
//! Two things must never use it: the date in a webhook's signature, which receivers hold against their own clock, and
//! the short delay before profile data appears. Those read the real time.

use jiff::{SignedDuration, Timestamp};

/// The real time plus an offset.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    offset: SignedDuration,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.offset).unwrap_or(now)
    }

    /// Moves the clock forwards. `false`: the clock would leave the calendar, and did not move.
    pub(crate) fn advance(&mut self, by: SignedDuration) -> bool {
        let Some(offset) = self.offset.checked_add(by) else { return false };
        // Half a year of room above, for deadlines that are computed from now.
        let room = SignedDuration::from_hours(24 * 400);
        if by.is_negative() || offset.checked_add(room).and_then(|far| Timestamp::now().checked_add(far).ok()).is_none()
        {
            return false;
        }
        self.offset = offset;
        true
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        i64::try_from(self.offset.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A time as the API writes it: UTC, at most seven digits of fraction, as many as there are.
pub(crate) fn written(time: Timestamp) -> String {
    let ticks = time.as_nanosecond().div_euclid(100) * 100;
    Timestamp::from_nanosecond(ticks).unwrap_or(time).to_string()
}

/// A time as `captureGuaranteedUntil` writes it: milliseconds and a numeric offset.
pub(crate) fn written_with_offset(time: Timestamp) -> String {
    format!("{}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S%.3f"))
}

/// The date of HTTP headers.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_api_does() {
        let time: Timestamp = "2023-03-30T08:38:32.123456789Z".parse().unwrap();
        assert_eq!(written(time), "2023-03-30T08:38:32.1234567Z");
        assert_eq!(written_with_offset(time), "2023-03-30T08:38:32.123+00:00");
        assert_eq!(http_date(time), "Thu, 30 Mar 2023 08:38:32 GMT");
    }

    #[test]
    fn the_clock_only_goes_forwards_and_stays_in_the_calendar() {
        let mut clock = Clock::default();
        assert!(clock.advance(SignedDuration::from_secs(600)));
        assert!(!clock.advance(SignedDuration::from_secs(-1)));
        assert!(!clock.advance(SignedDuration::MAX));
        assert_eq!(clock.offset_ms(), 600_000);
    }
}
