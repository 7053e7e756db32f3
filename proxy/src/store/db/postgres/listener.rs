//! Receives the notifications of other proxies on the same PostgreSQL database (`LISTEN`), and reports when some may have been lost.
//!
//! It has its own connection, which is tested when nothing has arrived for a while: a server that vanished says nothing. When the connection
//! is lost it reconnects, after one second at first and one minute at most.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPool, PgPoolOptions};
use tokio::time::timeout;
use uuid::Uuid;

use crate::store::Wake;

/// The name of the notification channel.
pub(super) const CHANNEL: &str = "kvitt";
/// After this long without a notification the connection is tested.
const QUIET: Duration = Duration::from_secs(5);
/// How long the test may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(3);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A subscription to other proxies' commits. It connects with the first call of [`Listener::next`].
#[derive(Debug)]
pub struct Listener {
    options: PgConnectOptions,
    origin: Uuid,
    connected: Option<PgListener>,
    wait: Duration,
}

impl Listener {
    pub(super) fn new(pool: &PgPool, origin: Uuid) -> Self {
        Self { options: pool.connect_options().as_ref().clone(), origin, connected: None, wait: Duration::ZERO }
    }

    /// The next notification; [`Wake::Anything`] first, and after every reconnect.
    pub async fn next(&mut self) -> Wake {
        loop {
            let Some(listener) = &mut self.connected else {
                tokio::time::sleep(self.wait).await;
                match connect(&self.options).await {
                    Ok(listener) => {
                        self.connected = Some(listener);
                        self.wait = Duration::ZERO;
                        return Wake::Anything;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot listen for other proxies' commits");
                        self.wait = (self.wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT);
                    }
                }
                continue;
            };
            match received(listener).await {
                Ok(Some(notification)) => match serde_json::from_str::<(Uuid, Wake)>(notification.payload()) {
                    Ok((origin, _)) if origin == self.origin => {}
                    Ok((_, wake)) => return wake,
                    // Another release may send another form.
                    Err(_) => return Wake::Anything,
                },
                Ok(None) | Err(_) => {
                    tracing::info!("the connection that listens for other proxies' commits was lost");
                    self.connected = None;
                    self.wait = FIRST_WAIT;
                }
            }
        }
    }
}

/// The next notification. `None` when the connection was lost.
async fn received(listener: &mut PgListener) -> Result<Option<PgNotification>, sqlx::Error> {
    loop {
        if let Ok(received) = timeout(QUIET, listener.try_recv()).await {
            return received;
        }
        // A notification that arrives meanwhile is kept for the next turn.
        match timeout(TEST_TIMEOUT, sqlx::query("SELECT 1").execute(&mut *listener)).await {
            Ok(tested) => {
                tested?;
            }
            Err(_) => return Ok(None),
        }
    }
}

/// Connects by a pool of its own each time: a listener that is dropped says good-bye first, and one whose server is silent would keep its place in
/// the pool until the system gives that connection up.
async fn connect(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5)).max_lifetime(None);
    let pool = one.idle_timeout(None).connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
