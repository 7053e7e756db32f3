//! The connections of one proxy to the server, none of which is waited for without end.
//!
//! A server that vanishes (a silent fail-over, a lost entry of a NAT table) leaves connections that never answer, while new ones work. So
//! each method of the store has a deadline, and each connection that is put back is tested within another one; a connection that does not
//! answer is closed, and the pool opens a new one in its place. The server ends what takes too long by itself a little earlier, so a slow
//! statement costs no connection.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::PgConnection;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::store::Error;

/// The deadline of each method of a proxy's store. Vipps MobilePay waits ten seconds for the answer to a webhook.
pub(super) const DEADLINE: Duration = Duration::from_secs(8);
/// The same for a command, for which no customer waits.
pub(super) const COMMAND_DEADLINE: Duration = Duration::from_secs(10 * 60);
/// How long to wait for a free connection, or for a new one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that is put back may take to answer.
const RETURN_TIMEOUT: Duration = Duration::from_secs(2);
/// How much earlier the server ends a statement than the deadline.
const EARLIER: Duration = Duration::from_secs(1);

/// A pool of connections, each opened when it is needed.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pool: PgPool,
    deadline: Duration,
}

impl Connections {
    /// At most `most` connections to the server of a URL, for methods with this deadline.
    pub(super) async fn open(url: &str, most: u32, deadline: Duration) -> Result<Self, Error> {
        let statement_timeout = format!("{}ms", (deadline - EARLIER).as_millis());
        let options = options(url)?.options([("statement_timeout", statement_timeout)]);
        let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(Self { pool: pool.connect_with(options).await?, deadline })
    }

    /// A connection of the pool.
    pub(super) async fn get(&self) -> Result<Connection, sqlx::Error> {
        // It has room to open a connection, four KiB, which every method of the store would carry, on SQLite too.
        Ok(Connection(Box::pin(self.pool.acquire()).await?))
    }

    /// The result of a method of the store, which is dropped at the deadline: so is its connection.
    pub(super) fn in_time<T>(
        &self,
        method: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        tokio::time::timeout(self.deadline, method).map(|done| done.unwrap_or(Err(Error::TooSlow)))
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes the connections; those that do not answer are left to the system.
    pub(super) async fn close(&self) {
        if tokio::time::timeout(self.deadline.min(DEADLINE), self.pool.close()).await.is_err() {
            tracing::warn!("the database did not answer in time, and its connections are dropped");
        }
    }
}

/// One connection without a time limit for statements, for migrations.
pub(super) async fn unlimited(url: &str) -> Result<PgPool, Error> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(pool.connect_with(options(url)?).await?)
}

fn options(url: &str) -> Result<PgConnectOptions, Error> {
    // The server releases the locks of a proxy that vanished within a transaction.
    Ok(PgConnectOptions::from_str(url)?
        .application_name("kvitt")
        .options([("idle_in_transaction_session_timeout", "10s")]))
}

/// A connection that goes back into the pool when it is dropped, if it still answers.
pub(super) struct Connection(PoolConnection<sqlx::Postgres>);

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The pool's own test has no time limit. A future that is dropped closes the connection.
        tokio::spawn(tokio::time::timeout(RETURN_TIMEOUT, self.0.return_to_pool()));
    }
}
