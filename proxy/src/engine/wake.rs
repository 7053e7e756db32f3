//! Makes up for what this proxy did not commit itself: wakes its outbox and its inbox, and reads the new states for the
//! subscribers of its [hub](crate::engine::hub).
//!
//! Other proxies on the same PostgreSQL database notify this one ([`Listener`]), but a notification may get lost, and
//! commands that run beside it on a SQLite file send none. So every few seconds one query reads the versions of all
//! checkouts with a subscriber; only what has a newer version is then read, once for all its subscribers. The outbox and
//! the inbox poll by themselves.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::checkout::CheckoutId;
use crate::engine::hub::Hub;
use crate::engine::outage;
use crate::store::{Listener, Store, Wake};

/// The interval between two polls where other proxies notify this one.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// How many versions one query reads.
const VERSIONS_AT_ONCE: usize = 5_000;
/// How many checkouts are read at the same time.
const READS_AT_ONCE: usize = 4;

/// What a notification wakes.
#[derive(Clone, Debug)]
pub struct WakeUps {
    /// The streams of pages and of the shop's machines.
    pub hub: Hub,
    /// The outbox.
    pub due: Arc<Notify>,
    /// The inbox.
    pub arrived: Arc<Notify>,
}

/// Starts to listen, where the database has a listener (PostgreSQL), and to poll, until `stop` is cancelled. Without a listener it polls
/// every `quiet`.
pub fn start(store: &Store, wake_ups: &WakeUps, quiet: Duration, stop: &CancellationToken, tasks: &TaskTracker) {
    let (found, newer) = mpsc::channel(VERSIONS_AT_ONCE);
    let watched = Watched { store: store.clone(), hub: wake_ups.hub.clone(), found };
    let mut every = quiet;
    if let Some(listener) = store.listener() {
        every = POLL_EVERY;
        let listening = listen(watched.clone(), listener, wake_ups.clone());
        tasks.spawn(stop.clone().run_until_cancelled_owned(listening));
    }
    tasks.spawn(stop.clone().run_until_cancelled_owned(poll(watched, every)));
    tasks.spawn(stop.clone().run_until_cancelled_owned(read(store.clone(), wake_ups.hub.clone(), newer)));
}

async fn listen(watched: Watched, mut listener: Listener, wake_ups: WakeUps) {
    loop {
        match listener.next().await {
            Wake::Checkout(id, version, effects) => {
                watched.has_version(id, version).await;
                if effects {
                    wake_ups.hub.publish_events();
                    wake_ups.due.notify_one();
                }
            }
            Wake::Anything => {
                wake_ups.due.notify_one();
                wake_ups.arrived.notify_one();
                wake_ups.hub.publish_events();
                watched.catch_up().await;
            }
        }
    }
}

async fn poll(watched: Watched, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        watched.catch_up().await;
    }
}

/// The checkouts with a subscriber.
#[derive(Clone)]
struct Watched {
    store: Store,
    hub: Hub,
    /// The checkouts that are to be read.
    found: mpsc::Sender<(CheckoutId, u32)>,
}

impl Watched {
    /// Takes note of a version that is in the database.
    async fn has_version(&self, id: CheckoutId, version: u32) {
        if self.hub.lacks(id, version) {
            // It fails only when the proxy stops.
            let _ = self.found.send((id, version)).await;
        }
    }

    /// Compares all with the database. What fails is made up for by the next poll.
    async fn catch_up(&self) {
        for known in self.hub.subscribed().chunks(VERSIONS_AT_ONCE) {
            let ids: Vec<_> = known.iter().map(|(id, _)| *id).collect();
            let versions = match self.store.versions(&ids).await {
                Ok(versions) => versions,
                Err(error) => return outage::report(&error, "versions of checkouts not read"),
            };
            deleted(known, &versions).for_each(|id| self.hub.end(id));
            for (id, version) in versions {
                self.has_version(id, version).await;
            }
        }
    }
}

/// The checkouts that are not in the database any more. One that nobody had read before the query may have been created since.
fn deleted(known: &[(CheckoutId, u32)], found: &[(CheckoutId, u32)]) -> impl Iterator<Item = CheckoutId> {
    let there: HashSet<_> = found.iter().map(|(id, _)| *id).collect();
    known.iter().filter(move |(id, version)| *version > 0 && !there.contains(id)).map(|(id, _)| *id)
}

/// Reads and publishes what has a newer version, unless it was published meanwhile.
async fn read(store: Store, hub: Hub, newer: mpsc::Receiver<(CheckoutId, u32)>) {
    let newer = unfold(newer, async |mut newer| Some((newer.recv().await?, newer)));
    let reading = newer.for_each_concurrent(READS_AT_ONCE, async |(id, version)| {
        if hub.lacks(id, version) {
            match store.checkout(id).await {
                Ok(Some(stored)) => hub.publish(&stored.checkout),
                Ok(None) => hub.end(id),
                Err(error) => outage::report(&error, "checkout not read"),
            }
        }
    });
    reading.await;
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_created_while_the_database_is_asked_is_not_taken_for_deleted() {
        let [read, new, there] = [1, 2, 3].map(|nth| CheckoutId(Uuid::from_u128(nth)));
        let known = [(read, 4), (new, 0), (there, 1)];
        assert_eq!(deleted(&known, &[(there, 2)]).collect::<Vec<_>>(), [read]);
    }
}
