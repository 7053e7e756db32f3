//! The database. All SQL is below this module. It handles rows and the core's plain values, and never uses axum or the client of Vipps
//! MobilePay.
//!
//! There are two databases: an SQLite file for one proxy, and a PostgreSQL server for several. Each topic has a file here with its methods,
//! written once for both, on top of a [thin layer](db) that knows the difference.
//!
//! A commit is one transaction: the new state, the effects that follow from it, and the inbox or outbox row that caused it. No transaction
//! waits for a request to another system. Frequent methods take batches.

pub mod audit;
mod checkouts;
mod chores;
pub mod cursor;
mod customers;
mod db;
pub mod deliveries;
mod desk;
pub mod endpoints;
pub mod events;
mod idempotency;
mod inbox;
mod offers;
pub mod orders;
mod outbox;
mod pacing;
pub mod queues;
pub mod reconciliation;
pub mod registrations;
mod shop_keys;
mod vitals;

use kvitt_wire::Role;
use serde::{Deserialize, Serialize};
use sqlx::migrate::{MigrateError, Migrator};
use thiserror::Error;

use crate::base::vault::{OpenError, Vault};
use crate::checkout::{Checkout, CheckoutId};

pub use customers::{KnownCustomer, Shared};
pub use db::Listener;
use db::{Db, Postgres, Sqlite, Statement};
pub use desk::{StoredLink, StoredSession};
pub use idempotency::IdempotencyRecord;
pub use inbox::{ClaimedWebhook, Webhook};
pub use outbox::{Claim, ClaimedEffect, born_claimed};
pub use queues::Depths;
pub use shop_keys::StoredKey;

/// A handle to the database; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    vault: Vault,
}

impl Store {
    /// Opens the database of a `sqlite:` or `postgres:` URL and migrates its schema. A missing file is created. Personal data that an
    /// earlier release stored in plain text is encrypted.
    ///
    /// A file then belongs to this handle until it is closed, and what its last owner had claimed is free again. On a server the leases
    /// decide, since another proxy may be working on claimed rows.
    ///
    /// # Errors
    /// When the database cannot be opened, a running proxy has the file, the schema is from a newer release, or data is encrypted under a
    /// key that the vault does not have.
    pub async fn open(url: &str, vault: &Vault) -> Result<Self, Error> {
        let db = match url.starts_with("sqlite:") {
            true => Db::Sqlite(Sqlite::open(url)?),
            false => Db::Postgres(Postgres::open(url).await?),
        };
        let store = Self { db, vault: vault.clone() };
        store.seal_customers().await?;
        Ok(store)
    }

    /// Opens an existing database for a command, while a proxy may be running on it. Nothing is created or migrated.
    ///
    /// # Errors
    /// When the database does not exist, or its schema is from another release.
    pub async fn attach(url: &str, vault: &Vault) -> Result<Self, Error> {
        let (db, known) = match url.starts_with("sqlite:") {
            true => (Db::Sqlite(Sqlite::attach(url)?), Sqlite::newest()),
            false => (Db::Postgres(Postgres::attach(url).await?), Postgres::newest()),
        };
        let store = Self { db, vault: vault.clone() };
        match store.schema().await {
            Ok(found) if found == known => Ok(store),
            Ok(found) if found > known => Err(Error::Newer { found, known }),
            Ok(found) => Err(Error::Older { found, known }),
            Err(_) => Err(Error::Older { found: 0, known }),
        }
    }

    /// Waits for writes in progress and closes the connections.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// The database's name: SQLite or PostgreSQL.
    pub const fn kind(&self) -> &'static str {
        match self.db {
            Db::Sqlite(_) => "SQLite",
            Db::Postgres(_) => "PostgreSQL",
        }
    }

    /// Receives notifications of other proxies' commits; `None` on SQLite, which has no other proxies.
    pub fn listener(&self) -> Option<Listener> {
        match &self.db {
            Db::Sqlite(_) => None,
            Db::Postgres(server) => Some(server.listener()),
        }
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        self.db.one(Statement::new("SELECT 1"), |_| Ok(())).await.map(drop)
    }

    /// The number of the last migration.
    ///
    /// # Errors
    /// On a database error.
    pub async fn schema(&self) -> Result<i64, Error> {
        let query = Statement::new("SELECT max(version) AS version FROM _sqlx_migrations");
        Ok(self.db.one(query, |row| row.get("version")).await?.unwrap_or_default())
    }
}

/// Why a store method failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The server failed or could not be reached. Nothing was written.
    #[error("database: {0}")]
    Server(#[from] sqlx::Error),
    /// The file cannot be read or written. Nothing was written.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The transaction that contained this write and others failed. Nothing was written.
    #[error("{0}")]
    NotWritten(std::sync::Arc<Self>),
    /// The database was closed.
    #[error("database: closed")]
    Closed,
    /// A stored row has a value of another type.
    #[error("stored row: column {0} has an unexpected value")]
    Column(&'static str),
    /// The server did not answer in time. Whether something was written is unknown.
    #[error("database: no answer in time")]
    TooSlow,
    /// Another running proxy uses the SQLite file.
    #[error(
        "the database is in use by another proxy, and an SQLite file is for one; several share a PostgreSQL server"
    )]
    InUse,
    /// The schema could not be migrated.
    #[error("migration: {0}")]
    Migrate(MigrateError),
    /// A migration of the file failed, and was rolled back.
    #[error("migration {version}: {reason}")]
    Migration {
        /// The number of the migration.
        version: i64,
        /// Why it failed.
        reason: rusqlite::Error,
    },
    /// A newer release has migrated the schema. Nothing was changed.
    #[error("the database is in use by a newer release: its schema has migration {found}, this release knows {known}")]
    Newer {
        /// A migration that this release does not have.
        found: i64,
        /// The last migration of this release.
        known: i64,
    },
    /// The schema is from an earlier release and was not migrated. Nothing was changed.
    #[error("the database has migration {found}, this release needs {known}: `kvitt migrate` brings it up to date")]
    Older {
        /// The last migration of the database; 0 for none.
        found: i64,
        /// The last migration of this release.
        known: i64,
    },
    /// A stored document cannot be parsed. The message leaves out its content, which may be personal data.
    #[error("stored document: {:?} error at line {} column {}", .0.classify(), .0.line(), .0.column())]
    Document(#[from] serde_json::Error),
    /// Personal data or a secret cannot be decrypted.
    #[error("stored data cannot be decrypted: {0}")]
    Sealed(#[from] OpenError),
    /// The folder or a file of the database cannot be used.
    #[error("database file: {0}")]
    File(#[from] std::io::Error),
}

impl Error {
    /// Whether a retry may succeed: the database is unreachable, locked or full, and the request itself is valid.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Server(error) => is_transient(error),
            // A violated constraint is permanent.
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => {
                failure.code != rusqlite::ErrorCode::ConstraintViolation
            }
            Self::NotWritten(error) => error.is_transient(),
            Self::TooSlow | Self::Closed => true,
            _ => false,
        }
    }
}

fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        // A violated constraint is permanent.
        sqlx::Error::Database(error) => matches!(error.kind(), sqlx::error::ErrorKind::Other),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// A checkout as stored, with the secret half of its token.
#[derive(Debug)]
pub struct Stored {
    /// The checkout.
    pub checkout: Checkout,
    /// The secret half of its token.
    pub secret: Secret,
    /// The customer's id, `cus_…`, if the customer is known.
    pub customer_id: Option<String>,
}

impl Stored {
    /// Whether the customer is known, without personal data.
    pub fn shared(&self) -> Shared {
        let customer = self.checkout.customer.as_ref();
        Shared {
            customer_id: self.customer_id.clone(),
            received: customer.is_some(),
            number: customer.is_some_and(|customer| customer.phone_number.is_some()),
        }
    }
}

/// The secret half of a checkout's token. Its `Debug` form is redacted.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What caused a commit. The transaction settles its row together with the new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request of the page or the shop. It has no row.
    Request,
    /// A request with an idempotency key. The key is inserted.
    Idempotent(IdempotencyRecord),
    /// Webhooks about one payment. Their rows in the inbox are marked as done.
    Inbox(Vec<i64>),
    /// The outcome of an effect. Its row in the outbox is deleted, if the claim is still valid.
    Outbox(Claim),
}

/// A notification from another proxy on the same database. It only wakes tasks up, which read the change from the rows. The serialized
/// form is sent between proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wake {
    /// A new version of a checkout was committed, and whether it has effects.
    Checkout(CheckoutId, u32, bool),
    /// Notifications may have been lost: anything may have changed.
    Anything,
}

/// The result of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is committed and durable.
    Yes,
    /// The checkout was changed meanwhile (optimistic locking). Nothing was written: load it again and repeat the step.
    Conflict,
    /// The cause was settled by another worker: the claim was lost, or the idempotency key was used already. Nothing was written.
    Lost,
}

fn migration_error(error: MigrateError, migrations: &Migrator) -> Error {
    match error {
        MigrateError::VersionMissing(found) => Error::Newer { found, known: newest(migrations) },
        error => Error::Migrate(error),
    }
}

/// The number of the last migration.
fn newest(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The role in a column. One that only a newer release knows may do the least.
fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::Read)
}
