//! How fast we may call: the [vendor's limits](https://developer.vippsmobilepay.com/docs/knowledge-base/errors/) for one payment, kept
//! on our side, so that we are never the cause of a 429.
//!
//! The outbox asks for a permit before it performs, and puts an effect without one off until there is one. A bucket is one moment: when
//! it will be full again. One that is full is forgotten, so memory is bounded by the calls of the last minutes. It reads no clock, unlike the
//! library that [`rates`](crate::access::rates) counts with, so that its tests go through minutes in no time.
//!
//! Each proxy counts for itself. Looks, which the state of the checkout spaces, stay under the limit over all proxies together; changes
//! that customers of several proxies ask for at once may exceed it, and are then tried again as the 429 says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::checkout::{Effect, Reference};

/// So many calls at once, and after that one in every so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    burst: u32,
    every: Duration,
}

/// Create, cancel and so on: five a minute are allowed. This is four, and the fifth is for the repeat after a token that was not believed.
const CHANGES: Limit = Limit { burst: 3, every: Duration::from_secs(30) };
/// Reading a payment: 120 a minute are allowed. This is 109.
const LOOKS: Limit = Limit { burst: 50, every: Duration::from_secs(1) };
/// Buckets that may be full are looked for when there are so many, and each time twice as many as were left.
const SOME: usize = 1_024;

type Key = (String, &'static str, Reference);

#[derive(Debug)]
struct Buckets {
    full_at: HashMap<Key, Instant>,
    most: usize,
}

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Pace(Arc<Mutex<Buckets>>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Buckets { full_at: HashMap::new(), most: SOME })))
    }
}

impl Pace {
    /// Takes a permit for the call that an effect makes.
    ///
    /// # Errors
    /// How long it is until there will be one.
    pub fn permit(&self, sales_unit: &str, effect: &Effect, now: Instant) -> Result<(), Duration> {
        let Some(limit) = limit(effect) else { return Ok(()) };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.full_at.len() >= buckets.most {
            buckets.full_at.retain(|_, full_at| *full_at > now);
            buckets.most = SOME.max(buckets.full_at.len() * 2);
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

/// None where the vendor names no limit.
const fn limit(effect: &Effect) -> Option<Limit> {
    match effect {
        Effect::CreatePayment(_) | Effect::CancelPayment { .. } | Effect::Operate { .. } => Some(CHANGES),
        Effect::Poll { .. } => Some(LOOKS),
        Effect::ExpireOffer { .. } | Effect::SendReceipt { .. } | Effect::Categorize { .. } => None,
        Effect::ReadProfile { .. } | Effect::Notify(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn look(order: &str) -> Effect {
        Effect::Poll { reference: Reference::of(order, 1), round: None }
    }

    fn cancel(order: &str) -> Effect {
        let reference = Reference::of(order, 1);
        Effect::CancelPayment { key: reference.key("cancel"), reference, unless_authorized: true }
    }

    /// How many calls of the most impatient caller fall into each minute, at worst.
    fn most_in_a_minute(effect: &Effect) -> usize {
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
    fn no_minute_has_more_calls_than_are_allowed_and_one_to_spare() {
        assert_eq!((most_in_a_minute(&cancel("shop")), most_in_a_minute(&look("shop"))), (4, 109));
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
        assert_eq!(pace.permit("no", &look("shop"), now), Ok(()));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let (pace, start) = (Pace::default(), Instant::now());
        for nth in 0..100_000_u32 {
            pace.permit("no", &look(&format!("shop-{nth}")), start + SECOND / 10 * nth).unwrap();
        }
        assert!(pace.0.lock().unwrap().full_at.len() <= SOME);
    }
}
