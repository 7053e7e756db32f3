//! Delivers events to the webhook endpoints of the shop's backend. A worker claims due deliveries, posts them signed,
//! and records the outcome.
//!
//! The ledger commits an event together with the change that it is about. From then on each endpoint gets it at least
//! once, until it acknowledges or the retries end. The order of events is not guaranteed, and no delivery waits for
//! another one. A claim is a lease; one proxy at a time delivers an event. The worker has its own concurrency limit, so
//! a slow endpoint never delays a payment, and calls only addresses that the [guard] allows. The address of an
//! endpoint, its secret and bodies are never logged.

pub mod administration;
pub mod guard;
mod post;
mod signing;

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use serde::Deserialize;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::base::reference::ReferenceClock;
use crate::checkout::Moment;
use crate::config::Relay as Options;
use crate::engine::chores::Chore;
use crate::engine::outage;
use crate::observe::metrics::Metrics;
use crate::store::Store;
use crate::store::deliveries::{Delivery, DeliveryOutcome, DeliveryTry, SettleOutcome};
use guard::Guard;
use post::{Answer, Post};

pub use signing::{new_secret, signatures};

/// Deliveries that are made concurrently.
const IN_FLIGHT: usize = 32;
/// The longest sleep, in milliseconds. Another process may have written a delivery without a wake-up.
const MAX_SLEEP_MS: i64 = 2_000;
/// The pause after the store has failed.
const ERROR_DELAY: Duration = Duration::from_secs(1);
/// An endpoint that only fails for so long is disabled, in milliseconds.
const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1000;
/// The longest `Retry-After` that is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a previous secret still signs after its rotation, in milliseconds.
pub const ROTATION_MS: i64 = 24 * 60 * 60 * 1000;
/// How long finished deliveries are kept, in milliseconds.
const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// The worker.
#[derive(Clone)]
pub struct Relay {
    store: Store,
    post: Post,
    reference: ReferenceClock,
    retries: Arc<Vec<Duration>>,
    lease_ms: i64,
    metrics: Metrics,
    due: Arc<Notify>,
    stop: CancellationToken,
}

impl Relay {
    /// Starts the worker; `due` wakes it. When `stop` is cancelled it claims no more; `tasks` finishes what is claimed.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn start(
        store: Store,
        options: &Options,
        metrics: Metrics,
        reference: ReferenceClock,
        due: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<(), reqwest::Error> {
        let post = Post::new(Guard::new(&options.allowed_networks), options.timeout)?;
        let relay = Self {
            store,
            post,
            reference,
            retries: Arc::new(options.retries.clone()),
            // Outlasts the slowest request.
            lease_ms: milliseconds(options.timeout) * 2,
            metrics,
            due,
            stop: stop.clone(),
        };
        tasks.spawn(relay.work(tasks.clone()));
        Ok(())
    }

    async fn work(self, tasks: TaskTracker) {
        let slots = Arc::new(Semaphore::new(IN_FLIGHT));
        while !self.stop.is_cancelled() {
            // Created before the query, so that a commit in between still wakes the worker.
            let next = self.due.notified();
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
            let free = u32::try_from(slots.available_permits() + 1).unwrap_or(u32::MAX);
            drop(slot);
            let claimed = match self.claim(free).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    outage::report(&error, "deliveries not read");
                    self.sleep(next, ERROR_DELAY).await;
                    continue;
                }
            };
            match claimed {
                Claimed::Nothing(wait) => self.sleep(next, wait).await,
                Claimed::Some(deliveries) => {
                    for delivery in deliveries {
                        let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
                        let relay = self.clone();
                        let span = tracing::error_span!("delivery", trace_id = trace_id(&delivery.payload));
                        let work = async move {
                            relay.deliver(delivery).await;
                            drop(slot);
                        };
                        tasks.spawn(work.instrument(span));
                    }
                }
            }
        }
    }

    async fn sleep(&self, next: impl Future<Output = ()>, max: Duration) {
        tokio::select! {
            () = next => {}
            () = tokio::time::sleep(max) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Reads first: a claim writes, even where nothing is due.
    async fn claim(&self, limit: u32) -> Result<Claimed, crate::store::Error> {
        let now = clock::now();
        let wait_ms = self.store.next_delivery().await?.map_or(MAX_SLEEP_MS, |due| due.0 - now.0);
        if wait_ms > 0 {
            return Ok(Claimed::Nothing(Duration::from_millis(wait_ms.min(MAX_SLEEP_MS).unsigned_abs())));
        }
        Ok(Claimed::Some(self.store.claim_deliveries(limit, self.lease_ms, now).await?))
    }

    async fn deliver(&self, delivery: Delivery) {
        let Delivery { claim, kind, tries, .. } = &delivery;
        let answer = self.post.send(&delivery, clock::now()).await;
        tracing::trace!(id = claim.id, endpoint = claim.endpoint, status = answer.status, "endpoint answered");
        let now = clock::now();
        let tried = self.outcome(&answer, *tries, now);
        let disables_before = self.reference.cutoff(DISABLE_AFTER_MS).unwrap_or(Moment(i64::MIN));
        let settled = self.store.settle_delivery(claim, &tried, disables_before, now).await;
        let (id, endpoint, latency_ms) = (&claim.id, &claim.endpoint, tried.latency_ms);
        match tried.outcome {
            DeliveryOutcome::Delivered => {
                self.metrics.delivery("delivered");
                tracing::debug!(id, endpoint, kind, tries, latency_ms, "event delivered");
            }
            DeliveryOutcome::Retry(_) | DeliveryOutcome::Gone => {
                self.metrics.delivery("failed");
                tracing::warn!(id, endpoint, kind, tries, latency_ms, error = tried.error, "event not delivered");
            }
            DeliveryOutcome::GivenUp => {
                self.metrics.delivery("given_up");
                tracing::error!(
                    id,
                    endpoint,
                    kind,
                    tries,
                    latency_ms,
                    error = tried.error,
                    "event not delivered, no retry left"
                );
            }
        }
        match settled {
            Ok(SettleOutcome::EndpointDisabled(reason)) => {
                self.metrics.delivery("disabled_endpoint");
                tracing::error!(endpoint, reason, "endpoint disabled");
                // The other endpoints are notified.
                self.due.notify_one();
            }
            Ok(SettleOutcome::Written | SettleOutcome::Lost) => {}
            // The lease expires and the event is delivered again, under the same id.
            Err(error) => tracing::error!(id, endpoint, %error, "outcome of a delivery not recorded"),
        }
    }

    fn outcome(&self, answer: &Answer, tries: i64, now: Moment) -> DeliveryTry {
        let jitter = rand::rng().random_range(0.8..=1.2);
        let wait = backoff(&self.retries, tries, answer.retry_after, jitter);
        let then = match wait {
            _ if answer.error.is_none() => DeliveryOutcome::Delivered,
            _ if answer.is_gone() => DeliveryOutcome::Gone,
            None => DeliveryOutcome::GivenUp,
            Some(wait) => DeliveryOutcome::Retry(now.plus_ms(milliseconds(wait))),
        };
        DeliveryTry {
            status: answer.status,
            error: answer.error.clone(),
            latency_ms: milliseconds(answer.latency),
            outcome: then,
        }
    }
}

/// The trace id of the order of an event.
fn trace_id(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        trace_id: Option<String>,
    }
    serde_json::from_str::<Payload>(payload).ok()?.data.trace_id
}

enum Claimed {
    Nothing(Duration),
    Some(Vec<Delivery>),
}

/// The wait after the nth failure: that of the schedule, with jitter, and never shorter than `Retry-After`. `None` when
/// the schedule has ended.
fn backoff(retries: &[Duration], tries: i64, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
    let wait = usize::try_from(tries - 1).ok().and_then(|nth| retries.get(nth))?;
    Some(wait.mul_f64(jitter).max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER)))
}

/// The chore that deletes deliveries that were finished a month ago. A longer `due_ms`, the warning before a capture
/// deadline, delays that: the row also says that the shop was notified.
pub fn sweep_chore(store: &Store, due_ms: i64) -> Chore {
    Chore::deleting("forget deliveries", store, RETENTION_MS.max(due_ms), |store, before, most| async move {
        store.prune_deliveries(before, most).await
    })
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_follow_the_schedule_and_honour_retry_after() {
        let schedule = [5, 300, 86_400].map(Duration::from_secs);
        let seconds = |tries, retry_after: Option<u64>| {
            backoff(&schedule, tries, retry_after.map(Duration::from_secs), 1.0).map(|wait| wait.as_secs())
        };
        assert_eq!(
            (1..=4).map(|tries| seconds(tries, None)).collect::<Vec<_>>(),
            [Some(5), Some(300), Some(86_400), None]
        );
        assert_eq!(seconds(1, Some(60)), Some(60));
        assert_eq!(seconds(2, Some(60)), Some(300), "never sooner than planned");
        assert_eq!(seconds(1, Some(1_000_000)), Some(86_400));
        assert_eq!(backoff(&schedule, 1, None, 1.2), Some(Duration::from_secs(6)));
    }
}
