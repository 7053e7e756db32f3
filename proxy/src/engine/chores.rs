//! What is done by the clock and by nobody's wish: each chore at its own pace, on one of the proxies at a time.
//!
//! Whose turn it is stands in the store. A chore is claimed for as long as it may take at most; one whose proxy dies in the middle is
//! done again after that. A chore must bear being done twice.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::clock;
use crate::store::Store;

/// How often one looks at most whether it is its turn: another proxy may have died.
const LOOK: Duration = Duration::from_secs(60);

/// How a chore went.
pub type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// One thing to do again and again.
pub struct Chore {
    name: &'static str,
    every: Duration,
    longest: Duration,
    work: Box<dyn Fn() -> Pin<Box<dyn Future<Output = Done> + Send>> + Send + Sync>,
}

impl Chore {
    /// `work` is to be done each `every`, the first time at once, and takes `longest` at most. One that fails comes again after
    /// `longest`, or `every` where that is shorter.
    pub fn new<F>(
        name: &'static str,
        every: Duration,
        longest: Duration,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Done> + Send + 'static,
    {
        Self { name, every, longest, work: Box::new(move || Box::pin(work())) }
    }

    async fn run(self, store: Store) {
        loop {
            if let Err(error) = self.turn(&store).await {
                tracing::error!(chore = self.name, %error, "chore failed");
            }
            tokio::time::sleep(self.every.min(LOOK)).await;
        }
    }

    async fn turn(&self, store: &Store) -> Result<(), Box<dyn Error + Send + Sync>> {
        let begun = clock::now();
        let (every_ms, lease_ms) = (milliseconds(self.every), milliseconds(self.longest.min(self.every)));
        if !store.claim_chore(self.name, every_ms, lease_ms, begun).await? {
            return Ok(());
        }
        tokio::time::timeout(self.longest, (self.work)()).await??;
        store.postpone_chore(self.name, begun.plus_ms(every_ms)).await?;
        tracing::debug!(chore = self.name, latency_ms = clock::now().0 - begun.0, "chore done");
        Ok(())
    }
}

/// Starts them. They are dropped where they stand when `stop` is cancelled.
pub fn start(store: &Store, chores: Vec<Chore>, stop: &CancellationToken, tasks: &TaskTracker) {
    for chore in chores {
        tasks.spawn(stop.clone().run_until_cancelled_owned(chore.run(store.clone())));
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}
