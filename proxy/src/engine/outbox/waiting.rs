//! What was handed over and waits for a place among the effects that are executed.

use std::collections::VecDeque;
use std::time::Instant;

/// Claims, each with the end of its lease. Those that a customer waits for are first.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    urgent: VecDeque<(Instant, T)>,
    others: VecDeque<(Instant, T)>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self { urgent: VecDeque::new(), others: VecDeque::new() }
    }
}

impl<T> Waiting<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.others.is_empty()
    }

    /// Adds one whose lease ends at `until`.
    pub(super) fn add(&mut self, until: Instant, claimed: T, urgent: bool) {
        let queue = if urgent { &mut self.urgent } else { &mut self.others };
        queue.push_back((until, claimed));
    }

    /// The next one whose lease lasts beyond `least`. Those before it have waited too long and are dropped: their leases decide.
    pub(super) fn next(&mut self, least: Instant) -> Option<T> {
        loop {
            let (until, claimed) = self.urgent.pop_front().or_else(|| self.others.pop_front())?;
            if until > least {
                return Some(claimed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn customers_come_first_and_what_waited_too_long_is_dropped() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut waiting = Waiting::default();
        assert!(waiting.is_empty());
        for (name, seconds, urgent) in
            [("a", 5, false), ("b", 1, true), ("c", 5, true), ("d", 1, false), ("e", 2, false)]
        {
            waiting.add(start + second * seconds, name, urgent);
        }
        assert_eq!(waiting.next(start + second), Some("c"), "the lease of b leaves no time");
        assert_eq!(waiting.next(start + second), Some("a"));
        assert_eq!(waiting.next(start), Some("d"));
        assert_eq!((waiting.next(start + second * 2), waiting.is_empty()), (None, true));
    }
}
