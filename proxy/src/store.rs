//! The database. All SQL is below this module. It handles rows and the core's plain values, and never uses axum or the client of Vipps
//! MobilePay.
//!
//! There are two implementations of one set of methods: [`sqlite`], a file for one proxy, and [`postgres`], a server for several. Each
//! topic has a file here, which declares and documents the methods, and a file in each implementation, with the same methods in the same
//! order.
//!
//! A commit is one transaction: the new state, the effects that follow from it, and the inbox or outbox row that caused it. No transaction
//! waits for a request to another system. Frequent methods take batches.

/// Declares methods of [`Store`] that both databases implement. Those of the server have a deadline.
macro_rules! verbs {
    ($($(#[$about:meta])* fn $verb:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl Store {
            $($(#[$about])* pub async fn $verb(&self, $($name: $kind),*) -> $answer {
                match self {
                    Self::Sqlite(store) => store.$verb($($name),*).await,
                    Self::Postgres(store) => store.in_time(store.$verb($($name),*)).await,
                }
            })*
        }
    };
}

pub mod audit;
mod chores;
pub mod cursor;
mod customers;
pub mod deliveries;
mod desk;
pub mod endpoints;
pub mod events;
mod idempotency;
mod inbox;
mod listener;
mod offers;
pub mod orders;
mod outbox;
mod pacing;
mod postgres;
pub mod queues;
pub mod reconciliation;
pub mod registrations;
mod shop_keys;
mod sqlite;
mod traces;
mod vitals;

use kvitt_wire::Role;
use serde::{Deserialize, Serialize};
use sqlx::migrate::{MigrateError, Migrator};
use thiserror::Error;

use crate::base::vault::{OpenError, Vault};
use crate::checkout::audit::Entry;
use crate::checkout::{Checkout, CheckoutId, Moment, Planned};

pub use customers::{KnownCustomer, Shared};
pub use desk::{StoredLink, StoredSession};
pub use idempotency::IdempotencyRecord;
pub use inbox::{ClaimedWebhook, Webhook};
pub use listener::Listener;
pub use outbox::{Claim, ClaimedEffect};
use postgres::Postgres;
pub use queues::Depths;
pub use shop_keys::StoredKey;
use sqlite::Sqlite;

/// A handle to the database; clones share it.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, one proxy.
    Sqlite(Sqlite),
    /// A server that several proxies share.
    Postgres(Postgres),
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
        Ok(match url.starts_with("sqlite:") {
            true => Self::Sqlite(Sqlite::open(url, vault).await?),
            false => Self::Postgres(Postgres::open(url, vault).await?),
        })
    }

    /// Opens an existing database for a command, while a proxy may be running on it. Nothing is created or migrated.
    ///
    /// # Errors
    /// When the database does not exist, or its schema is from another release.
    pub async fn attach(url: &str, vault: &Vault) -> Result<Self, Error> {
        let (store, known) = match url.starts_with("sqlite:") {
            true => (Self::Sqlite(Sqlite::attach(url, vault).await?), Sqlite::newest()),
            false => (Self::Postgres(Postgres::attach(url, vault).await?), Postgres::newest()),
        };
        match store.schema().await {
            Ok(found) if found == known => Ok(store),
            Ok(found) if found > known => Err(Error::Newer { found, known }),
            Ok(found) => Err(Error::Older { found, known }),
            Err(_) => Err(Error::Older { found: 0, known }),
        }
    }

    /// Commits the result of a step that nobody asked for by name. See [`Store::commit_asked`].
    ///
    /// # Errors
    /// On a database error; nothing is written then.
    pub async fn commit(
        &self,
        checkout: &Checkout,
        effects: &[Planned],
        cause: &Cause,
        now: Moment,
    ) -> Result<Committed, Error> {
        self.commit_asked(checkout, effects, &[], cause, now).await
    }

    /// Waits for writes in progress and closes the connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }

    /// Receives notifications of other proxies' commits; `None` on SQLite, which has no other proxies.
    pub fn listener(&self) -> Option<Listener> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.listener()),
        }
    }
}

verbs! {
    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not answer.
    fn ping() -> Result<(), Error>;

    /// The number of the last migration.
    ///
    /// # Errors
    /// On a database error.
    fn schema() -> Result<i64, Error>;

    /// Inserts a new checkout with its first effects, and settles its cause.
    ///
    /// # Errors
    /// On a database error; nothing is written then.
    fn insert(
        checkout: &Checkout,
        secret: &Secret,
        effects: &[Planned],
        cause: &Cause,
        now: Moment
    ) -> Result<Committed, Error>;

    /// Commits the result of a step, with who asked for it, and settles its cause. The checkout must still be at the version before `checkout.version`; otherwise
    /// another commit came first ([`Committed::Conflict`]).
    ///
    /// # Errors
    /// On a database error; nothing is written then.
    fn commit_asked(
        checkout: &Checkout,
        effects: &[Planned],
        audit: &[Entry],
        cause: &Cause,
        now: Moment
    ) -> Result<Committed, Error>;

    /// Settles a cause that changed nothing. `note` is the reason, for the operator.
    ///
    /// # Errors
    /// On a database error.
    fn settle(cause: &Cause, note: &str, now: Moment) -> Result<(), Error>;

    /// A checkout by its id.
    ///
    /// # Errors
    /// On a database error, or when the stored document cannot be parsed.
    fn checkout(id: CheckoutId) -> Result<Option<Stored>, Error>;

    /// The checkout that a payment belongs to.
    ///
    /// # Errors
    /// On a database error.
    fn checkout_of(reference: &str) -> Result<Option<CheckoutId>, Error>;

    /// The current versions of the checkouts that exist, in any order.
    ///
    /// # Errors
    /// On a database error.
    fn versions(ids: &[CheckoutId]) -> Result<Vec<(CheckoutId, u32)>, Error>;
}

/// Why a store method failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The database failed or could not be reached. Nothing was written.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The transaction that contained this write and others failed. Nothing was written.
    #[error("database: {0}")]
    NotWritten(std::sync::Arc<sqlx::Error>),
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
            Self::Database(error) => is_transient(error),
            Self::NotWritten(error) => is_transient(error),
            Self::TooSlow => true,
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
    /// A webhook. Its row in the inbox is marked as done.
    Inbox(i64),
    /// The outcome of an effect. Its row in the outbox is deleted, if the claim is still valid.
    Outbox(Claim),
}

/// A notification from another proxy on the same database. It only wakes tasks up, which read the change from the rows. The serialized
/// form is sent between proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wake {
    /// A new version of a checkout was committed, and whether it has effects.
    Checkout(CheckoutId, u32, bool),
    /// Webhooks were accepted.
    Inbox,
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

/// The id of an effect's row: checkout, version, and position among the version's effects. The same for every retry of a commit.
fn effect_id(checkout: &Checkout, position: usize) -> String {
    format!("{}-{}-{position}", checkout.id, checkout.version)
}

/// The value of the column `phase`: the state of the current attempt.
fn phase(checkout: &Checkout) -> &'static str {
    checkout.current().state.as_str()
}

/// The role in a column. One that only a newer release knows may do the least.
fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::Read)
}

/// The money that can still be captured, in minor units.
/// Since when a paid order's amount at Vipps MobilePay differs from the order's.
fn drift_since(checkout: &Checkout) -> Option<i64> {
    checkout.current().drift.map(|drift| drift.since.0)
}

fn uncaptured(checkout: &Checkout) -> i64 {
    checkout.reservation().map_or(0, |reservation| reservation.uncaptured)
}
