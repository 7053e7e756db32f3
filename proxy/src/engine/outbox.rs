//! The outbox executes effects. It takes those that are [handed over](crate::engine::handover) and claims those of the
//! table that are due, has each [performed](Perform) at the [pace](crate::engine::pace) that Vipps MobilePay allows, and
//! records the outcome through the ledger, which deletes the row in the same transaction. It does not know how an effect
//! is performed.
//!
//! A claim is a lease. If this process dies, the lease expires, and any proxy executes the effect again under the same
//! idempotency key. The handover only saves time; the rows in the store decide. An effect that fails permanently is
//! parked until an operator releases it.

mod release;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::base::reference::ReferenceClock;
use crate::checkout::{Checkout, Effect, Input, Moment, PhoneNumber, Update};
use crate::engine::handover::{Due, Handed, Receiver};
use crate::engine::ledger::{self, Ledger};
use crate::engine::outage;
use crate::engine::pace::Pace;
use crate::observe::trace;
use crate::store::{self, Cause, Claim, ClaimedEffect, Store};

pub use release::release;
use waiting::Waiting;

/// The lease outlasts the slowest work under it: access token, call, both once more after a 401, and a read of the
/// payment. Only an operation whose every call is that slow and that searches the event log too takes longer; it is
/// then executed twice under one key.
const CALLS_PER_LEASE: u32 = 5;
/// Effects that are executed concurrently.
const IN_FLIGHT: usize = 64;
/// The longest sleep, in milliseconds. Another process may have written an effect without a wake-up.
const MAX_SLEEP_MS: i64 = 5_000;
/// The pause after the store has failed, in milliseconds.
const ERROR_DELAY_MS: i64 = 1_000;
/// About a day of retries; then the effect is parked.
const MAX_TRIES: u32 = 1_500;
/// The reason that is stored then. The result of the last try is unknown, unlike that of a refused effect.
const RETRIES_EXHAUSTED: &str = "tried too often";

/// Executes effects outside the proxy.
pub trait Perform: Clone + Send + Sync + 'static {
    /// Executes one effect for a sales unit. `number` is the customer's telephone number, for an effect that needs it.
    fn perform(
        &self,
        sales_unit: &str,
        effect: &Effect,
        number: Option<&PhoneNumber>,
    ) -> impl Future<Output = Outcome> + Send;
}

/// The result of performing an effect.
#[derive(Debug)]
pub enum Outcome {
    /// An input for the ledger.
    Input(Input),
    /// It is done, and the checkout does not change. The note is for the log.
    Done(&'static str),
    /// The result is unknown: it is retried under the same key.
    Retry {
        /// The `Retry-After` of Vipps MobilePay.
        after: Option<Duration>,
    },
    /// It failed permanently: it is parked until an operator releases it.
    Park {
        /// The reason.
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
    reference: ReferenceClock,
    lease: Duration,
    due: Arc<Due>,
    /// One place for each effect that is executed now.
    slots: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// The lease of a claim, when one call to Vipps MobilePay takes that long at most.
pub fn lease(call_timeout: Duration) -> Duration {
    call_timeout * CALLS_PER_LEASE
}

impl<P: Perform> Outbox<P> {
    /// Starts the workers. When `stop` is cancelled they claim no more; `tasks` finishes what is claimed.
    pub fn start(
        store: Store,
        ledger: Ledger,
        (performer, pace): (P, Pace),
        reference: ReferenceClock,
        handed: Receiver,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        let Receiver { queue, lease, due } = handed;
        let (slots, stop) = (Arc::new(Semaphore::new(IN_FLIGHT)), stop.clone());
        let outbox = Self { store, ledger, performer, pace, reference, lease, due, slots, stop, tasks: tasks.clone() };
        tasks.spawn(outbox.clone().take_over(queue));
        tasks.spawn(outbox.read_table());
    }

    /// Executes what is handed over, and after `stop` what is left of it.
    async fn take_over(self, mut queue: mpsc::UnboundedReceiver<Handed>) {
        let (mut waiting, mut stopping) = (Waiting::default(), false);
        let call_timeout = self.lease / CALLS_PER_LEASE;
        loop {
            tokio::select! {
                Some(handed) = queue.recv() => {
                    let urgent = matches!(handed.claimed.effect, Effect::CreatePayment(_));
                    waiting.add(handed.until, handed, urgent);
                }
                slot = self.slots.clone().acquire_owned(), if !waiting.is_empty() => {
                    let slot = slot.expect("the semaphore is never closed");
                    if let Some(handed) = waiting.next(Instant::now() + call_timeout) {
                        self.begin(handed.claimed, Some(handed.state), handed.until, slot);
                    }
                }
                () = self.stop.cancelled(), if !stopping => {
                    queue.close();
                    stopping = true;
                }
                else => return,
            }
        }
    }

    /// Claims and executes what is due in the table.
    async fn read_table(self) {
        // The clock may have gone back while no proxy was running.
        let mut went_back = true;
        while !self.stop.is_cancelled() {
            went_back |= clock::went_back();
            if went_back {
                went_back = !self.reschedule().await;
            }
            let slot = self.stop.run_until_cancelled(self.slots.clone().acquire_owned()).await;
            let Some(slot) = slot else { return };
            self.due.forget();
            let slot = slot.expect("the semaphore is never closed");
            if let Err(error) = self.claim_due(slot).await {
                outage::report(&error, "outbox not read");
                self.due.planned(clock::now().plus_ms(ERROR_DELAY_MS));
            }
            self.stop.run_until_cancelled(self.due.wait(MAX_SLEEP_MS, clock::now)).await;
        }
    }

    /// Claims what is due, as much as there are places for, and finds out when there is more.
    async fn claim_due(&self, slot: OwnedSemaphorePermit) -> Result<(), store::Error> {
        let free = u32::try_from(self.slots.available_permits()).unwrap_or(u32::MAX).saturating_add(1);
        let until = Instant::now() + self.lease;
        let lease_ms = i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX / 2);
        let claimed = self.store.claim_due(free, lease_ms, clock::now()).await?;
        let (count, mut first) = (claimed.len(), Some(slot));
        if count > 0 {
            tracing::trace!(count, "effects claimed");
        }
        for claimed in claimed {
            let slot = match first.take() {
                Some(slot) => slot,
                None => self.slots.clone().acquire_owned().await.expect("the semaphore is never closed"),
            };
            self.begin(claimed, None, until, slot);
        }
        if count < free as usize {
            // What is due and was not claimed is being claimed by another proxy.
            let later = |due_at: Moment| due_at.max(clock::now().plus_ms(1));
            self.store.next_due(clock::now()).await?.into_iter().for_each(|due_at| self.due.planned(later(due_at)));
        } else {
            self.due.planned(clock::now());
        }
        Ok(())
    }

    /// Executes an effect in a task of its own.
    fn begin(&self, claimed: ClaimedEffect, state: Option<Arc<Checkout>>, until: Instant, slot: OwnedSemaphorePermit) {
        let outbox = self.clone();
        let span = trace::of_effect(claimed.checkout_id, claimed.trace_id.as_deref(), &claimed.effect);
        let work = async move {
            outbox.execute(claimed, state, until).await;
            drop(slot);
        };
        self.tasks.spawn(work.instrument(span));
    }

    /// Reschedules effects and deliveries after the machine's clock went back: their due times were computed by the
    /// wrong clock and would be too late.
    async fn reschedule(&self) -> bool {
        let rescheduled = self.store.clock_went_back(clock::now()).await;
        if let Err(error) = &rescheduled {
            outage::report(error, "effects not rescheduled");
        }
        rescheduled.is_ok()
    }

    /// Executes a claimed effect. `state` is that of the commit that planned it, if it was handed over.
    async fn execute(&self, claimed: ClaimedEffect, state: Option<Arc<Checkout>>, until: Instant) {
        let effect = &claimed.effect;
        let doubtful = self.is_clock_doubtful(&claimed);
        if doubtful && matches!(effect, Effect::ExpireOffer { .. }) {
            // Left to its lease, which a right clock ignores.
            return tracing::debug!("nothing expires by a doubtful clock");
        }
        let outcome = if let Some(expired) = expired(effect, doubtful, clock::now()) {
            expired
        } else if let Err(wait) = self.pace.permit(&claimed.sales_unit, effect, Instant::now()) {
            return self.defer(&claimed.claim, wait).await;
        } else {
            match self.phone_number(&claimed, state.as_deref()).await {
                Ok(number) => self.performer.perform(&claimed.sales_unit, effect, number.as_ref()).await,
                Err(error) => {
                    outage::report(&error, "customer not read");
                    Outcome::Retry { after: None }
                }
            }
        };
        let record = || self.record(&claimed, state.clone(), &outcome);
        let recorded = outage::retry_until("outcome not recorded", until, &self.stop, record);
        match recorded.await {
            Ok(()) => {}
            // It can never be stored. Without parking, the effect would be executed again for ever.
            Err(ledger::Error::Store(error @ (store::Error::Document(_) | store::Error::Sealed(_)))) => {
                if let Err(error) = self.park(&claimed.claim, &error.to_string()).await {
                    tracing::error!(%error, "effect not parked");
                }
            }
            // The lease expires and the effect is executed again.
            Err(error) => tracing::error!(%error, "outcome not recorded"),
        }
    }

    /// Whether nothing may expire now: the clock is known to be wrong, or it was not compared yet, as after a start, and this is the first try.
    fn is_clock_doubtful(&self, claimed: &ClaimedEffect) -> bool {
        match self.reference.ahead_ms() {
            Some(_) => self.reference.wrong_by_ms().is_some(),
            None => claimed.tries <= 1,
        }
    }

    /// The telephone number that an effect needs. It is stored with the order only, never in an effect.
    async fn phone_number(
        &self,
        claimed: &ClaimedEffect,
        state: Option<&Checkout>,
    ) -> Result<Option<PhoneNumber>, store::Error> {
        if !claimed.effect.sends_number() {
            return Ok(None);
        }
        if let Some(state) = state {
            return Ok(state.customer.as_ref().and_then(|customer| customer.phone_number.clone()));
        }
        let stored = self.store.checkout(claimed.checkout_id).await?;
        Ok(stored.and_then(|stored| stored.checkout.customer?.phone_number))
    }

    async fn record(
        &self,
        claimed: &ClaimedEffect,
        state: Option<Arc<Checkout>>,
        outcome: &Outcome,
    ) -> Result<(), ledger::Error> {
        let ClaimedEffect { claim, checkout_id, effect, tries, .. } = claimed;
        match outcome {
            Outcome::Input(input) => {
                let (input, cause) = (input.clone(), Cause::Outbox(claim.clone()));
                match state {
                    Some(state) => self.ledger.apply_to(state, input, cause).await?,
                    None => self.ledger.apply(*checkout_id, input, cause).await?,
                };
            }
            Outcome::Done(note) => self.store.settle(&Cause::Outbox(claim.clone()), note, clock::now()).await?,
            Outcome::Retry { .. } if *tries >= MAX_TRIES && !has_deadline(effect) => {
                self.park(claim, RETRIES_EXHAUSTED).await?
            }
            Outcome::Retry { after } => {
                let due_at = next_try(effect, *tries, *after, rand::rng().random_range(-0.2..=0.2), clock::now());
                self.store.postpone(claim, due_at).await?;
                tracing::trace!(tries, "effect postponed");
                self.due.planned(due_at);
            }
            Outcome::Park { reason } => self.park(claim, reason).await?,
        }
        Ok(())
    }

    /// Returns the claim until the pace allows the call.
    async fn defer(&self, claim: &Claim, wait: Duration) {
        // Rounded up to a whole millisecond.
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2) + 1;
        let due_at = clock::now().plus_ms(wait_ms);
        match self.store.defer(claim, due_at).await {
            Ok(()) => {
                tracing::trace!(wait_ms, "effect deferred");
                self.due.planned(due_at);
            }
            // The lease expires.
            Err(error) => outage::report(&error, "effect not deferred"),
        }
    }

    async fn park(&self, claim: &Claim, reason: &str) -> Result<(), ledger::Error> {
        self.store.park(claim, reason).await?;
        tracing::error!(reason, "effect parked");
        Ok(())
    }
}

/// The outcome of an effect whose deadline has passed, without executing it; `None` while it has time. A doubtful clock ends nothing but
/// the creation of a payment, which is then cancelled, and the customer may try again.
fn expired(effect: &Effect, doubtful: bool, now: Moment) -> Option<Outcome> {
    let update = match effect {
        Effect::CreatePayment(create) if create.give_up_at < now => Update::CreateTimedOut,
        Effect::ReadProfile { until: Some(until), .. } if *until < now && !doubtful => {
            Update::ProfileRead { sub: None, phone_number: None }
        }
        _ => return None,
    };
    Some(Outcome::Input(Input::Payment(effect.reference().clone(), update)))
}

/// Whether it is retried until its deadline, whatever the number of tries.
fn has_deadline(effect: &Effect) -> bool {
    matches!(effect, Effect::ReadProfile { until: Some(_), .. })
}

/// When to retry. The create of a payment is retried no later than its deadline, whatever `Retry-After` says, so that
/// the page learns of the failure in time.
fn next_try(effect: &Effect, tries: u32, after: Option<Duration>, jitter: f64, now: Moment) -> Moment {
    let due_at = now.plus_ms(backoff_ms(effect, tries, after, jitter));
    match effect {
        Effect::CreatePayment(create) => due_at.min(create.give_up_at.plus_ms(1)).max(now),
        _ => due_at,
    }
}

/// The wait before the next try, in milliseconds: exponential backoff up to a minute, ±20 % jitter, never shorter than
/// `Retry-After` (an hour at most). The first wait of a call that changes a payment is longer, because Vipps MobilePay
/// allows five of those a minute.
fn backoff_ms(effect: &Effect, tries: u32, after: Option<Duration>, jitter: f64) -> i64 {
    let first: i64 = match effect {
        Effect::CreatePayment(_) | Effect::CancelPayment { .. } | Effect::Operate(_) => 2_000,
        Effect::ExpireOffer { .. }
        | Effect::Poll { .. }
        | Effect::SendReceipt { .. }
        | Effect::Categorize { .. }
        | Effect::ReadProfile { .. }
        | Effect::Notify(_) => 500,
    };
    let wait = (first << tries.saturating_sub(1).min(7)).min(60_000);
    // Precision does not matter for jitter.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a minute fits")]
    let wait = (wait as f64 * (1.0 + jitter)) as i64;
    let requested = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    wait.max(requested.min(3_600_000))
}

#[cfg(test)]
mod tests {
    use kvitt_wire::{Amount, Currency};

    use super::*;
    use crate::checkout::effect::CreatePayment;
    use crate::checkout::{Private, Reference};

    #[test]
    fn an_effect_expires_in_time_whatever_retry_after_says() {
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
        assert!(due_at < Moment(61_000) && expired(&create, true, due_at).is_some(), "{due_at:?}");
        assert_eq!(next_try(&create, 1, None, 0.0, Moment(1_000)), Moment(3_000));
        let read = Effect::ReadProfile { reference: reference.clone(), until: Some(Moment(60_000)) };
        assert!(expired(&read, false, Moment(60_000)).is_none() && has_deadline(&read));
        assert!(expired(&read, true, Moment(60_001)).is_none(), "the number is not given up by a wrong clock");
        let outcome = expired(&read, false, Moment(60_001)).unwrap();
        let nothing = Update::ProfileRead { sub: None, phone_number: None };
        assert!(matches!(outcome, Outcome::Input(Input::Payment(_, update)) if update == nothing));
        // A poll has no deadline.
        let poll = Effect::Poll { reference, round: None };
        assert_eq!(next_try(&poll, 1, an_hour, 0.0, Moment(1_000)), Moment(3_601_000));
    }

    #[test]
    fn waits_double_to_a_minute_and_honour_retry_after() {
        let reference = Reference::of("shop-1", 1);
        let poll = Effect::Poll { reference: reference.clone(), round: None };
        let waits: Vec<_> = (1..10).map(|tries| backoff_ms(&poll, tries, None, 0.0)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(backoff_ms(&poll, 1, Some(Duration::from_secs(7)), -0.2), 7_000);
        assert_eq!(backoff_ms(&poll, 1, Some(Duration::from_secs(86_400)), 0.2), 3_600_000);
        assert_eq!(backoff_ms(&poll, 4, None, 0.2), 4_800);

        let cancel = Effect::CancelPayment { key: reference.key("cancel"), reference, unless_authorized: true };
        let in_a_minute = (1..).scan(0, |at, tries| {
            *at += backoff_ms(&cancel, tries, None, -0.2);
            (*at < 60_000).then_some(*at)
        });
        assert!(in_a_minute.count() < 5 + 1, "five calls a minute, the first one at once");
    }
}
