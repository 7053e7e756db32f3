//! The writer: a thread that owns the connection for writes. SQLite allows one writer at a time, and each transaction waits for the disk,
//! so all writes that are queued by now share one transaction (group commit). A caller gets its result only after the commit is on the
//! disk.
//!
//! Each write has a savepoint, so one that is rolled back does not affect the others. When the database itself fails (a full disk ends the
//! whole transaction), every caller in the batch gets the error, and the next batch uses a new connection.

use std::sync::Arc;

use futures_util::FutureExt;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::File;
use crate::store::Error;
use crate::store::db::{Tx, Work, WorkFuture};

/// The maximum number of writes in one transaction.
const MAX_BATCH: usize = 64;
/// The maximum number of queued writes. Further callers wait for room in the queue.
const MAX_QUEUED: usize = 1024;

/// A handle to the thread; clones share it. The thread ends with the last handle, or when it is closed.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Order>);

/// What the thread is asked for.
enum Order {
    Write(Box<dyn Job>),
    Wipe(oneshot::Sender<Result<(), Error>>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(file: Arc<File>, connection: Connection) -> Result<Self, Error> {
        let (sender, queue) = mpsc::channel(MAX_QUEUED);
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(move || serve(&file, connection, queue))?;
        Ok(Self(sender))
    }

    /// Does `work` in the next transaction. The result is durable when it returns.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: for<'c, 't> FnOnce(&'c mut Tx<'t>) -> WorkFuture<'c, T> + Send + 'static,
    {
        let (reply, replied) = oneshot::channel();
        self.order(Order::Write(Box::new(Request { work: Some(work), result: None, reply }))).await?;
        replied.await.map_err(|_| Error::Closed)?
    }

    /// Rewrites the file, so that nothing is left in it of what was deleted or overwritten.
    pub(super) async fn wipe(&self) -> Result<(), Error> {
        let (reply, replied) = oneshot::channel();
        self.order(Order::Wipe(reply)).await?;
        replied.await.map_err(|_| Error::Closed)?
    }

    /// Waits for the writes that are queued, and closes the connection.
    pub(super) async fn close(&self) {
        let (reply, replied) = oneshot::channel();
        if self.order(Order::Close(reply)).await.is_ok() {
            let _ = replied.await;
        }
    }

    async fn order(&self, order: Order) -> Result<(), Error> {
        self.0.send(order).await.map_err(|_| Error::Closed)
    }
}

/// One write of a batch.
trait Job: Send {
    /// Does the work. True when it is to be committed.
    fn run(&mut self, connection: &mut Connection) -> bool;

    /// Sends the caller the result, after the transaction was committed or has failed.
    fn reply(self: Box<Self>, written: Result<(), Arc<Error>>);
}

struct Request<T, W> {
    /// `None` once it has begun.
    work: Option<W>,
    /// `None` until it is done.
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, W> Job for Request<T, W>
where
    T: Send,
    W: for<'c, 't> FnOnce(&'c mut Tx<'t>) -> WorkFuture<'c, T> + Send,
{
    fn run(&mut self, connection: &mut Connection) -> bool {
        let work = self.work.take().expect("work is done once");
        let done = work(&mut Tx::Sqlite(connection)).now_or_never().expect("on SQLite a write waits for nothing");
        let (commit, result) = match done {
            Ok(Work::Commit(value)) => (true, Ok(value)),
            Ok(Work::Rollback(value)) => (false, Ok(value)),
            Err(error) => (false, Err(error)),
        };
        self.result = Some(result);
        commit
    }

    fn reply(self: Box<Self>, written: Result<(), Arc<Error>>) {
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

/// Serves the queue until it is closed.
fn serve(file: &File, connection: Connection, mut queue: mpsc::Receiver<Order>) {
    let mut connection = Some(connection);
    let (mut orders, mut jobs) = (Vec::with_capacity(MAX_BATCH), Vec::with_capacity(MAX_BATCH));
    let mut closed = None;
    while closed.is_none() && queue.blocking_recv_many(&mut orders, MAX_BATCH) > 0 {
        let mut wipes = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Write(job) => jobs.push(job),
                Order::Wipe(reply) => wipes.push(reply),
                Order::Close(reply) => closed = Some(reply),
            }
        }
        if !jobs.is_empty() {
            let written = on(file, &mut connection, |connection| transaction(connection, &mut jobs)).map_err(Arc::new);
            for job in jobs.drain(..) {
                job.reply(written.clone());
            }
        }
        for reply in wipes {
            let wiped = on(file, &mut connection, |connection| {
                Ok(connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?)
            });
            let _ = reply.send(wiped);
        }
    }
    drop(connection);
    if let Some(reply) = closed {
        let _ = reply.send(());
    }
}

/// Works on the connection, which is opened anew after a failure.
fn on<T>(
    file: &File,
    connection: &mut Option<Connection>,
    work: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut open = connection.take().map_or_else(|| file.for_writes(), Ok)?;
    let done = work(&mut open)?;
    *connection = Some(open);
    Ok(done)
}

fn transaction(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    execute(connection, "BEGIN IMMEDIATE")?;
    if let [only] = jobs {
        let commit = only.run(connection);
        return execute(connection, if commit { "COMMIT" } else { "ROLLBACK" });
    }
    for job in jobs {
        execute(connection, "SAVEPOINT work")?;
        if !job.run(connection) {
            execute(connection, "ROLLBACK TO work")?;
        }
        execute(connection, "RELEASE work")?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &Connection, statement: &str) -> Result<(), Error> {
    connection.prepare_cached(statement)?.raw_execute()?;
    Ok(())
}
