//! Webhooks come in here: a bounded queue, one writer that commits whatever is queued in one statement, and only then the answer to
//! the vendor. After that a second task turns each row into a signal for the ledger.
//!
//! A webhook that is not ours is acknowledged too: an error would make the vendor hold back every later event of that payment.

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

/// How long a webhook that was worked on is kept, for repeats to be known by.
const MEMORY_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How often those older than that are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// As many as one statement takes at once.
const BATCH: usize = 256;
/// Webhooks worked on at once: their commits share the wait for the disk.
const AT_ONCE: usize = 32;
/// How long the reader has for what it takes at once. One that it fails with comes again after that.
const LEASE_MS: i64 = 30_000;

/// Why a webhook was not taken. The vendor will send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The queue is full.
    Full,
    /// It could not be written down.
    NotWritten,
}

type Queued = (Webhook, oneshot::Sender<bool>);

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Inbox {
    queue: mpsc::Sender<Queued>,
}

impl Inbox {
    /// Starts the writer and the reader. They end when `stop` is cancelled, after what has been queued is written.
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
        tasks.spawn(work(store, ledger, arrived, stop.clone()));
        Self { queue: sender }
    }

    /// Whether there is no room for another webhook.
    pub fn is_full(&self) -> bool {
        self.queue.capacity() == 0
    }

    /// Takes a verified webhook; durable when it returns.
    ///
    /// # Errors
    /// [`NotTaken`], at once when the queue is full.
    pub async fn take(&self, webhook: Webhook) -> Result<(), NotTaken> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send((webhook, answer)).map_err(|_| NotTaken::Full)?;
        match answered.await {
            Ok(true) => Ok(()),
            _ => Err(NotTaken::NotWritten),
        }
    }
}

/// The writer: what is queued by now goes into one statement. No timer, so one alone does not wait.
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
            Err(error) => outage::report(error, "webhooks not written"),
        }
        arrived.notify_one();
        for answer in answers {
            // A caller that has gone away will be told again by the vendor.
            let _ = answer.send(written.is_ok());
        }
    }
}

/// The chore that forgets webhooks that have been worked on, after a while.
pub fn forgetting(store: &Store) -> Chore {
    let store = store.clone();
    Chore::new("forget webhooks", SWEEP, SWEEP, move || {
        let store = store.clone();
        async move { Ok(store.prune_webhooks(clock::now().plus_ms(-MEMORY_MS)).await?) }
    })
}

/// The reader: the oldest first, many at once, each row settled in the transaction of what it led to.
async fn work(store: Store, ledger: Ledger, arrived: Arc<Notify>, stop: CancellationToken) {
    loop {
        // Asked for before the query, so that a webhook which arrives in between is not overlooked.
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
        // One that fails stays where it is and does not hold the others up.
        let settling = || settle(store, ledger, &webhook);
        let settled = outage::sit_out("webhook not worked on", until, stop, settling).await;
        if let Err(error) = &settled {
            tracing::error!(reference = webhook.reference, %error, "webhook not worked on");
        }
        usize::from(settled.is_ok())
    });
    Ok(settling.buffer_unordered(AT_ONCE).fold(0, async |settled, one| settled + one).await)
}

async fn settle(store: &Store, ledger: &Ledger, webhook: &ClaimedWebhook) -> Result<(), ledger::Error> {
    let ClaimedWebhook { id, sales_unit, reference, name } = webhook;
    let cause = Cause::Inbox(*id);
    let Some((checkout, trace_id)) = store.trace_of(reference).await? else {
        tracing::warn!(sales_unit, reference, name, "webhook for a payment that is not ours");
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
        // Its news is the answer to our own request.
        store.settle(&cause, "nothing new", clock::now()).await?;
        tracing::trace!("cause settled");
        return Ok(());
    }
    let signal = Input::Payment(Reference::from(reference.clone()), Update::Signal);
    match ledger.apply(checkout, signal, cause.clone()).await {
        // It would never read: keep it from standing in the way of the others.
        Err(ledger::Error::Store(error @ store::Error::Document(_))) => {
            tracing::error!(reference, %error, "webhook for a checkout that does not read");
            Ok(store.settle(&cause, "checkout does not read", clock::now()).await?)
        }
        other => other.map(drop),
    }
}
