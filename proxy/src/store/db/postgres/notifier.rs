//! Notifies the other proxies of commits (`NOTIFY`), aside from them: a notification locks the whole database until its transaction ends, so
//! within the commit it would make every other commit wait for this one's disk. All that waits is sent in one statement. What cannot be sent
//! is given up: the others poll.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use super::connection::Connections;
use super::listener::CHANNEL;
use crate::store::Wake;

/// How long one statement may take.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How many notifications wait at most, and are sent at once.
const MAX_QUEUED: usize = 256;

/// A handle to the task; clones share it. The task ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct Notifier(mpsc::Sender<Order>);

#[derive(Debug)]
enum Order {
    Wake(Wake),
    Flush(oneshot::Sender<()>),
}

impl Notifier {
    pub(super) fn start(connections: Connections, origin: Uuid) -> Self {
        let (sender, queue) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(serve(connections, origin, queue));
        Self(sender)
    }

    pub(super) fn send(&self, wake: Wake) {
        if self.0.try_send(Order::Wake(wake)).is_err() {
            tracing::debug!("too many notifications for other proxies");
        }
    }

    /// Waits until what was sent before is on its way.
    pub(super) async fn flush(&self) {
        let (reply, replied) = oneshot::channel();
        if self.0.send(Order::Flush(reply)).await.is_ok() {
            let _ = replied.await;
        }
    }
}

async fn serve(connections: Connections, origin: Uuid, mut queue: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(MAX_QUEUED);
    while queue.recv_many(&mut orders, MAX_QUEUED).await > 0 {
        let (mut payloads, mut flushes) = (Vec::new(), Vec::new());
        for order in orders.drain(..) {
            match order {
                Order::Wake(wake) => payloads.push(serde_json::to_string(&(origin, wake)).expect("plain values")),
                Order::Flush(reply) => flushes.push(reply),
            }
        }
        if !payloads.is_empty() {
            match timeout(TIMEOUT, notify(&connections, payloads)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "cannot notify other proxies"),
                Err(_) => tracing::warn!("cannot notify other proxies: no answer in time"),
            }
        }
        for reply in flushes {
            let _ = reply.send(());
        }
    }
}

async fn notify(connections: &Connections, payloads: Vec<String>) -> Result<(), sqlx::Error> {
    let notify = sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2) AS payload").bind(CHANNEL).bind(payloads);
    notify.execute(&mut *connections.get().await?).await.map(drop)
}
