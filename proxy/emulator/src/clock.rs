//! The emulator's clock: the real time plus an offset, which only the control API advances.
//!
//! Expiry, retries and limits per minute read this clock, so a test advances it instead of sleeping; so does the `Date` of the API's answers.
//! Two things must never use it: the date in a webhook's signature, which receivers compare with their own clock, and the short delay before
//! profile data appears. Those read the real time.

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

    /// Advances the clock. `false`: the time would be out of range, and the clock is unchanged.
    pub(crate) fn advance(&mut self, by: SignedDuration) -> bool {
        let Some(offset) = self.offset.checked_add(by) else { return false };
        // Leaves 400 days of range above, for deadlines computed from now.
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

/// The API's format of a time: UTC, with up to seven digits of fraction.
pub(crate) fn format_time(time: Timestamp) -> String {
    let ticks = time.as_nanosecond().div_euclid(100) * 100;
    Timestamp::from_nanosecond(ticks).unwrap_or(time).to_string()
}

/// The format of `captureGuaranteedUntil`: milliseconds and a numeric offset.
pub(crate) fn format_time_with_offset(time: Timestamp) -> String {
    format!("{}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S%.3f"))
}

/// The date format of HTTP headers.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_formats_of_the_api() {
        let time: Timestamp = "2023-03-30T08:38:32.123456789Z".parse().unwrap();
        assert_eq!(format_time(time), "2023-03-30T08:38:32.1234567Z");
        assert_eq!(format_time_with_offset(time), "2023-03-30T08:38:32.123+00:00");
        assert_eq!(http_date(time), "Thu, 30 Mar 2023 08:38:32 GMT");
    }

    #[test]
    fn the_clock_only_advances_and_stays_in_range() {
        let mut clock = Clock::default();
        assert!(clock.advance(SignedDuration::from_secs(600)));
        assert!(!clock.advance(SignedDuration::from_secs(-1)));
        assert!(!clock.advance(SignedDuration::MAX));
        assert_eq!(clock.offset_ms(), 600_000);
    }
}
