//! The shared database: a PostgreSQL server, for several proxies.
//!
//! A claim takes rows that no other proxy has locked (`SKIP LOCKED`) and gives them a lease, so that no lock is held while the work is
//! done. After a commit the other proxies are [notified](notifier). Polling recovers a lost notification. No call waits for the server
//! longer than its [deadline](connection).

mod connection;
mod listener;
mod notifier;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::migrate::Migrator;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, Encode, PgConnection, Type};
use uuid::Uuid;

use super::statement::{Statement, Value};
use super::{Row, Tx, Work, WorkFuture};
use crate::store::{Error, Wake, migration_error};
use connection::{COMMAND_DEADLINE, Connections, DEADLINE};
use notifier::Notifier;

pub use listener::Listener;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");
/// The maximum number of connections of one proxy, besides the one that listens.
const CONNECTIONS: u32 = 10;
/// The same of a command.
const COMMAND_CONNECTIONS: u32 = 2;

/// The connections of one proxy.
#[derive(Clone, Debug)]
pub(in crate::store) struct Postgres {
    connections: Connections,
    /// The id of this process. Its own notifications are ignored.
    origin: Uuid,
    notifier: Notifier,
}

impl Postgres {
    /// Connects to the server of a URL and migrates the database.
    pub(in crate::store) async fn open(url: &str) -> Result<Self, Error> {
        let unlimited = connection::unlimited(url).await?;
        let migrated = MIGRATIONS.run(&unlimited).await;
        // The lock of the migrations belongs to the connection, and would outlive a failure.
        unlimited.close().await;
        migrated.map_err(|error| migration_error(error, &MIGRATIONS))?;
        Ok(Self::on(Connections::open(url, CONNECTIONS, DEADLINE).await?))
    }

    /// Connects for a command.
    pub(in crate::store) async fn attach(url: &str) -> Result<Self, Error> {
        Ok(Self::on(Connections::open(url, COMMAND_CONNECTIONS, COMMAND_DEADLINE).await?))
    }

    fn on(connections: Connections) -> Self {
        let origin = Uuid::new_v4();
        Self { notifier: Notifier::start(connections.clone(), origin), connections, origin }
    }

    /// The number of the last migration of this release.
    pub(in crate::store) fn newest() -> i64 {
        crate::store::newest(&MIGRATIONS)
    }

    /// Receives other proxies' notifications.
    pub(in crate::store) fn listener(&self) -> Listener {
        Listener::new(self.connections.pool(), self.origin)
    }

    pub(super) fn notify(&self, wake: Wake) {
        self.notifier.send(wake);
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<u64, Error> {
        let work = async { execute(&mut *self.connections.get().await?, statement).await };
        self.connections.in_time(work).await
    }

    pub(super) async fn one<T: Send>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Option<T>, Error> {
        let work = async { one(&mut *self.connections.get().await?, statement, read).await };
        self.connections.in_time(work).await
    }

    pub(super) async fn all<T: Send>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        let work = async { all(&mut *self.connections.get().await?, statement, read).await };
        self.connections.in_time(work).await
    }

    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send,
        W: for<'c, 't> FnOnce(&'c mut Tx<'t>) -> WorkFuture<'c, T> + Send,
    {
        let work = async {
            let mut connection = self.connections.get().await?;
            let mut transaction = connection.begin().await?;
            // A transaction that is dropped is rolled back.
            let done = work(&mut Tx::Postgres(&mut transaction)).await?;
            match done {
                Work::Commit(value) => transaction.commit().await.map(|()| value),
                Work::Rollback(value) => transaction.rollback().await.map(|()| value),
            }
            .map_err(Error::from)
        };
        self.connections.in_time(work).await
    }

    pub(super) async fn close(&self) {
        self.notifier.flush().await;
        self.connections.close().await;
    }
}

/// Executes a statement. How many rows it has changed.
pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<u64, Error> {
    Ok(query(statement).execute(connection).await?.rows_affected())
}

/// The first row, if there is one.
pub(super) async fn one<T: Send>(
    connection: &mut PgConnection,
    statement: Statement,
    read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
) -> Result<Option<T>, Error> {
    let row = query(statement).fetch_optional(connection).await?;
    row.map(|row| read(&Row::Postgres(&row))).transpose()
}

/// All rows.
pub(super) async fn all<T: Send>(
    connection: &mut PgConnection,
    statement: Statement,
    read: impl Fn(&Row<'_>) -> Result<T, Error> + Send,
) -> Result<Vec<T>, Error> {
    let rows = query(statement).fetch_all(connection).await?;
    rows.iter().map(|row| read(&Row::Postgres(row))).collect()
}

/// A statement with its values. Its text is put together from text of the code alone.
fn query(statement: Statement) -> Query<'static, sqlx::Postgres, PgArguments> {
    statement.values.into_iter().fold(sqlx::query(AssertSqlSafe(statement.postgres)), |query, value| match value {
        Value::Bool(value) => query.bind(value),
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Json(value) => query.bind(value.map(Document)),
        Value::Id(value) => query.bind(value.map(|id| id.0)),
        Value::Texts(values) => query.bind(values),
        Value::Ints(values) => query.bind(values),
        Value::Ids(values) => query.bind(values.into_iter().map(|id| id.0).collect::<Vec<_>>()),
    })
}

/// A document that is sent as it is.
struct Document(String);

impl Type<sqlx::Postgres> for Document {
    fn type_info() -> PgTypeInfo {
        /// The type `json`.
        const JSON: Oid = Oid(114);
        PgTypeInfo::with_oid(JSON)
    }
}

impl Encode<'_, sqlx::Postgres> for Document {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}
