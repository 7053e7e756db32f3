//! The writer task (group commit). SQLite allows one writer at a time, and each transaction waits for the disk, so all writes that are
//! queued by now share one transaction. A caller gets its result only after the commit is on the disk.
//!
//! Each write has a savepoint, so one that is rolled back does not affect the others. When the database itself fails (a full disk ends the
//! whole transaction), every caller in the batch gets the error, and the next batch uses a new connection.

use std::pin::Pin;
use std::sync::Arc;

use sqlx::SqliteConnection;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool, SqliteRow};
use tokio::sync::{mpsc, oneshot};

use crate::store::Error;

/// The maximum number of writes in one transaction.
const MAX_BATCH: usize = 64;
/// The maximum number of queued writes. Further callers wait for room in the queue.
const MAX_QUEUED: usize = 1024;

/// The result of a write: whether to commit it or roll it back.
pub(super) enum Work<T> {
    Commit(T),
    Rollback(T),
}

/// A write in progress on the connection.
pub(super) type WorkFuture<'c, T> = Pin<Box<dyn Future<Output = Result<Work<T>, Error>> + Send + 'c>>;

/// A statement with its parameters.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// A handle to the writer task; clones share it. The task ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct BatchWriter(mpsc::Sender<Box<dyn Job>>);

impl BatchWriter {
    pub(super) fn start(connections: SqlitePool) -> Self {
        let (sender, queue) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(write(connections, queue));
        Self(sender)
    }

    /// Does `work` in the next transaction. The result is durable when it returns.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> WorkFuture<'c, T> + Send + 'static,
    {
        let (reply, replied) = oneshot::channel();
        let request = WriteRequest { work: Some(work), result: None, reply };
        self.0.send(Box::new(request)).await.map_err(|_| sqlx::Error::PoolClosed)?;
        replied.await.map_err(|_| sqlx::Error::PoolClosed)?
    }

    /// Executes one statement.
    pub(super) async fn execute(&self, statement: Statement) -> Result<(), Error> {
        self.write(|connection| {
            Box::pin(async move {
                statement.execute(connection).await?;
                Ok(Work::Commit(()))
            })
        })
        .await
    }

    /// Executes one statement that returns rows.
    pub(super) async fn fetch_all(&self, statement: Statement) -> Result<Vec<SqliteRow>, Error> {
        self.write(|connection| Box::pin(async move { Ok(Work::Commit(statement.fetch_all(connection).await?)) })).await
    }
}

/// One write of a batch.
trait Job: Send {
    /// Does the work. True when it is to be committed.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// Sends the caller the result, after the transaction was committed or has failed.
    fn reply(self: Box<Self>, written: Result<(), Arc<sqlx::Error>>);
}

struct WriteRequest<T, W> {
    /// `None` once it has begun.
    work: Option<W>,
    /// `None` until it is done.
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, W> Job for WriteRequest<T, W>
where
    T: Send,
    W: for<'c> FnOnce(&'c mut SqliteConnection) -> WorkFuture<'c, T> + Send,
{
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let work = self.work.take().expect("work is done once");
            let (commit, result) = match work(connection).await {
                Ok(Work::Commit(value)) => (true, Ok(value)),
                Ok(Work::Rollback(value)) => (false, Ok(value)),
                Err(error) => (false, Err(error)),
            };
            self.result = Some(result);
            commit
        })
    }

    fn reply(self: Box<Self>, written: Result<(), Arc<sqlx::Error>>) {
        let result = match (written, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(Error::NotWritten(error)),
            (Ok(()), None) => unreachable!("committed work has been done"),
        };
        // The caller may have been cancelled.
        let _ = self.reply.send(result);
    }
}

async fn write(connections: SqlitePool, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut jobs = Vec::with_capacity(MAX_BATCH);
    while queue.recv_many(&mut jobs, MAX_BATCH).await > 0 {
        let written = transaction(&connections, &mut jobs).await.map_err(Arc::new);
        for job in jobs.drain(..) {
            job.reply(written.clone());
        }
    }
}

/// Runs a batch. It does not use the driver's transactions: the driver counts open transactions, and the count stays wrong after SQLite has
/// ended one by itself.
async fn transaction(connections: &SqlitePool, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    let mut connection = connections.acquire().await?;
    let written = run_all(&mut connection, jobs).await;
    if written.is_err() {
        let _ = connection.close().await;
    }
    written
}

async fn run_all(connection: &mut SqliteConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    for job in jobs {
        execute(connection, "SAVEPOINT work").await?;
        if !job.run(connection).await {
            execute(connection, "ROLLBACK TO work").await?;
        }
        execute(connection, "RELEASE work").await?;
    }
    execute(connection, "COMMIT").await
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}
