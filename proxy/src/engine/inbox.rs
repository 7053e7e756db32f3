//! Accepts webhooks from Vipps MobilePay. A bounded queue feeds one writer, which commits all that is queued in one
//! statement; only then is the webhook acknowledged. Each webhook is born claimed, and goes straight on to a
//! [look](crate::engine::look) at its payment, whose commit settles it. A reader takes from the table what another
//! process, or a failure, has left there.
//!
//! A webhook for an unknown payment is acknowledged too: after an error, Vipps MobilePay would hold back all later
//! events of that payment. The body of a webhook is never stored, and no amount or state is taken from it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::Reference;
use crate::engine::chores::Chore;
use crate::engine::ledger;
use crate::engine::look::Looks;
use crate::engine::outage;
use crate::engine::outbox::Perform;
use crate::observe::trace;
use crate::store::{self, Cause, ClaimedWebhook, Store, Webhook};

/// How long a processed webhook is kept, to recognize repeats, in milliseconds.
const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The most webhooks in one statement.
const BATCH: usize = 256;
/// Payments whose webhooks the reader processes concurrently: their commits share the wait for the disk.
const CONCURRENCY: usize = 32;
/// The lease on claimed webhooks. One that is not processed by then is claimed again.
const LEASE: Duration = Duration::from_secs(30);
const LEASE_MS: i64 = 30_000;
/// The longest pause between two reads of the table.
const READ_EVERY: Duration = Duration::from_secs(5);

/// Why a webhook was not accepted. Vipps MobilePay sends it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// The queue is full.
    Full,
    /// The store failed.
    NotStored,
}

type Queued = (Webhook, oneshot::Sender<bool>);

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Inbox {
    queue: mpsc::Sender<Queued>,
}

impl Inbox {
    /// Starts the writer and the reader. They end when `stop` is cancelled, after the writer has stored what is queued.
    /// `arrived` is notified when others may have left something to read.
    pub fn start<P: Perform>(
        store: Store,
        looks: Looks<P>,
        queue: usize,
        arrived: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(queue);
        let worker = Worker { store, looks, stop: stop.clone(), tasks: tasks.clone() };
        tasks.spawn(worker.clone().write(receiver));
        tasks.spawn(worker.read(arrived));
        Self { queue: sender }
    }

    /// Whether the queue is full.
    pub fn is_full(&self) -> bool {
        self.queue.capacity() == 0
    }

    /// Stores a verified webhook; it is durable when this returns.
    ///
    /// # Errors
    /// [`NotAccepted`]; without waiting when the queue is full.
    pub async fn accept(&self, webhook: Webhook) -> Result<(), NotAccepted> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send((webhook, answer)).map_err(|_| NotAccepted::Full)?;
        match answered.await {
            Ok(true) => Ok(()),
            _ => Err(NotAccepted::NotStored),
        }
    }
}

/// The chore that deletes webhooks some time after they were processed.
pub fn sweep_chore(store: &Store) -> Chore {
    Chore::deleting("forget webhooks", store, RETENTION_MS, |store, before, most| async move {
        store.prune_webhooks(before, most).await
    })
}

/// The writer and the reader.
#[derive(Clone)]
struct Worker<P> {
    store: Store,
    looks: Looks<P>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl<P: Perform> Worker<P> {
    /// The writer. It stores all that is queued in one statement. It waits for no timer, so a single webhook is stored at
    /// once.
    async fn write(self, mut queue: mpsc::Receiver<Queued>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                count = queue.recv_many(&mut batch, BATCH) => if count == 0 { return },
                () = self.stop.cancelled() => return,
            }
            let (webhooks, answers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let until = Instant::now() + LEASE;
            let written = self.store.accept_webhooks(&webhooks, LEASE_MS, clock::now()).await;
            match &written {
                Ok(_) => tracing::trace!(count = webhooks.len(), "webhooks written"),
                Err(error) => outage::report(error, "webhooks not stored"),
            }
            for answer in answers {
                // The caller may be gone; Vipps MobilePay then sends the webhook again.
                let _ = answer.send(written.is_ok());
            }
            for payment in by_payment(written.unwrap_or_default()) {
                let worker = self.clone();
                self.tasks.spawn(async move { worker.process(payment, until).await });
            }
        }
    }

    /// The reader. It takes the oldest first, many concurrently.
    async fn read(self, arrived: Arc<Notify>) {
        loop {
            // Created before the query, so that a webhook that arrives in between still wakes the reader.
            let next = arrived.notified();
            match self.drain().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => outage::report(&error, "inbox not read"),
            }
            tokio::select! {
                () = next => {}
                () = tokio::time::sleep(READ_EVERY) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn drain(&self) -> Result<usize, store::Error> {
        let until = Instant::now() + LEASE;
        let waiting = self.store.claim_webhooks(100, LEASE_MS, clock::now()).await?;
        let settling = stream::iter(by_payment(waiting)).map(|payment| self.process(payment, until));
        Ok(settling.buffer_unordered(CONCURRENCY).fold(0, async |settled, one| settled + one).await)
    }

    /// Processes webhooks about one payment, and says how many. Those that fail stay in the inbox, and do not block the others.
    async fn process(&self, webhooks: Vec<ClaimedWebhook>, until: Instant) -> usize {
        match self.settle(&webhooks, until).await {
            Ok(()) => webhooks.len(),
            Err(error) => {
                tracing::error!(reference = webhooks[0].reference, %error, "webhook not processed");
                0
            }
        }
    }

    async fn settle(&self, webhooks: &[ClaimedWebhook], until: Instant) -> Result<(), ledger::Error> {
        let ClaimedWebhook { sales_unit, reference, name, .. } = &webhooks[0];
        let cause = Cause::Inbox(webhooks.iter().map(|webhook| webhook.id).collect());
        let read = async || Ok(self.store.checkout_by(reference).await?);
        let stored = match outage::retry_until("webhook not processed", until, &self.stop, read).await {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                tracing::warn!(sales_unit, reference, name, "webhook for an unknown payment");
                return Ok(self.store.settle(&cause, "unknown reference", clock::now()).await?);
            }
            // It can never be decoded. Settle it, so that it does not block the others.
            Err(ledger::Error::Store(error @ store::Error::Document(_))) => {
                tracing::error!(reference, %error, "webhook for a checkout that cannot be decoded");
                return Ok(self.store.settle(&cause, "checkout does not read", clock::now()).await?);
            }
            Err(error) => return Err(error),
        };
        let (state, reference) = (Arc::new(stored.checkout), Reference::from(reference.clone()));
        let span = trace::of_webhook(state.id, Some(&state.trace_id));
        let signal = async {
            for ClaimedWebhook { name, .. } in webhooks {
                tracing::debug!(%reference, name, "webhook");
            }
            self.looks.signal(state.clone(), &reference, cause, until).await
        };
        signal.instrument(span).await
    }
}

/// The webhooks of each payment, in the order of their arrival.
fn by_payment(webhooks: Vec<ClaimedWebhook>) -> Vec<Vec<ClaimedWebhook>> {
    let mut places = HashMap::new();
    let mut payments: Vec<Vec<ClaimedWebhook>> = Vec::new();
    for webhook in webhooks {
        let place = *places.entry(webhook.reference.clone()).or_insert(payments.len());
        match payments.get_mut(place) {
            Some(payment) => payment.push(webhook),
            None => payments.push(vec![webhook]),
        }
    }
    payments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_about_one_payment_are_settled_together() {
        let webhook = |id: i64, reference: &str| {
            let (sales_unit, reference, name) = ("no".to_owned(), reference.to_owned(), "AUTHORIZED".to_owned());
            ClaimedWebhook { id, sales_unit, reference, name }
        };
        let payments = by_payment(vec![webhook(1, "a"), webhook(2, "b"), webhook(3, "a")]);
        let ids: Vec<Vec<i64>> = payments.iter().map(|payment| payment.iter().map(|one| one.id).collect()).collect();
        assert_eq!(ids, [vec![1, 3], vec![2]]);
    }
}
