//! Publishes new versions of checkouts, and new events, to the subscribers in this process: the streams of pages and of
//! the shop's machines.
//!
//! The ledger publishes after each commit; [`wake`](crate::engine::wake) publishes what other proxies commit. A channel
//! carries only the latest version of one checkout. A subscriber subscribes first, reads the row, and reads it again
//! when the version changes. So no version is missed, a slow subscriber skips versions, and memory is bounded by the
//! number of subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::checkout::CheckoutId;

type Channels = HashMap<CheckoutId, watch::Sender<u32>>;

/// A handle; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    channels: Arc<Mutex<Channels>>,
    events: Arc<watch::Sender<()>>,
}

impl Hub {
    /// Subscribes to a checkout, from now on.
    pub fn subscribe(&self, id: CheckoutId) -> Subscription {
        let receiver = self.lock().entry(id).or_insert_with(|| watch::Sender::new(0)).subscribe();
        Subscription { id, receiver: Some(receiver), hub: self.clone() }
    }

    /// Notifies the subscribers of a checkout that a version has been committed. An older version is ignored.
    pub fn publish(&self, id: CheckoutId, version: u32) {
        if let Some(sender) = self.lock().get(&id) {
            sender.send_if_modified(|latest| {
                let newer = version > *latest;
                *latest = version.max(*latest);
                newer
            });
        }
    }

    /// Notifies the event subscribers that an event has been committed, for any order.
    pub fn publish_events(&self) {
        self.events.send_replace(());
    }

    /// Subscribes to events of all orders, from now on.
    pub fn subscribe_events(&self) -> EventSubscription {
        EventSubscription(self.events.subscribe())
    }

    /// The number of event subscriptions.
    pub fn event_subscribers(&self) -> usize {
        self.events.receiver_count()
    }

    /// The checkouts that have a subscriber.
    pub fn subscribed(&self) -> Vec<CheckoutId> {
        self.lock().keys().copied().collect()
    }

    /// The number of subscriptions to one checkout.
    pub fn subscribers_of(&self, id: CheckoutId) -> usize {
        self.lock().get(&id).map_or(0, watch::Sender::receiver_count)
    }

    /// The number of subscriptions to checkouts.
    pub fn subscribers(&self) -> usize {
        self.lock().values().map(watch::Sender::receiver_count).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription to events. Ends when it is dropped.
#[derive(Debug)]
pub struct EventSubscription(watch::Receiver<()>);

impl EventSubscription {
    /// Waits for an event after the last call, or after the subscription began.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The hub is gone: nothing will be published any more.
            std::future::pending().await
        }
    }
}

/// A subscription to one checkout. Ends when it is dropped.
#[derive(Debug)]
pub struct Subscription {
    id: CheckoutId,
    /// `None` only while it is being dropped.
    receiver: Option<watch::Receiver<u32>>,
    hub: Hub,
}

impl Subscription {
    /// Waits for a version that is committed after the last call, or after the subscription began.
    pub async fn changed(&mut self) {
        if let Some(receiver) = &mut self.receiver
            && receiver.changed().await.is_ok()
        {
            return;
        }
        // The hub removes a sender only with its last subscription, so this cannot happen while this one lives.
        std::future::pending().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.hub.lock();
        // Under the lock: when two subscriptions are dropped at once, one of them sees that it is the last.
        drop(self.receiver.take());
        if channels.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_version_published_after_subscribing_is_received_once() {
        let hub = Hub::default();
        let id = CheckoutId(Uuid::from_u128(1));
        let mut subscription = hub.subscribe(id);
        hub.publish(id, 2);
        hub.publish(id, 3);
        subscription.changed().await;
        hub.publish(id, 3);
        assert!(!subscription.receiver.as_ref().unwrap().has_changed().unwrap());
        assert_eq!(hub.subscribers(), 1);
        drop(subscription);
        assert_eq!(hub.subscribers_of(id), 0);
        assert!(hub.lock().is_empty());
    }
}
