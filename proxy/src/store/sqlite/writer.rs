//! The one writer. SQLite has room for one at a time, and each transaction waits for the disk; so all that is asked for by now goes into
//! one transaction and shares that wait. Nobody is told before it is on the disk.
//!
//! Each piece of work has a savepoint: one that comes to nothing leaves nothing behind and takes nobody with it. When the database
//! itself fails (a full disk ends the whole transaction), everybody in it is told so, and the next one gets a new connection.

use std::pin::Pin;
use std::sync::Arc;

use sqlx::SqliteConnection;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool, SqliteRow};
use tokio::sync::{mpsc, oneshot};

use crate::store::Error;

/// As many as one transaction takes.
const TOGETHER: usize = 64;
/// As many as may wait; who comes later waits for a place.
const WAITING: usize = 1024;

/// What came of a piece of work: to be kept, or to be undone.
pub(super) enum Work<T> {
    Keep(T),
    Undo(T),
}

/// Work on the writing connection.
pub(super) type Working<'c, T> = Pin<Box<dyn Future<Output = Result<Work<T>, Error>> + Send + 'c>>;

/// A statement with its values.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// A handle; clones share it. The writer ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Box<dyn Job>>);

impl Writer {
    pub(super) fn start(connections: SqlitePool) -> Self {
        let (sender, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(connections, waiting));
        Self(sender)
    }

    /// Does the work in the next transaction; durable when it returns.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> Working<'c, T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { work: Some(work), came_to: None, answer };
        self.0.send(Box::new(asked)).await.map_err(|_| sqlx::Error::PoolClosed)?;
        answered.await.map_err(|_| sqlx::Error::PoolClosed)?
    }

    /// Does one statement.
    pub(super) async fn execute(&self, statement: Statement) -> Result<(), Error> {
        self.write(|connection| {
            Box::pin(async move {
                statement.execute(connection).await?;
                Ok(Work::Keep(()))
            })
        })
        .await
    }

    /// Does one statement that returns rows.
    pub(super) async fn fetch_all(&self, statement: Statement) -> Result<Vec<SqliteRow>, Error> {
        self.write(|connection| Box::pin(async move { Ok(Work::Keep(statement.fetch_all(connection).await?)) })).await
    }
}

/// One piece of work among others.
trait Job: Send {
    /// Does it. True when it is to be kept.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// Tells who asked what came of it, now that the transaction is on the disk or has failed.
    fn answer(self: Box<Self>, written: Result<(), Arc<sqlx::Error>>);
}

struct Asked<T, W> {
    /// None once it has been begun.
    work: Option<W>,
    /// None as long as it has not been done.
    came_to: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<T, W> Job for Asked<T, W>
where
    T: Send,
    W: for<'c> FnOnce(&'c mut SqliteConnection) -> Working<'c, T> + Send,
{
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let work = self.work.take().expect("work is done once");
            let (keep, came_to) = match work(connection).await {
                Ok(Work::Keep(value)) => (true, Ok(value)),
                Ok(Work::Undo(value)) => (false, Ok(value)),
                Err(error) => (false, Err(error)),
            };
            self.came_to = Some(came_to);
            keep
        })
    }

    fn answer(self: Box<Self>, written: Result<(), Arc<sqlx::Error>>) {
        let came_to = match (written, self.came_to) {
            (Ok(()), Some(came_to)) => came_to,
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(Error::NotWritten(error)),
            (Ok(()), None) => unreachable!("what is written has been done"),
        };
        // Who asked may have gone away.
        let _ = self.answer.send(came_to);
    }
}

async fn write(connections: SqlitePool, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut jobs = Vec::with_capacity(TOGETHER);
    while waiting.recv_many(&mut jobs, TOGETHER).await > 0 {
        let written = transaction(&connections, &mut jobs).await.map_err(Arc::new);
        for job in jobs.drain(..) {
            job.answer(written.clone());
        }
    }
}

/// The statements are our own and not the driver's, which keeps a count of open transactions and is never right again when SQLite has
/// ended one by itself.
async fn transaction(connections: &SqlitePool, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    let mut connection = connections.acquire().await?;
    let written = all(&mut connection, jobs).await;
    if written.is_err() {
        let _ = connection.close().await;
    }
    written
}

async fn all(connection: &mut SqliteConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    say(connection, "BEGIN IMMEDIATE").await?;
    for job in jobs {
        say(connection, "SAVEPOINT work").await?;
        if !job.run(connection).await {
            say(connection, "ROLLBACK TO work").await?;
        }
        say(connection, "RELEASE work").await?;
    }
    say(connection, "COMMIT").await
}

async fn say(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}
