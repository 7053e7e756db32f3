//! Scheduled jobs ("chores"). Each one runs at its own interval, on one proxy at a time.
//!
//! The store holds when a chore is due. A proxy claims it with a lease as long as the chore's timeout. If that proxy
//! dies, the lease expires and the chore runs again. So a chore must be idempotent. A chore that deletes data by its
//! age waits until the clock is known to be right.

use std::borrow::Cow;
use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::clock;
use crate::base::reference::ReferenceClock;
use crate::checkout::Moment;
use crate::store::{self, Store};

/// The longest pause between two polls for a due chore, so that this proxy takes over from one that died.
const POLL_EVERY: Duration = Duration::from_secs(60);

/// The result of one run.
pub type ChoreResult = Result<(), Box<dyn Error + Send + Sync>>;

/// The interval between two deletions of the same, and the time limit of one.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
const SWEEP_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// How many rows are deleted at once: few enough that nobody waits for it.
const SWEEP_BATCH: u32 = 200;
/// The pause before the clock is looked at again.
const CLOCK_PAUSE: Duration = Duration::from_secs(1);

/// A job that is run at an interval.
pub struct Chore {
    name: Cow<'static, str>,
    every: Duration,
    timeout: Duration,
    /// Whether it deletes data by its age.
    deletes: bool,
    /// Whether it also runs when a proxy starts.
    at_start: bool,
    work: Box<dyn Fn() -> Pin<Box<dyn Future<Output = ChoreResult> + Send>> + Send + Sync>,
}

impl Chore {
    /// Runs `work` every `every`, the first time at once, for `timeout` at most. A run that fails is retried after
    /// `timeout`, or after `every` where that is shorter.
    pub fn new<F>(
        name: impl Into<Cow<'static, str>>,
        every: Duration,
        timeout: Duration,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ChoreResult> + Send + 'static,
    {
        let work = Box::new(move || -> Pin<Box<dyn Future<Output = ChoreResult> + Send>> { Box::pin(work()) });
        Self { name: name.into(), every, timeout, deletes: false, at_start: false, work }
    }

    /// A chore that deletes what is older than `keep_ms` milliseconds. `delete` is called with that time and the most that it may delete at
    /// once, until it deletes nothing. The chore runs only while the clock is known to be right.
    pub fn deleting<F>(
        name: &'static str,
        store: &Store,
        keep_ms: i64,
        delete: impl Fn(Store, Moment, u32) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<u64, store::Error>> + Send + 'static,
    {
        let store = store.clone();
        let chore = Self::new(name, SWEEP_EVERY, SWEEP_TIMEOUT, move || {
            let (store, delete) = (store.clone(), delete.clone());
            async move {
                let before = clock::now().plus_ms(-keep_ms);
                while delete(store.clone(), before, SWEEP_BATCH).await? > 0 {}
                Ok(())
            }
        });
        chore.that_deletes()
    }

    /// The chore, as one that deletes data by its age: it runs only while the clock is known to be right.
    #[must_use]
    pub fn that_deletes(self) -> Self {
        Self { deletes: true, ..self }
    }

    /// The chore, as one that also runs whenever a proxy starts, unless another proxy is running it.
    #[must_use]
    pub fn at_each_start(self) -> Self {
        Self { at_start: true, ..self }
    }

    async fn run(self, store: Store, reference: ReferenceClock) {
        let mut starts = self.at_start;
        loop {
            if self.deletes && reference.cutoff(0).is_none() {
                tokio::time::sleep(CLOCK_PAUSE).await;
                continue;
            }
            match self.run_if_due(&store, starts).await {
                Ok(()) => starts = false,
                Err(error) => tracing::error!(chore = %self.name, %error, "chore failed"),
            }
            tokio::time::sleep(self.every.min(POLL_EVERY)).await;
        }
    }

    async fn run_if_due(&self, store: &Store, starts: bool) -> ChoreResult {
        let started_at = clock::now();
        let (every_ms, lease_ms) = (milliseconds(self.every), milliseconds(self.timeout.min(self.every)));
        // At a start a lease counts, and not when the chore is planned next. The clocks of two proxies may differ a little.
        let planned_ms = if starts { lease_ms } else { every_ms };
        if !store.claim_chore(&self.name, planned_ms, lease_ms, started_at).await? {
            return Ok(());
        }
        tokio::time::timeout(self.timeout, (self.work)()).await??;
        store.postpone_chore(&self.name, started_at.plus_ms(every_ms)).await?;
        tracing::debug!(chore = %self.name, latency_ms = clock::now().0 - started_at.0, "chore done");
        Ok(())
    }
}

/// Starts the chores. When `stop` is cancelled, running ones are dropped at once.
pub fn start(
    store: &Store,
    chores: Vec<Chore>,
    reference: &ReferenceClock,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) {
    for chore in chores {
        tasks.spawn(stop.clone().run_until_cancelled_owned(chore.run(store.clone(), reference.clone())));
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}
