//! What is to be done in the world is done from here: claim what is due, [perform](crate::perform) it, bring the outcome back through
//! the ledger, which deletes the row in the same transaction.
//!
//! A claim is a lease: if this process dies in the middle, the effect is done again when the lease has run out, by whoever is there,
//! with the same idempotency key. The wake-up is an optimisation; the due times in the store are the truth.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::checkout::{CheckoutId, Effect, Input, News};
use crate::clock;
use crate::ledger::{self, Ledger};
use crate::perform::{Outcome, Performer};
use crate::store::{Cause, Claimed, Store};

/// How long a claim lasts. Longer than the slowest call to the vendor, token and one repeat included.
const LEASE_MS: i64 = 90_000;
/// Effects in flight at once.
const IN_FLIGHT: usize = 64;
/// How long the worker sleeps at most: another process may have written an effect that nobody woke us for.
const LONGEST_SLEEP_MS: i64 = 5_000;
/// So many tries come to about a day; after them the operator has to look.
const MOST_TRIES: u32 = 1_500;

/// The worker.
#[derive(Clone)]
pub struct Outbox {
    store: Store,
    ledger: Ledger,
    performer: Performer,
    due: Arc<Notify>,
    stop: CancellationToken,
}

impl Outbox {
    /// Starts the worker. When `stop` is cancelled it claims no more, and what it has claimed is finished in `tasks`.
    pub fn start(
        store: Store,
        ledger: Ledger,
        performer: Performer,
        due: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        let outbox = Self { store, ledger, performer, due, stop: stop.clone() };
        tasks.spawn(outbox.work(tasks.clone()));
    }

    async fn work(self, tasks: TaskTracker) {
        let slots = Arc::new(Semaphore::new(IN_FLIGHT));
        while !self.stop.is_cancelled() {
            // Asked for before the query, so that a commit in between is not overlooked.
            let next = self.due.notified();
            let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX).max(1);
            let claimed = self.store.claim_due(free, LEASE_MS, clock::now()).await.unwrap_or_else(|error| {
                tracing::error!(%error, "outbox not read");
                Vec::new()
            });
            if claimed.is_empty() {
                let sleep = Duration::from_millis(self.sleep_ms().await);
                tokio::select! {
                    () = next => {}
                    () = tokio::time::sleep(sleep) => {}
                    () = self.stop.cancelled() => {}
                }
                continue;
            }
            for claim in claimed {
                let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
                let outbox = self.clone();
                tasks.spawn(async move {
                    outbox.carry_out(claim).await;
                    drop(slot);
                });
            }
        }
    }

    async fn sleep_ms(&self) -> u64 {
        let due = self.store.next_due().await.unwrap_or_else(|error| {
            tracing::error!(%error, "outbox not read");
            None
        });
        let wait = due.map_or(LONGEST_SLEEP_MS, |due| due.0 - clock::now().0);
        u64::try_from(wait.clamp(1, LONGEST_SLEEP_MS)).unwrap_or_default()
    }

    async fn carry_out(&self, claim: Claimed) {
        let Claimed { id, checkout_id, sales_unit, effect, tries } = claim;
        let outcome = self.performer.perform(&sales_unit, &effect).await;
        let cause = Cause::Outbox(id);
        let result = match outcome {
            Outcome::Input(input) => self.bring_back(checkout_id, input, &cause).await,
            Outcome::Nothing(note) => self.store.settle(&cause, note, clock::now()).await.map_err(Into::into),
            Outcome::Again { after } => self.again(checkout_id, &effect, tries, after, &cause).await,
            Outcome::Hopeless { reason } => self.park(&effect, &reason, &cause).await,
        };
        if let Err(error) = result {
            // The lease runs out and the effect is done again.
            tracing::error!(effect = effect.kind(), reference = %effect.reference(), %error, "outcome not written");
        }
    }

    async fn bring_back(&self, checkout: CheckoutId, input: Input, cause: &Cause) -> Result<(), ledger::Error> {
        self.ledger.apply(checkout, input, cause).await.map(drop)
    }

    async fn again(
        &self,
        checkout: CheckoutId,
        effect: &Effect,
        tries: u32,
        after: Option<Duration>,
        cause: &Cause,
    ) -> Result<(), ledger::Error> {
        let now = clock::now();
        let due_at = now.plus_ms(wait_ms(tries, after, rand::rng().random_range(-0.2..=0.2)));
        if let Effect::CreatePayment(create) = effect
            && due_at > create.give_up_at
        {
            let input = Input::Payment(create.reference.clone(), News::Unreachable);
            return self.bring_back(checkout, input, cause).await;
        }
        if tries >= MOST_TRIES {
            return self.park(effect, "tried too often", cause).await;
        }
        if let Cause::Outbox(id) = cause {
            self.store.postpone(id, due_at).await?;
        }
        self.due.notify_one();
        Ok(())
    }

    async fn park(&self, effect: &Effect, reason: &str, cause: &Cause) -> Result<(), ledger::Error> {
        tracing::error!(effect = effect.kind(), reference = %effect.reference(), reason, "effect parked");
        if let Cause::Outbox(id) = cause {
            self.store.park(id, reason).await?;
        }
        Ok(())
    }
}

/// The wait before the next try: doubling from half a second to a minute, ±20 %, and never shorter than the vendor asked for.
fn wait_ms(tries: u32, after: Option<Duration>, jitter: f64) -> i64 {
    let doubling = 500_i64 << tries.min(7);
    let wait = doubling.min(60_000);
    // Jitter spreads retries; it is no money.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a minute fits")]
    let wait = (wait as f64 * (1.0 + jitter)) as i64;
    let asked = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
    wait.max(asked.min(3_600_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_honour_retry_after() {
        let waits: Vec<_> = (0..9).map(|tries| wait_ms(tries, None, 0.0)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(wait_ms(0, Some(Duration::from_secs(7)), -0.2), 7_000);
        assert_eq!(wait_ms(0, Some(Duration::from_secs(86_400)), 0.2), 3_600_000);
        assert_eq!(wait_ms(3, None, 0.2), 4_800);
    }
}
