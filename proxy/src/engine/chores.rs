//! Scheduled jobs ("chores"). Each one runs at its own interval, on one proxy at a time.
//!
//! The store holds when a chore is due. A proxy claims it with a lease as long as the chore's timeout. If that proxy
//! dies, the lease expires and the chore runs again. So a chore must be idempotent.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::clock;
use crate::store::Store;

/// The longest pause between two polls for a due chore, so that this proxy takes over from one that died.
const POLL_EVERY: Duration = Duration::from_secs(60);

/// The result of one run.
pub type ChoreResult = Result<(), Box<dyn Error + Send + Sync>>;

/// A job that is run at an interval.
pub struct Chore {
    name: &'static str,
    every: Duration,
    timeout: Duration,
    work: Box<dyn Fn() -> Pin<Box<dyn Future<Output = ChoreResult> + Send>> + Send + Sync>,
}

impl Chore {
    /// Runs `work` every `every`, the first time at once, for `timeout` at most. A run that fails is retried after
    /// `timeout`, or after `every` where that is shorter.
    pub fn new<F>(
        name: &'static str,
        every: Duration,
        timeout: Duration,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ChoreResult> + Send + 'static,
    {
        Self { name, every, timeout, work: Box::new(move || Box::pin(work())) }
    }

    async fn run(self, store: Store) {
        loop {
            if let Err(error) = self.run_if_due(&store).await {
                tracing::error!(chore = self.name, %error, "chore failed");
            }
            tokio::time::sleep(self.every.min(POLL_EVERY)).await;
        }
    }

    async fn run_if_due(&self, store: &Store) -> ChoreResult {
        let started_at = clock::now();
        let (every_ms, lease_ms) = (milliseconds(self.every), milliseconds(self.timeout.min(self.every)));
        if !store.claim_chore(self.name, every_ms, lease_ms, started_at).await? {
            return Ok(());
        }
        tokio::time::timeout(self.timeout, (self.work)()).await??;
        store.postpone_chore(self.name, started_at.plus_ms(every_ms)).await?;
        tracing::debug!(chore = self.name, latency_ms = clock::now().0 - started_at.0, "chore done");
        Ok(())
    }
}

/// Starts the chores. When `stop` is cancelled, running ones are dropped at once.
pub fn start(store: &Store, chores: Vec<Chore>, stop: &CancellationToken, tasks: &TaskTracker) {
    for chore in chores {
        tasks.spawn(stop.clone().run_until_cancelled_owned(chore.run(store.clone())));
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}
