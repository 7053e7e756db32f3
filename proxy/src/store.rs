//! Where everything is written down. All SQL lives below this module; it knows rows and the core's plain values, never axum or the
//! vendor's client.
//!
//! There are two databases behind one set of verbs: an embedded file for one proxy, a server for several. [`sqlite`] and [`postgres`]
//! have the same verbs in the same order, to be read side by side; what has a topic of its own has a file of its own in each. Verbs take batches where the path is hot. A commit is one
//! transaction: the state, the effects that follow from it, and the row of the inbox or outbox that caused it. The network is never
//! waited for inside one, but for the database itself.

/// What each database does in its own way.
macro_rules! verbs {
    ($($(#[$about:meta])* fn $verb:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl Store {
            $($(#[$about])* pub async fn $verb(&self, $($name: $kind),*) -> $answer {
                match self {
                    Self::Sqlite(store) => store.$verb($($name),*).await,
                    Self::Postgres(store) => store.$verb($($name),*).await,
                }
            })*
        }
    };
}

pub mod books;
mod chores;
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
pub mod registrations;
mod shop_keys;
mod sqlite;
mod traces;
mod vitals;

use serde::{Deserialize, Serialize};
use sqlx::migrate::{MigrateError, Migrator};
use thiserror::Error;

use crate::base::vault::{OpenError, Vault};
use crate::checkout::{Checkout, CheckoutId, Moment, Planned};

pub use customers::{KnownCustomer, Shared};
pub use desk::StoredSession;
pub use idempotency::Keyed;
pub use inbox::{Waiting, Webhook};
pub use listener::Listener;
pub use outbox::{Claim, Claimed};
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
    /// Opens the database of a `sqlite:` or `postgres:` URL and brings its schema up to date. A file is made when it is not there. What
    /// customers share is sealed in the vault, and so is what earlier releases wrote in the open.
    ///
    /// # Errors
    /// When it cannot be opened, its schema is from a newer release, or it was sealed under a key that the vault does not have.
    pub async fn open(url: &str, vault: &Vault) -> Result<Self, Error> {
        Ok(match url.starts_with("sqlite:") {
            true => Self::Sqlite(Sqlite::open(url, vault).await?),
            false => Self::Postgres(Postgres::open(url, vault).await?),
        })
    }

    /// Joins a database that is there, for a command beside a proxy that may be running. Nothing is made and nothing is brought up to date.
    ///
    /// # Errors
    /// When it is not there, or its schema is from another release.
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

    /// Hears what others commit; none where nobody else does.
    pub fn listener(&self) -> Option<Listener> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.listener()),
        }
    }
}

verbs! {
    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    fn ping() -> Result<(), Error>;

    /// What the last migration was, by its number.
    ///
    /// # Errors
    /// When the database says no.
    fn schema() -> Result<i64, Error>;

    /// Waits for what is being written and closes the connections.
    fn close() -> ();

    /// Writes a new checkout down, with its first effects, and settles its cause.
    ///
    /// # Errors
    /// When the database says no; nothing is written then.
    fn insert(
        checkout: &Checkout,
        secret: &Secret,
        effects: &[Planned],
        cause: &Cause,
        now: Moment
    ) -> Result<Committed, Error>;

    /// Writes down what a step came to and settles its cause, if the checkout still is what the step started from: its version is the
    /// one before `checkout.version`.
    ///
    /// # Errors
    /// When the database says no; nothing is written then.
    fn commit(checkout: &Checkout, effects: &[Planned], cause: &Cause, now: Moment) -> Result<Committed, Error>;

    /// Settles a cause that changed nothing; `note` says why, for the operator.
    ///
    /// # Errors
    /// When the database says no.
    fn settle(cause: &Cause, note: &str, now: Moment) -> Result<(), Error>;

    /// A checkout by its id.
    ///
    /// # Errors
    /// When the database says no, or the stored document does not read.
    fn checkout(id: CheckoutId) -> Result<Option<Stored>, Error>;

    /// The checkout that a payment belongs to.
    ///
    /// # Errors
    /// When the database says no.
    fn checkout_of(reference: &str) -> Result<Option<CheckoutId>, Error>;

    /// The present versions of those checkouts that there are, in any order.
    ///
    /// # Errors
    /// When the database says no.
    fn versions(ids: &[CheckoutId]) -> Result<Vec<(CheckoutId, u32)>, Error>;
}

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum Error {
    /// The database said no or could not be reached. Nothing was written.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// What was written together with others failed with them. Nothing was written.
    #[error("database: {0}")]
    NotWritten(std::sync::Arc<sqlx::Error>),
    /// It belongs to a proxy that is running.
    #[error(
        "the database is in use by another proxy, and an SQLite file is for one; several share a PostgreSQL server"
    )]
    InUse,
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(MigrateError),
    /// A newer release has brought the schema further than this one knows. Nothing was touched.
    #[error("the database is in use by a newer release: its schema has migration {found}, this release knows {known}")]
    Newer {
        /// A migration that this release does not have.
        found: i64,
        /// The last one that it has.
        known: i64,
    },
    /// An earlier release has made the schema, and it was not brought up to date. Nothing was touched.
    #[error("the database has migration {found}, this release needs {known}: `kvitt migrate` brings it up to date")]
    Older {
        /// The last one that it has; 0 for none.
        found: i64,
        /// The last one of this release.
        known: i64,
    },
    /// A stored document does not read as what it should be. Said without what it holds, which may be the customer's.
    #[error("stored document: {:?} error at line {} column {}", .0.classify(), .0.line(), .0.column())]
    Document(#[from] serde_json::Error),
    /// What a customer shared, or a secret, does not open.
    #[error("what is sealed does not open: {0}")]
    Sealed(#[from] OpenError),
    /// The folder of the database cannot be used.
    #[error("database file: {0}")]
    File(#[from] std::io::Error),
}

impl Error {
    /// Whether the same may succeed later: the database is away, locked or full, and nothing is wrong with what was asked of it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Database(error) => may_pass(error),
            Self::NotWritten(error) => may_pass(error),
            _ => false,
        }
    }
}

fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        // What is against a constraint always will be.
        sqlx::Error::Database(error) => matches!(error.kind(), sqlx::error::ErrorKind::Other),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// A checkout as it was found, with the secret half of its token.
#[derive(Debug)]
pub struct Stored {
    /// The checkout.
    pub checkout: Checkout,
    /// What the token must end in.
    pub secret: Secret,
    /// Who the customer is, where that is known: `cus_…`.
    pub customer_id: Option<String>,
}

impl Stored {
    /// What may be said of its customer without saying who it is.
    pub fn shared(&self) -> Shared {
        let customer = self.checkout.customer.as_ref();
        Shared {
            customer_id: self.customer_id.clone(),
            received: customer.is_some(),
            number: customer.is_some_and(|customer| customer.phone_number.is_some()),
        }
    }
}

/// The secret half of a checkout's token. Never printed.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a transaction settles besides the state: the row whose outcome is being committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request of the page or the shop: no row.
    Request,
    /// The same with an idempotency key, which is written down.
    Keyed(Keyed),
    /// A webhook, by its row in the inbox.
    Inbox(i64),
    /// An effect's outcome, by the claim that it was carried out under.
    Outbox(Claim),
}

/// What another proxy on the same database has committed. It only wakes: what happened is read from the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wake {
    /// A version of a checkout, and whether it left something to do.
    Checkout(CheckoutId, u32, bool),
    /// Webhooks.
    Inbox,
    /// There may have been anything: we could not hear.
    Anything,
}

/// Whether a commit took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is durable.
    Yes,
    /// Somebody else changed the checkout meanwhile: load it again and decide anew.
    Overtaken,
    /// Somebody else has claimed the effect since, and settles it, or a twin has come with the idempotency key before: nothing was written.
    Lost,
}

fn not_migrated(error: MigrateError, migrations: &Migrator) -> Error {
    match error {
        MigrateError::VersionMissing(found) => Error::Newer { found, known: newest(migrations) },
        error => Error::Migrate(error),
    }
}

/// The last of some migrations, by its number.
fn newest(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The id of an effect's row: one checkout, one version, one place in its list.
fn effect_id(checkout: &Checkout, place: usize) -> String {
    format!("{}-{}-{place}", checkout.id, checkout.version)
}

/// The word under which a checkout is counted.
fn phase(checkout: &Checkout) -> &'static str {
    checkout.current().state.as_str()
}

/// What waits to be captured, in minor units.
fn uncaptured(checkout: &Checkout) -> i64 {
    checkout.reservation().map_or(0, |reservation| reservation.uncaptured)
}
