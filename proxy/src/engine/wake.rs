//! Wakes this proxy for what another one on the same database has committed: its worker, its inbox, and those that it streams to.
//!
//! Being told is quick but may fail, so every few seconds the watched checkouts are looked at as well, all in one query. Worker and
//! inbox look by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::hub::Hub;
use crate::engine::outage;
use crate::store::{Listener, Store, Wake};

/// How often the watched checkouts are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// What is woken.
#[derive(Clone, Debug)]
pub struct Sleepers {
    /// The pages, and the shop's machines.
    pub hub: Hub,
    /// The worker.
    pub due: Arc<Notify>,
    /// The inbox.
    pub arrived: Arc<Notify>,
}

/// Starts to listen, where there is anybody to listen to, until `stop` is cancelled.
pub fn start(store: &Store, sleepers: &Sleepers, stop: &CancellationToken, tasks: &TaskTracker) {
    let Some(listener) = store.listener() else { return };
    let listening = listen(store.clone(), listener, sleepers.clone());
    let looking = look(store.clone(), sleepers.hub.clone());
    tasks.spawn(stop.clone().run_until_cancelled_owned(listening));
    tasks.spawn(stop.clone().run_until_cancelled_owned(looking));
}

async fn listen(store: Store, mut listener: Listener, sleepers: Sleepers) {
    loop {
        match listener.next().await {
            Wake::Checkout(id, version, effects) => {
                sleepers.hub.publish(id, version);
                if effects {
                    sleepers.hub.announce();
                    sleepers.due.notify_one();
                }
            }
            Wake::Inbox => sleepers.arrived.notify_one(),
            Wake::Anything => {
                sleepers.due.notify_one();
                sleepers.arrived.notify_one();
                sleepers.hub.announce();
                catch_up(&store, &sleepers.hub).await;
            }
        }
    }
}

async fn look(store: Store, hub: Hub) {
    loop {
        tokio::time::sleep(EVERY).await;
        catch_up(&store, &hub).await;
    }
}

/// Publishes what the watched checkouts have come to.
async fn catch_up(store: &Store, hub: &Hub) {
    let watched = hub.watched();
    if watched.is_empty() {
        return;
    }
    match store.versions(&watched).await {
        Ok(versions) => versions.into_iter().for_each(|(id, version)| hub.publish(id, version)),
        Err(error) => outage::report(&error, "watched checkouts not looked at"),
    }
}
