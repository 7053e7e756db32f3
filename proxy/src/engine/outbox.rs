//! The outbox claims each effect that is due, has it [performed](Perform) at the [pace](crate::engine::pace) that Vipps MobilePay allows, and brings
//! the outcome back through the ledger, which deletes the row in the same transaction. It does not know how an effect is performed.
//!
//! A claim is a lease: if this process dies in the middle, the effect is done again when the lease has run out, by whoever is there,
//! with the same idempotency key. The wake-up is an optimisation; the due times in the store are the truth.

mod release;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::{Effect, Input, Moment, PhoneNumber, Update};
use crate::engine::ledger::{self, Ledger};
use crate::engine::outage;
use crate::engine::pace::Pace;
use crate::observe::trace;
use crate::store::{self, Cause, Claim, ClaimedEffect, Store};

pub use release::release;

/// A claim outlasts the slowest work under it: token, call, both once more after a 401, and a look.
const CALLS_IN_A_CLAIM: u32 = 5;
/// Effects in flight at once.
const IN_FLIGHT: usize = 64;
/// How long the worker sleeps at most: another process may have written an effect that nobody woke us for.
const LONGEST_SLEEP_MS: i64 = 5_000;
/// The pause when the store does not answer.
const AFTER_AN_ERROR: Duration = Duration::from_secs(1);
/// So many tries come to about a day; after them the operator has to look.
const MOST_TRIES: u32 = 1_500;
/// Why it is parked then. What came of its last try is not known, unlike that of an effect which was refused.
const TRIED_TOO_OFTEN: &str = "tried too often";

/// What carries effects out in the world.
pub trait Perform: Clone + Send + Sync + 'static {
    /// Carries out one effect for a sales unit. `number` is the customer's telephone number, for an effect that needs it.
    fn perform(
        &self,
        sales_unit: &str,
        effect: &Effect,
        number: Option<&PhoneNumber>,
    ) -> impl Future<Output = Outcome> + Send;
}

/// What came of an effect.
#[derive(Debug)]
pub enum Outcome {
    /// A fact for the ledger.
    Input(Input),
    /// It is done, and the checkout need not know; the note is for the log.
    Done(&'static str),
    /// It may or may not be done: it is tried again under the same key.
    Retry {
        /// The wait that Vipps MobilePay asked for.
        after: Option<Duration>,
    },
    /// It cannot succeed: it is parked for the operator.
    Park {
        /// Why.
        reason: String,
    },
}

/// The worker.
#[derive(Clone)]
pub struct Outbox<P> {
    store: Store,
    ledger: Ledger,
    performer: P,
    pace: Pace,
    lease: Duration,
    due: Arc<Notify>,
    stop: CancellationToken,
}

impl<P: Perform> Outbox<P> {
    /// Starts the worker. A call to the vendor takes `call_timeout` at most. When `stop` is cancelled it claims no more, and what it has claimed is finished in `tasks`.
    pub fn start(
        store: Store,
        ledger: Ledger,
        performer: P,
        call_timeout: Duration,
        due: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        let lease = call_timeout * CALLS_IN_A_CLAIM;
        let outbox = Self { store, ledger, performer, pace: Pace::default(), lease, due, stop: stop.clone() };
        tasks.spawn(outbox.work(tasks.clone()));
    }

    async fn work(self, tasks: TaskTracker) {
        let slots = Arc::new(Semaphore::new(IN_FLIGHT));
        // It may have while nobody was there.
        let mut went_back = true;
        while !self.stop.is_cancelled() {
            // Asked for before the query, so that a commit in between is not overlooked.
            let next = self.due.notified();
            went_back |= clock::went_back();
            if went_back {
                went_back = !self.put_forward().await;
            }
            let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX).max(1);
            let lease_ms = i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX / 2);
            let claimed = self.store.claim_due(free, lease_ms, clock::now()).await;
            let sleep = match &claimed {
                Ok(claimed) if !claimed.is_empty() => {
                    tracing::trace!(count = claimed.len(), "effects claimed");
                    Duration::ZERO
                }
                Ok(_) => self.sleep().await,
                Err(error) => {
                    outage::report(error, "outbox not read");
                    AFTER_AN_ERROR
                }
            };
            if !sleep.is_zero() {
                tokio::select! {
                    () = next => {}
                    () = tokio::time::sleep(sleep) => {}
                    () = self.stop.cancelled() => {}
                }
                continue;
            }
            for claim in claimed.into_iter().flatten() {
                let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
                let outbox = self.clone();
                let span = trace::of_effect(claim.checkout_id, claim.trace_id.as_deref(), &claim.effect);
                let work = async move {
                    outbox.carry_out(claim).await;
                    drop(slot);
                };
                tasks.spawn(work.instrument(span));
            }
        }
    }

    /// Effects and deliveries are due by the machine's clock. When that goes back, what was planned just now must not wait until it is that
    /// time again.
    async fn put_forward(&self) -> bool {
        let put = self.store.clock_went_back(clock::now()).await;
        if let Err(error) = &put {
            outage::report(error, "effects not put forward");
        }
        put.is_ok()
    }

    /// Until the next effect is due.
    async fn sleep(&self) -> Duration {
        match self.store.next_due().await {
            Ok(due) => {
                let wait_ms = due.map_or(LONGEST_SLEEP_MS, |due| due.0 - clock::now().0);
                Duration::from_millis(wait_ms.clamp(1, LONGEST_SLEEP_MS).unsigned_abs())
            }
            Err(error) => {
                outage::report(&error, "outbox not read");
                AFTER_AN_ERROR
            }
        }
    }

    async fn carry_out(&self, claimed: ClaimedEffect) {
        let effect = &claimed.effect;
        let until = Instant::now() + self.lease;
        let outcome = if let Some(given_up) = given_up(effect, clock::now()) {
            given_up
        } else if let Err(wait) = self.pace.permit(&claimed.sales_unit, effect, Instant::now()) {
            return self.defer(&claimed.claim, wait).await;
        } else {
            match self.number(&claimed).await {
                Ok(number) => self.performer.perform(&claimed.sales_unit, effect, number.as_ref()).await,
                Err(error) => {
                    outage::report(&error, "customer not read");
                    Outcome::Retry { after: None }
                }
            }
        };
        let bring_back = || self.bring_back(&claimed, &outcome);
        let brought = outage::sit_out("outcome not written", until, &self.stop, bring_back);
        match brought.await {
            Ok(()) => {}
            // It never would be written, and the effect would be done again for ever.
            Err(ledger::Error::Store(error @ (store::Error::Document(_) | store::Error::Sealed(_)))) => {
                if let Err(error) = self.park(&claimed.claim, &error.to_string()).await {
                    tracing::error!(%error, "effect not parked");
                }
            }
            // The lease runs out and the effect is done again.
            Err(error) => tracing::error!(%error, "outcome not written"),
        }
    }

    /// The telephone number that an effect needs: it stands with the order, and in no effect.
    async fn number(&self, claimed: &ClaimedEffect) -> Result<Option<PhoneNumber>, store::Error> {
        if !claimed.effect.sends_number() {
            return Ok(None);
        }
        let stored = self.store.checkout(claimed.checkout_id).await?;
        Ok(stored.and_then(|stored| stored.checkout.customer?.phone_number))
    }

    async fn bring_back(&self, claimed: &ClaimedEffect, outcome: &Outcome) -> Result<(), ledger::Error> {
        let ClaimedEffect { claim, checkout_id, effect, tries, .. } = claimed;
        match outcome {
            Outcome::Input(input) => {
                self.ledger.apply(*checkout_id, input.clone(), Cause::Outbox(claim.clone())).await?;
            }
            Outcome::Done(note) => self.store.settle(&Cause::Outbox(claim.clone()), note, clock::now()).await?,
            Outcome::Retry { .. } if *tries >= MOST_TRIES && !ends_by_itself(effect) => {
                self.park(claim, TRIED_TOO_OFTEN).await?
            }
            Outcome::Retry { after } => {
                let due_at = next_try(effect, *tries, *after, rand::rng().random_range(-0.2..=0.2), clock::now());
                self.store.postpone(claim, due_at).await?;
                tracing::trace!(tries, "effect postponed");
                self.due.notify_one();
            }
            Outcome::Park { reason } => self.park(claim, reason).await?,
        }
        Ok(())
    }

    /// Gives it back until it may be carried out.
    async fn defer(&self, claim: &Claim, wait: Duration) {
        // The millisecond that a shorter one is rounded away from.
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2) + 1;
        match self.store.defer(claim, clock::now().plus_ms(wait_ms)).await {
            Ok(()) => {
                tracing::trace!(wait_ms, "effect deferred")
            }
            // The lease runs out.
            Err(error) => outage::report(&error, "effect not deferred"),
        }
    }

    async fn park(&self, claim: &Claim, reason: &str) -> Result<(), ledger::Error> {
        self.store.park(claim, reason).await?;
        tracing::error!(reason, "effect parked");
        Ok(())
    }
}

/// What came of an effect that nobody waits for any more, or that has become impossible with time.
fn given_up(effect: &Effect, now: Moment) -> Option<Outcome> {
    let news = match effect {
        Effect::CreatePayment(create) if create.give_up_at < now => Update::CreateTimedOut,
        Effect::ReadProfile { until: Some(until), .. } if *until < now => {
            Update::ProfileRead { sub: None, phone_number: None }
        }
        _ => return None,
    };
    Some(Outcome::Input(Input::Payment(effect.reference().clone(), news)))
}

/// Whether it is given up at its time, however often it has been tried by then.
fn ends_by_itself(effect: &Effect) -> bool {
    matches!(effect, Effect::ReadProfile { until: Some(_), .. })
}

/// When to try again. Whoever waits for a payment is told as soon as it is given up, however long the vendor wants to be left alone.
fn next_try(effect: &Effect, tries: u32, after: Option<Duration>, jitter: f64, now: Moment) -> Moment {
    let due_at = now.plus_ms(wait_ms(effect, tries, after, jitter));
    match effect {
        Effect::CreatePayment(create) => due_at.min(create.give_up_at.plus_ms(1)).max(now),
        _ => due_at,
    }
}

/// The wait before the next try: doubling to a minute, ±20 %, and never shorter than the vendor asked for. What changes a payment may be
/// called five times a minute, so its first wait is longer.
fn wait_ms(effect: &Effect, tries: u32, after: Option<Duration>, jitter: f64) -> i64 {
    let first: i64 = match effect {
        Effect::CreatePayment(_) | Effect::CancelPayment { .. } | Effect::Operate { .. } => 2_000,
        Effect::ExpireOffer { .. }
        | Effect::Poll { .. }
        | Effect::SendReceipt { .. }
        | Effect::Categorize { .. }
        | Effect::ReadProfile { .. }
        | Effect::Notify(_) => 500,
    };
    let wait = (first << tries.saturating_sub(1).min(7)).min(60_000);
    // Jitter spreads retries; it is no money.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a minute fits")]
    let wait = (wait as f64 * (1.0 + jitter)) as i64;
    let asked = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    wait.max(asked.min(3_600_000))
}

#[cfg(test)]
mod tests {
    use kvitt_wire::{Amount, Currency};

    use super::*;
    use crate::checkout::effect::CreatePayment;
    use crate::checkout::{Private, Reference};

    #[test]
    fn a_payment_is_given_up_in_time_however_long_the_vendor_wants_to_be_left_alone() {
        let reference = Reference::of("shop-1", 1);
        let create = Effect::CreatePayment(Box::new(CreatePayment {
            key: reference.key("create"),
            reference: reference.clone(),
            amount: Amount { value: 100, currency: Currency::Nok },
            description: "A mug".into(),
            return_url: Private("https://pay.shop.example/return/x".into()),
            flow: crate::checkout::Flow::Redirect,
            with_number: false,
            expires_at: None,
            customer_present: false,
            shares_phone_number: false,
            receipt: None,
            give_up_at: Moment(60_000),
        }));
        let an_hour = Some(Duration::from_secs(3_600));
        let due_at = next_try(&create, 1, an_hour, 0.0, Moment(1_000));
        assert!(due_at < Moment(61_000) && given_up(&create, due_at).is_some(), "{due_at:?}");
        assert_eq!(next_try(&create, 1, None, 0.0, Moment(1_000)), Moment(3_000));
        let read = Effect::ReadProfile { reference: reference.clone(), until: Some(Moment(60_000)) };
        assert!(given_up(&read, Moment(60_000)).is_none() && ends_by_itself(&read));
        let missed = given_up(&read, Moment(60_001)).unwrap();
        let nothing = Update::ProfileRead { sub: None, phone_number: None };
        assert!(matches!(missed, Outcome::Input(Input::Payment(_, news)) if news == nothing));
        // What moves money is given up by nobody.
        let look = Effect::Poll { reference, round: None };
        assert_eq!(next_try(&look, 1, an_hour, 0.0, Moment(1_000)), Moment(3_601_000));
    }

    #[test]
    fn waits_double_to_a_minute_and_honour_retry_after() {
        let reference = Reference::of("shop-1", 1);
        let look = Effect::Poll { reference: reference.clone(), round: None };
        let waits: Vec<_> = (1..10).map(|tries| wait_ms(&look, tries, None, 0.0)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(wait_ms(&look, 1, Some(Duration::from_secs(7)), -0.2), 7_000);
        assert_eq!(wait_ms(&look, 1, Some(Duration::from_secs(86_400)), 0.2), 3_600_000);
        assert_eq!(wait_ms(&look, 4, None, 0.2), 4_800);

        let cancel = Effect::CancelPayment { key: reference.key("cancel"), reference, unless_authorized: true };
        let in_a_minute = (1..).scan(0, |at, tries| {
            *at += wait_ms(&cancel, tries, None, -0.2);
            (*at < 60_000).then_some(*at)
        });
        assert!(in_a_minute.count() < 5 + 1, "five calls a minute, the first one at once");
    }
}
