//! Publishes what is committed to the subscribers in this process: new states of checkouts to the streams of pages and to
//! requests that wait, and the news that there are events to the streams of the shop's machines.
//!
//! The ledger publishes each state with its commit; [`wake`](crate::engine::wake) reads and publishes what other processes
//! have committed. A channel carries only the newest state of one checkout, and none as long as nothing was committed
//! since somebody subscribed.
//!
//! A subscriber subscribes first, reads the checkout once, says so ([`Subscription::has_read`]), and from then on gets
//! whatever is newer. So no state is missed, a slow subscriber skips states, nobody reads the database while nothing
//! happens, and memory is bounded by the number of subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::checkout::{Checkout, CheckoutId};

/// A committed state of a checkout, shared by all its subscribers.
#[derive(Debug)]
pub struct Published {
    /// The state.
    pub checkout: Checkout,
    rendered: OnceLock<Bytes>,
}

impl Published {
    fn new(checkout: &Checkout) -> Arc<Self> {
        Arc::new(Self { checkout: checkout.clone(), rendered: OnceLock::new() })
    }

    /// The state as its pages get it, rendered by the first that asks. It is the same for all: what it has besides the
    /// state is the token, of which each checkout has one that never changes.
    pub fn rendered(&self, render: impl FnOnce(&Checkout) -> Bytes) -> Bytes {
        self.rendered.get_or_init(|| render(&self.checkout)).clone()
    }
}

/// What the hub knows of a checkout.
#[derive(Debug, Default)]
struct Latest {
    /// The newest version that was published, or read by a subscriber; 0 before that.
    version: u32,
    /// The newest state that was published while there were subscribers.
    published: Option<Arc<Published>>,
    /// Nothing more will be published: the checkout was deleted, or the proxy stops.
    ended: bool,
}

impl Latest {
    fn is_newer_than(&self, version: u32) -> bool {
        self.published.as_ref().is_some_and(|published| published.checkout.version > version)
    }
}

/// A checkout with subscribers.
#[derive(Debug)]
struct Channel {
    sender: watch::Sender<Latest>,
    subscribers: usize,
}

#[derive(Debug, Default)]
struct Channels {
    of: HashMap<CheckoutId, Channel>,
    /// Of all channels.
    subscribers: usize,
    closed: bool,
}

/// A handle; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    channels: Arc<Mutex<Channels>>,
    events: Arc<watch::Sender<()>>,
}

impl Hub {
    /// Subscribes to a checkout, from now on.
    pub fn subscribe(&self, id: CheckoutId) -> Subscription {
        let mut channels = self.lock();
        let ended = channels.closed;
        channels.subscribers += 1;
        let channel = channels.of.entry(id).or_insert_with(|| Channel {
            sender: watch::Sender::new(Latest { ended, ..Latest::default() }),
            subscribers: 0,
        });
        channel.subscribers += 1;
        Subscription { id, receiver: channel.sender.subscribe(), hub: self.clone() }
    }

    /// Publishes a committed state to the subscribers of the checkout. One that is not newer is ignored.
    pub fn publish(&self, checkout: &Checkout) {
        let Some(sender) = self.sender(checkout.id) else { return };
        sender.send_if_modified(|latest| {
            let newer = checkout.version > latest.version;
            if newer {
                latest.version = checkout.version;
                latest.published = Some(Published::new(checkout));
            }
            newer
        });
    }

    /// Whether a checkout has subscribers who do not have this version yet.
    pub fn lacks(&self, id: CheckoutId, version: u32) -> bool {
        self.sender(id).is_some_and(|sender| sender.borrow().version < version)
    }

    /// Ends the subscriptions to a checkout that was found to be deleted. Where nobody had read it yet, it may be about to
    /// be created.
    pub fn end(&self, id: CheckoutId) {
        let Some(sender) = self.sender(id) else { return };
        sender.send_if_modified(|latest| {
            latest.ended |= latest.version > 0;
            latest.ended
        });
    }

    /// Ends all subscriptions to checkouts, also those to come: the proxy stops.
    pub fn close(&self) {
        let mut channels = self.lock();
        channels.closed = true;
        channels.of.values().for_each(|channel| channel.sender.send_modify(|latest| latest.ended = true));
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

    /// The checkouts that have a subscriber, and the newest version that was published or read; 0 where nobody has read it yet.
    pub fn subscribed(&self) -> Vec<(CheckoutId, u32)> {
        self.lock().of.iter().map(|(id, channel)| (*id, channel.sender.borrow().version)).collect()
    }

    /// The number of subscriptions to one checkout.
    pub fn subscribers_of(&self, id: CheckoutId) -> usize {
        self.lock().of.get(&id).map_or(0, |channel| channel.subscribers)
    }

    /// The number of subscriptions to checkouts.
    pub fn subscribers(&self) -> usize {
        self.lock().subscribers
    }

    fn sender(&self, id: CheckoutId) -> Option<watch::Sender<Latest>> {
        self.lock().of.get(&id).map(|channel| channel.sender.clone())
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
    receiver: watch::Receiver<Latest>,
    hub: Hub,
}

impl Subscription {
    /// Tells the hub which state the subscriber has read since the subscription began. Other subscribers, who may have
    /// read an older one, get it.
    pub fn has_read(&self, checkout: &Checkout) {
        if self.hub.subscribers_of(self.id) > 1 {
            return self.hub.publish(checkout);
        }
        let Some(sender) = self.hub.sender(self.id) else { return };
        sender.send_if_modified(|latest| {
            latest.version = latest.version.max(checkout.version);
            false
        });
    }

    /// Waits for a state that is newer than this version. `None` when there will be none.
    pub async fn newer_than(&mut self, version: u32) -> Option<Arc<Published>> {
        let latest = self.receiver.wait_for(|latest| latest.is_newer_than(version) || latest.ended).await.ok()?;
        latest.published.clone().filter(|published| published.checkout.version > version)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.hub.lock();
        channels.subscribers -= 1;
        if let Some(channel) = channels.of.get_mut(&self.id) {
            channel.subscribers -= 1;
            if channel.subscribers == 0 {
                channels.of.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
