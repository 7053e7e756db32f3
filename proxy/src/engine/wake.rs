//! Wakes this proxy after commits of other proxies on the same database: its outbox, its inbox, and the subscribers of
//! its [hub](crate::engine::hub).
//!
//! Notifications come from PostgreSQL ([`Listener`]) and may get lost. So every few seconds one query also reads the
//! versions of all checkouts with a subscriber. The outbox and the inbox poll by themselves. With SQLite there is one
//! proxy, and nothing to do here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::hub::Hub;
use crate::engine::outage;
use crate::store::{Listener, Store, Wake};

/// The interval between two polls of the checkouts with subscribers.
const POLL_EVERY: Duration = Duration::from_secs(5);

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

/// Starts to listen until `stop` is cancelled, where the database has a listener (PostgreSQL).
pub fn start(store: &Store, wake_ups: &WakeUps, stop: &CancellationToken, tasks: &TaskTracker) {
    let Some(listener) = store.listener() else { return };
    let listening = listen(store.clone(), listener, wake_ups.clone());
    let polling = poll(store.clone(), wake_ups.hub.clone());
    tasks.spawn(stop.clone().run_until_cancelled_owned(listening));
    tasks.spawn(stop.clone().run_until_cancelled_owned(polling));
}

async fn listen(store: Store, mut listener: Listener, wake_ups: WakeUps) {
    loop {
        match listener.next().await {
            Wake::Checkout(id, version, effects) => {
                wake_ups.hub.publish(id, version);
                if effects {
                    wake_ups.hub.publish_events();
                    wake_ups.due.notify_one();
                }
            }
            Wake::Anything => {
                wake_ups.due.notify_one();
                wake_ups.arrived.notify_one();
                wake_ups.hub.publish_events();
                catch_up(&store, &wake_ups.hub).await;
            }
        }
    }
}

async fn poll(store: Store, hub: Hub) {
    loop {
        tokio::time::sleep(POLL_EVERY).await;
        catch_up(&store, &hub).await;
    }
}

/// Publishes the current versions of all checkouts with a subscriber.
async fn catch_up(store: &Store, hub: &Hub) {
    let subscribed = hub.subscribed();
    if subscribed.is_empty() {
        return;
    }
    match store.versions(&subscribed).await {
        Ok(versions) => versions.into_iter().for_each(|(id, version)| hub.publish(id, version)),
        Err(error) => outage::report(&error, "versions of checkouts not read"),
    }
}
