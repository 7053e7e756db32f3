//! Who is watching which checkout, and who listens for events, in this process.
//!
//! One `watch` channel a checkout carries the latest version and nothing else: a watcher subscribes first, reads the row, and reads
//! again when the version moves. So nothing can be missed, a slow reader skips, and memory is bounded by the number of watchers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::checkout::CheckoutId;

type Watched = HashMap<CheckoutId, watch::Sender<u32>>;

/// A handle; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    watched: Arc<Mutex<Watched>>,
    events: Arc<watch::Sender<()>>,
}

impl Hub {
    /// Watches a checkout from now on.
    pub fn watch(&self, id: CheckoutId) -> Watcher {
        let receiver = self.lock().entry(id).or_insert_with(|| watch::Sender::new(0)).subscribe();
        Watcher { id, receiver: Some(receiver), hub: self.clone() }
    }

    /// Tells the watchers that a version has been committed.
    pub fn publish(&self, id: CheckoutId, version: u32) {
        if let Some(sender) = self.lock().get(&id) {
            sender.send_if_modified(|latest| {
                let newer = version > *latest;
                *latest = version.max(*latest);
                newer
            });
        }
    }

    /// Tells those who listen that something has happened to some order.
    pub fn announce(&self) {
        self.events.send_replace(());
    }

    /// Listens for events from now on.
    pub fn listen(&self) -> Listening {
        Listening(self.events.subscribe())
    }

    /// How many are listening for events.
    pub fn listeners(&self) -> usize {
        self.events.receiver_count()
    }

    /// What is being watched.
    pub fn watched(&self) -> Vec<CheckoutId> {
        self.lock().keys().copied().collect()
    }

    /// How many are watching one checkout.
    pub fn watchers_of(&self, id: CheckoutId) -> usize {
        self.lock().get(&id).map_or(0, watch::Sender::receiver_count)
    }

    /// How many are watching in all.
    pub fn watchers(&self) -> usize {
        self.lock().values().map(watch::Sender::receiver_count).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who listens for events, until dropped.
#[derive(Debug)]
pub struct Listening(watch::Receiver<()>);

impl Listening {
    /// Waits until something has happened since the last call, or since the listening began.
    pub async fn announced(&mut self) {
        if self.0.changed().await.is_err() {
            // There is no hub any more that could say so.
            std::future::pending().await
        }
    }
}

/// One who watches, until dropped.
#[derive(Debug)]
pub struct Watcher {
    id: CheckoutId,
    /// Gone only in the middle of the drop.
    receiver: Option<watch::Receiver<u32>>,
    hub: Hub,
}

impl Watcher {
    /// Waits until a version has been committed since the last call, or since the watch began.
    pub async fn changed(&mut self) {
        if let Some(receiver) = &mut self.receiver
            && receiver.changed().await.is_ok()
        {
            return;
        }
        // The hub drops a sender only with its last watcher, which is not before this one.
        std::future::pending().await
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watched = self.hub.lock();
        // Within the lock, so that of two that go at once one is the last.
        drop(self.receiver.take());
        if watched.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            watched.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_version_published_after_the_watch_began_is_seen_once() {
        let hub = Hub::default();
        let id = CheckoutId(Uuid::from_u128(1));
        let mut watcher = hub.watch(id);
        hub.publish(id, 2);
        hub.publish(id, 3);
        watcher.changed().await;
        hub.publish(id, 3);
        assert!(!watcher.receiver.as_ref().unwrap().has_changed().unwrap());
        assert_eq!(hub.watchers(), 1);
        drop(watcher);
        assert_eq!(hub.watchers_of(id), 0);
        assert!(hub.lock().is_empty());
    }
}
