//! Keeps a client, or an outage, from filling the log with one line.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time in which so many lines may be written.
const WINDOW: Duration = Duration::from_secs(1);

/// Lets so many lines a second through, and counts the others.
#[derive(Debug)]
pub struct Throttle {
    per_second: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    since: Option<Instant>,
    lines: u32,
    suppressed: u64,
}

impl Throttle {
    /// Lets `per_second` lines through.
    pub const fn new(per_second: u32) -> Self {
        Self { per_second, window: Mutex::new(Window { since: None, lines: 0, suppressed: 0 }) }
    }

    /// Whether a line may be written now; then, how many were suppressed since the last one.
    pub fn passes(&self) -> Option<u64> {
        self.passes_at(Instant::now())
    }

    fn passes_at(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.since.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            window.since = Some(now);
            window.lines = 0;
        }
        if window.lines == self.per_second {
            window.suppressed += 1;
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_of_a_second_pass_and_the_rest_is_counted() {
        let throttle = Throttle::new(2);
        let start = Instant::now();
        let at = |ms| throttle.passes_at(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(1), at(2), at(999)], [Some(0), Some(0), None, None]);
        assert_eq!([at(1000), at(1001), at(1002)], [Some(2), Some(0), None]);
        assert_eq!(at(5000), Some(1));
    }
}
