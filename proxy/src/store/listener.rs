//! Receives the notifications of other proxies on the same PostgreSQL database (`LISTEN`), and reports when some may have been lost.
//!
//! It has its own connection. When that is lost it reconnects, after one second at first and one minute at most.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use uuid::Uuid;

use super::Wake;

/// The name of the notification channel.
pub(super) const CHANNEL: &str = "kvitt";
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A subscription to other proxies' commits. It connects with the first call of [`Listener::next`].
#[derive(Debug)]
pub struct Listener {
    pool: PgPool,
    origin: Uuid,
    connected: Option<PgListener>,
    wait: Duration,
}

impl Listener {
    pub(super) fn new(pool: &PgPool, origin: Uuid) -> Self {
        let one = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .max_lifetime(None)
            .idle_timeout(None);
        let pool = one.connect_lazy_with(pool.connect_options().as_ref().clone());
        Self { pool, origin, connected: None, wait: Duration::ZERO }
    }

    /// The next notification; [`Wake::Anything`] first, and after every reconnect.
    pub async fn next(&mut self) -> Wake {
        loop {
            let Some(listener) = &mut self.connected else {
                tokio::time::sleep(self.wait).await;
                match connect(&self.pool).await {
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
            match listener.try_recv().await {
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

async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
