//! A thin layer over the two databases: it binds values, reads columns, and runs writes in transactions.
//!
//! SQL that both databases understand is written once; where they differ, [`Statement::each`] has both texts side by side. A write is an
//! async function on a [`Tx`]. On PostgreSQL it waits for the server. On SQLite nothing in it waits: the [writer](sqlite) runs it to its
//! end on a thread of its own, together with all other writes that are queued by then.

mod postgres;
mod row;
mod sqlite;
mod statement;

use std::pin::Pin;

use sqlx::PgConnection;

use super::{Error, Wake};

pub use postgres::Listener;
pub(super) use postgres::Postgres;
pub(super) use row::Row;
pub(super) use sqlite::Sqlite;
pub(super) use statement::{Statement, Value};

/// A handle to one of the two; clones share it.
#[derive(Clone, Debug)]
pub(super) enum Db {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// The result of a write: whether to commit it or roll it back.
pub(super) enum Work<T> {
    Commit(T),
    Rollback(T),
}

/// A write in progress in its transaction.
pub(super) type WorkFuture<'c, T> = Pin<Box<dyn Future<Output = Result<Work<T>, Error>> + Send + 'c>>;

impl Db {
    /// Reads the first row, if there is one. For statements that find it by an index: on SQLite the calling task reads it in place.
    pub(super) async fn one<T: Send>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Option<T>, Error> {
        self.log_read(&statement);
        match self {
            Self::Sqlite(file) => file.one(&statement, read),
            Self::Postgres(server) => server.one(statement, read).await,
        }
    }

    /// Reads all rows. On SQLite a thread of its own does it.
    pub(super) async fn all<T: Send + 'static>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        self.log_read(&statement);
        match self {
            Self::Sqlite(file) => file.all(statement, read).await,
            Self::Postgres(server) => server.all(statement, read).await,
        }
    }

    /// Executes one statement. How many rows it has changed, which is durable then.
    pub(super) async fn execute(&self, statement: Statement) -> Result<u64, Error> {
        let changed = match self {
            Self::Sqlite(file) => {
                file.write(move |tx| Box::pin(async move { Ok(Work::Commit(tx.execute(statement).await?)) })).await?
            }
            Self::Postgres(server) => server.execute(statement).await?,
        };
        if changed > 0 {
            committed();
        }
        Ok(changed)
    }

    /// Executes one statement that changes rows and returns them.
    pub(super) async fn returning<T: Send + 'static>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let rows = match self {
            Self::Sqlite(file) => {
                file.write(move |tx| Box::pin(async move { Ok(Work::Commit(tx.all(statement, read).await?)) })).await?
            }
            Self::Postgres(server) => server.all(statement, read).await?,
        };
        if !rows.is_empty() {
            committed();
        }
        Ok(rows)
    }

    /// Does `work` in one transaction. What it has committed is durable then.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: for<'c, 't> FnOnce(&'c mut Tx<'t>) -> WorkFuture<'c, T> + Send + 'static,
    {
        let written = match self {
            Self::Sqlite(file) => file.write(work).await?,
            Self::Postgres(server) => server.write(work).await?,
        };
        committed();
        Ok(written)
    }

    /// Notifies other proxies on this database of a commit, some time soon.
    pub(super) fn notify(&self, wake: Wake) {
        if let Self::Postgres(server) = self {
            server.notify(wake);
        }
    }

    /// Logs the text of a statement that reads, which has no values.
    fn log_read(&self, statement: &Statement) {
        tracing::trace!(statement = statement.text(self), "database read");
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(server) => server.close().await,
        }
    }
}

/// One line for each durable commit, for the tests that count them.
fn committed() {
    tracing::trace!("database commit");
}

/// The transaction of a write.
pub(super) enum Tx<'t> {
    Sqlite(&'t mut rusqlite::Connection),
    Postgres(&'t mut PgConnection),
}

impl Tx<'_> {
    /// Executes a statement. How many rows it has changed.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, &statement),
            Self::Postgres(connection) => postgres::execute(connection, statement).await,
        }
    }

    /// The first row, if there is one.
    pub(super) async fn one<T: Send>(
        &mut self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Option<T>, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::one(connection, &statement, read),
            Self::Postgres(connection) => postgres::one(connection, statement, read).await,
        }
    }

    /// All rows.
    pub(super) async fn all<T: Send>(
        &mut self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::all(connection, &statement, read),
            Self::Postgres(connection) => postgres::all(connection, statement, read).await,
        }
    }
}
