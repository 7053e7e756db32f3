//! Hands the effects of a commit to the [outbox](crate::engine::outbox) of the same process, without a query.
//!
//! An effect that is due at once is born claimed: the commit writes the lease, and the ledger hands the claim over right after it, with the
//! state that was committed. Of an effect that is due later only the time is handed over. The table decides all the same: it has what is due
//! later, what processes without an outbox have planned, and what the dead have left.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::checkout::{Checkout, Moment};
use crate::store::ClaimedEffect;

/// An effect that was born claimed.
#[derive(Debug)]
pub struct Handed {
    /// The effect, and the right to settle it.
    pub claimed: ClaimedEffect,
    /// The state that was committed with it.
    pub state: Arc<Checkout>,
    /// When its lease ends.
    pub until: std::time::Instant,
}

/// The ledger's end; clones share it.
#[derive(Clone, Debug)]
pub struct Handover {
    queue: mpsc::UnboundedSender<Handed>,
    lease: Duration,
    due: Arc<Due>,
    stop: CancellationToken,
}

impl Handover {
    /// Makes both ends. Effects are born claimed for `lease`, until `stop` is cancelled. `look` is notified by others who have written to the
    /// table.
    pub fn new(lease: Duration, look: Arc<Notify>, stop: &CancellationToken) -> (Self, Receiver) {
        let (sender, queue) = mpsc::unbounded_channel();
        let due = Arc::new(Due { next: AtomicI64::new(i64::MAX), sooner: Notify::new(), look });
        let handover = Self { queue: sender, lease, due: due.clone(), stop: stop.clone() };
        (handover, Receiver { queue, lease, due })
    }

    /// The lease of an effect that is committed now; `None` once the proxy stops.
    pub fn lease(&self) -> Option<Duration> {
        (!self.stop.is_cancelled()).then_some(self.lease)
    }

    /// Hands an effect over. It comes back when the outbox takes no more, since the proxy has stopped in the meantime.
    pub fn give(&self, handed: Handed) -> Option<Handed> {
        self.queue.send(handed).err().map(|refused| refused.0)
    }

    /// An effect of the table is due at that time.
    pub fn planned(&self, due_at: Moment) {
        self.due.planned(due_at);
    }
}

/// The outbox's end.
#[derive(Debug)]
pub struct Receiver {
    /// The effects. All of them are claimed.
    pub queue: mpsc::UnboundedReceiver<Handed>,
    /// How long a claim is valid.
    pub lease: Duration,
    /// When the table has something due.
    pub due: Arc<Due>,
}

/// When the table of effects is to be read next.
#[derive(Debug)]
pub struct Due {
    /// When the next effect is due, as far as this process knows, in milliseconds since 1970.
    next: AtomicI64,
    /// Notified when that became sooner.
    sooner: Notify,
    /// Notified by whoever wrote to the table without saying when it is due.
    look: Arc<Notify>,
}

impl Due {
    /// An effect is due at that time.
    pub fn planned(&self, due_at: Moment) {
        if self.next.fetch_min(due_at.0, Ordering::AcqRel) > due_at.0 {
            self.sooner.notify_one();
        }
    }

    /// Called before the table is read: what is planned from now on counts again.
    pub fn forget(&self) {
        self.next.store(i64::MAX, Ordering::Release);
    }

    /// Waits until the next effect is due, for `most_ms` milliseconds at most. `now` reads the clock.
    pub async fn wait(&self, most_ms: i64, now: impl Fn() -> Moment) {
        let latest = Instant::now() + milliseconds(most_ms);
        loop {
            let wait_ms = self.next.load(Ordering::Acquire).saturating_sub(now().0);
            let end = latest.min(Instant::now() + milliseconds(wait_ms.min(most_ms)));
            tokio::select! {
                () = self.sooner.notified() => {}
                () = self.look.notified() => return,
                () = tokio::time::sleep_until(end) => return,
            }
        }
    }
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(ms.max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn due() -> Due {
        Due { next: AtomicI64::new(i64::MAX), sooner: Notify::new(), look: Arc::default() }
    }

    #[tokio::test]
    async fn the_table_is_read_when_the_soonest_effect_is_due() {
        const AN_HOUR_MS: i64 = 3_600_000;
        let (due, now) = (due(), Moment(1_000));
        assert!(due.wait(AN_HOUR_MS, || now).now_or_never().is_none());
        due.planned(now.plus_ms(AN_HOUR_MS));
        assert!(due.wait(AN_HOUR_MS, || now).now_or_never().is_none());
        let mut waiting = Box::pin(due.wait(AN_HOUR_MS, || now));
        assert!((&mut waiting).now_or_never().is_none());
        due.planned(now);
        due.planned(now.plus_ms(AN_HOUR_MS));
        waiting.await;
        due.wait(AN_HOUR_MS, || now).await;
        due.forget();
        assert!(due.wait(AN_HOUR_MS, || now).now_or_never().is_none());
        due.wait(1, || now).await;
        due.look.notify_one();
        due.wait(AN_HOUR_MS, || now).await;
    }

    #[tokio::test]
    async fn nothing_is_born_claimed_once_the_proxy_stops() {
        let stop = CancellationToken::new();
        let (handover, receiver) = Handover::new(Duration::from_secs(1), Arc::default(), &stop);
        assert_eq!(handover.lease(), Some(Duration::from_secs(1)));
        stop.cancel();
        assert_eq!(handover.lease(), None);
        assert_eq!(receiver.lease, Duration::from_secs(1));
    }
}
