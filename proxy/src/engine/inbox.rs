//! Accepts webhooks from Vipps MobilePay. A bounded queue feeds one writer, which commits all that is queued in one
//! statement; only then is the webhook acknowledged. A reader then turns each stored webhook into a signal for the
//! [ledger](crate::engine::ledger).
//!
//! A webhook for an unknown payment is acknowledged too: after an error, Vipps MobilePay would hold back all later
//! events of that payment. The body of a webhook is never stored, and no amount or state is taken from it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::{CheckoutId, Input, Reference, Update};
use crate::engine::chores::Chore;
use crate::engine::ledger::{self, Ledger};
use crate::engine::outage;
use crate::observe::trace;
use crate::store::{self, Cause, ClaimedWebhook, Store, Webhook};

/// How long a processed webhook is kept, to recognize repeats, in milliseconds.
const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The most webhooks in one statement.
const BATCH: usize = 256;
/// Webhooks processed concurrently: their commits share the wait for the disk.
const CONCURRENCY: usize = 32;
/// The lease on claimed webhooks, in milliseconds. One that is not processed by then is claimed again.
const LEASE_MS: i64 = 30_000;

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
    /// `arrived` is notified when there is something to read.
    pub fn start(
        store: Store,
        ledger: Ledger,
        queue: usize,
        arrived: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(queue);
        tasks.spawn(write(store.clone(), receiver, arrived.clone(), stop.clone()));
        tasks.spawn(read(store, ledger, arrived, stop.clone()));
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

/// The writer. It stores all that is queued in one statement. It waits for no timer, so a single webhook is stored at
/// once.
async fn write(store: Store, mut queue: mpsc::Receiver<Queued>, arrived: Arc<Notify>, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            count = queue.recv_many(&mut batch, BATCH) => if count == 0 { return },
            () = stop.cancelled() => return,
        }
        let (webhooks, answers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let written = store.accept_webhooks(&webhooks, clock::now()).await;
        match &written {
            Ok(()) => tracing::trace!(count = webhooks.len(), "webhooks written"),
            Err(error) => outage::report(error, "webhooks not stored"),
        }
        arrived.notify_one();
        for answer in answers {
            // The caller may be gone; Vipps MobilePay then sends the webhook again.
            let _ = answer.send(written.is_ok());
        }
    }
}

/// The chore that deletes webhooks some time after they were processed.
pub fn sweep_chore(store: &Store) -> Chore {
    Chore::deleting("forget webhooks", store, RETENTION_MS, |store, before, most| async move {
        store.prune_webhooks(before, most).await
    })
}

/// The reader. It takes the oldest first, many concurrently. Each row is settled in the transaction of the change that
/// it led to.
async fn read(store: Store, ledger: Ledger, arrived: Arc<Notify>, stop: CancellationToken) {
    loop {
        // Created before the query, so that a webhook that arrives in between still wakes the reader.
        let next = arrived.notified();
        match drain(&store, &ledger, &stop).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => outage::report(&error, "inbox not read"),
        }
        tokio::select! {
            () = next => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn drain(store: &Store, ledger: &Ledger, stop: &CancellationToken) -> Result<usize, store::Error> {
    let until = Instant::now() + Duration::from_millis(LEASE_MS.unsigned_abs());
    let waiting = store.claim_webhooks(100, LEASE_MS, clock::now()).await?;
    let settling = stream::iter(waiting).map(|webhook: ClaimedWebhook| async move {
        // One that fails stays in the inbox and does not block the others.
        let settling = || settle(store, ledger, &webhook);
        let settled = outage::retry_until("webhook not processed", until, stop, settling).await;
        if let Err(error) = &settled {
            tracing::error!(reference = webhook.reference, %error, "webhook not processed");
        }
        usize::from(settled.is_ok())
    });
    Ok(settling.buffer_unordered(CONCURRENCY).fold(0, async |settled, one| settled + one).await)
}

async fn settle(store: &Store, ledger: &Ledger, webhook: &ClaimedWebhook) -> Result<(), ledger::Error> {
    let ClaimedWebhook { id, sales_unit, reference, name } = webhook;
    let cause = Cause::Inbox(*id);
    let Some((checkout, trace_id)) = store.trace_of(reference).await? else {
        tracing::warn!(sales_unit, reference, name, "webhook for an unknown payment");
        return Ok(store.settle(&cause, "unknown reference", clock::now()).await?);
    };
    signal(store, ledger, webhook, checkout).instrument(trace::of_webhook(checkout, trace_id.as_deref())).await
}

async fn signal(
    store: &Store,
    ledger: &Ledger,
    webhook: &ClaimedWebhook,
    checkout: CheckoutId,
) -> Result<(), ledger::Error> {
    let ClaimedWebhook { id, reference, name, .. } = webhook;
    let cause = Cause::Inbox(*id);
    tracing::debug!(reference, name, "webhook");
    if name == "CREATED" {
        // The answer to the create request says the same.
        store.settle(&cause, "nothing new", clock::now()).await?;
        tracing::trace!("cause settled");
        return Ok(());
    }
    let signal = Input::Payment(Reference::from(reference.clone()), Update::Signal);
    match ledger.apply(checkout, signal, cause.clone()).await {
        // It can never be decoded. Settle it, so that it does not block the others.
        Err(ledger::Error::Store(error @ store::Error::Document(_))) => {
            tracing::error!(reference, %error, "webhook for a checkout that cannot be decoded");
            Ok(store.settle(&cause, "checkout does not read", clock::now()).await?)
        }
        other => other.map(drop),
    }
}
