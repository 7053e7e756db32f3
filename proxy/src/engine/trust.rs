//! Keeps the [record](crate::checkout::trust) of each sales unit's webhooks, for this proxy, in memory.
//!
//! A poll that a webhook caused is a proof. Any other poll that finds the end of a payment's wait is a doubt: the webhook may be right behind
//! it, or have come to another proxy. So after a while the inbox is asked. When trust is lost, the planned polls of the sales unit's waiting
//! payments are brought forward, since their webhooks may be lost too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::clock;
use crate::checkout::trust::Trust;
use crate::checkout::{Polling, Reference};
use crate::engine::handover::Handover;
use crate::observe::throttle::Throttle;
use crate::store::{self, Store};

/// The end of a payment's wait that no webhook is known to have told of.
#[derive(Debug)]
struct Doubt {
    sales_unit: String,
    reference: Reference,
    /// When the inbox is asked.
    at: Instant,
}

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Trusts {
    units: Arc<Mutex<HashMap<String, Trust>>>,
    doubts: mpsc::UnboundedSender<Doubt>,
    grace: Duration,
}

impl Trusts {
    /// Starts to keep records. A webhook may be `grace` behind the poll that found what it tells of.
    pub fn start(
        store: Store,
        handover: Handover,
        grace: Duration,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (sender, doubts) = mpsc::unbounded_channel();
        let trusts = Self { units: Arc::default(), doubts: sender, grace };
        tasks.spawn(stop.clone().run_until_cancelled_owned(trusts.clone().settle_all(store, handover, doubts)));
        trusts
    }

    /// How the payments of a sales unit are polled.
    pub fn polling(&self, polling: Polling, sales_unit: &str) -> Polling {
        Polling { rarely: self.of(sales_unit).is_earned(), ..polling }
    }

    /// Whether a sales unit's webhooks are trusted.
    pub fn is_earned(&self, sales_unit: &str) -> bool {
        self.of(sales_unit).is_earned()
    }

    /// A poll that a webhook caused has found the end of a wait.
    pub fn proven(&self, sales_unit: &str) {
        self.change(sales_unit, Trust::proven);
    }

    /// Another poll has found the end of a wait.
    pub fn doubt(&self, sales_unit: &str, reference: &Reference) {
        let at = Instant::now() + self.grace;
        // After the end nobody asks any more.
        let _ = self.doubts.send(Doubt { sales_unit: sales_unit.to_owned(), reference: reference.clone(), at });
    }

    async fn settle_all(self, store: Store, handover: Handover, mut doubts: mpsc::UnboundedReceiver<Doubt>) {
        static LINES: Throttle = Throttle::new(1);
        // Each waits for the same time, so the first is due first.
        while let Some(doubt) = doubts.recv().await {
            tokio::time::sleep_until(doubt.at).await;
            if let Err(error) = self.settle(&store, &handover, &doubt).await
                && let Some(suppressed) = LINES.passes()
            {
                tracing::warn!(%error, suppressed, "inbox not asked for a webhook");
            }
        }
    }

    async fn settle(&self, store: &Store, handover: &Handover, doubt: &Doubt) -> Result<(), store::Error> {
        let Doubt { sales_unit, reference, .. } = doubt;
        if store.was_told(sales_unit, reference).await? {
            self.proven(sales_unit);
            return Ok(());
        }
        if self.change(sales_unit, Trust::lost).is_earned() {
            tracing::warn!(
                sales_unit,
                "a webhook was lost: payments are polled often until webhooks have proven themselves"
            );
            let now = clock::now();
            store.bring_polls_forward(sales_unit, now).await?;
            handover.planned(now);
        }
        Ok(())
    }

    fn of(&self, sales_unit: &str) -> Trust {
        self.lock().get(sales_unit).copied().unwrap_or_default()
    }

    /// Changes a record. Returns what it was.
    fn change(&self, sales_unit: &str, how: impl FnOnce(Trust) -> Trust) -> Trust {
        let mut units = self.lock();
        let before = units.get(sales_unit).copied().unwrap_or_default();
        units.insert(sales_unit.to_owned(), how(before));
        before
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Trust>> {
        self.units.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
