//! Client-side rate limiting. It keeps the [limits of Vipps
//! MobilePay](https://developer.vippsmobilepay.com/docs/knowledge-base/errors/) for one payment, so that the proxy
//! causes no 429.
//!
//! The outbox takes a permit before it performs an effect, and defers an effect without one. A bucket is one moment:
//! when it will be full again. Full buckets are dropped, so memory is bounded by the calls of the last minutes. This
//! module reads no clock, unlike the library behind [`rates`](crate::access::rates), so that its tests simulate
//! minutes.
//!
//! Each proxy counts for itself. Polls are spaced by the state of the checkout and stay under the limit over all
//! proxies together. Changes that customers of several proxies request at once may exceed it; they get a 429 and are
//! retried.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::checkout::{Effect, Reference};

/// A burst of calls, and after it one call every `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    burst: u32,
    every: Duration,
}

/// Create, cancel, capture, refund: five a minute are allowed. This is four; the fifth is for the repeat after a 401.
const CHANGES: Limit = Limit { burst: 3, every: Duration::from_secs(30) };
/// Reading a payment: 120 a minute are allowed. This is 109.
const READS: Limit = Limit { burst: 50, every: Duration::from_secs(1) };
/// The number of buckets at which full ones are dropped; then twice the number that is left.
const SWEEP_AT: usize = 1_024;

type Key = (String, &'static str, Reference);

#[derive(Debug)]
struct Buckets {
    full_at: HashMap<Key, Instant>,
    sweep_at: usize,
}

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Pace(Arc<Mutex<Buckets>>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Buckets { full_at: HashMap::new(), sweep_at: SWEEP_AT })))
    }
}

impl Pace {
    /// Takes a permit for the call that an effect makes.
    ///
    /// # Errors
    /// The time until the next permit.
    pub fn permit(&self, sales_unit: &str, effect: &Effect, now: Instant) -> Result<(), Duration> {
        let Some(limit) = limit(effect) else { return Ok(()) };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.full_at.len() >= buckets.sweep_at {
            buckets.full_at.retain(|_, full_at| *full_at > now);
            buckets.sweep_at = SWEEP_AT.max(buckets.full_at.len() * 2);
        }
        let key = (sales_unit.to_owned(), effect.kind(), effect.reference().clone());
        let full_at = buckets.full_at.entry(key).or_insert(now);
        let empty_for = full_at.saturating_duration_since(now) + limit.every;
        let wait = empty_for.saturating_sub(limit.every * limit.burst);
        if !wait.is_zero() {
            return Err(wait);
        }
        *full_at = now + empty_for;
        Ok(())
    }
}

/// `None` where Vipps MobilePay documents no limit.
const fn limit(effect: &Effect) -> Option<Limit> {
    match effect {
        Effect::CreatePayment(_) | Effect::CancelPayment { .. } | Effect::Operate(_) => Some(CHANGES),
        Effect::Poll { .. } => Some(READS),
        Effect::ExpireOffer { .. } | Effect::SendReceipt { .. } | Effect::Categorize { .. } => None,
        Effect::ReadProfile { .. } | Effect::Notify(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn poll(order: &str) -> Effect {
        Effect::Poll { reference: Reference::of(order, 1), round: None }
    }

    fn cancel(order: &str) -> Effect {
        let reference = Reference::of(order, 1);
        Effect::CancelPayment { key: reference.key("cancel"), reference, unless_authorized: true }
    }

    /// The most calls in any minute, by a caller that retries as soon as it may.
    fn max_in_a_minute(effect: &Effect) -> usize {
        let (pace, start) = (Pace::default(), Instant::now());
        let mut now = start;
        let mut calls = Vec::new();
        while now < start + SECOND * 300 {
            match pace.permit("no", effect, now) {
                Ok(()) => calls.push(now),
                Err(wait) => now += wait,
            }
        }
        let within = |from: &Instant| calls.iter().filter(|at| *at >= from && **at < *from + SECOND * 60).count();
        calls.iter().map(within).max().unwrap()
    }

    #[test]
    fn calls_stay_one_below_the_limit_in_every_minute() {
        assert_eq!((max_in_a_minute(&cancel("shop")), max_in_a_minute(&poll("shop"))), (4, 109));
    }

    #[test]
    fn payments_sales_units_and_operations_do_not_wait_for_each_other() {
        let (pace, now) = (Pace::default(), Instant::now());
        while pace.permit("no", &cancel("shop"), now).is_ok() {}
        assert_eq!(
            pace.permit("no", &cancel("shop"), now),
            Err(SECOND * 30),
            "the wait is the one until the next permit"
        );
        assert_eq!(pace.permit("no", &cancel("shop"), now + SECOND * 30), Ok(()));
        assert_eq!(pace.permit("no", &cancel("other"), now), Ok(()));
        assert_eq!(pace.permit("dk", &cancel("shop"), now), Ok(()));
        assert_eq!(pace.permit("no", &poll("shop"), now), Ok(()));
    }

    #[test]
    fn full_buckets_are_dropped() {
        let (pace, start) = (Pace::default(), Instant::now());
        for nth in 0..100_000_u32 {
            pace.permit("no", &poll(&format!("shop-{nth}")), start + SECOND / 10 * nth).unwrap();
        }
        assert!(pace.0.lock().unwrap().full_at.len() <= SWEEP_AT);
    }
}
