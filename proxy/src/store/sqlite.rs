//! The embedded database: one SQLite file in WAL mode, for one proxy. `synchronous=FULL`, since a 200 to a webhook promises that it is
//! stored.
//!
//! SQLite allows one writer at a time, so all writes use one connection and never wait for each other's locks. Frequent writes are
//! [batched](writer) into one transaction. Reads have their own pool. A batch of rows is one statement over `json_each`.

mod audit;
mod chores;
mod customers;
mod deliveries;
mod desk;
mod endpoints;
mod events;
mod idempotency;
mod inbox;
mod lock;
mod offers;
mod orders;
mod outbox;
mod pacing;
mod queues;
mod reconciliation;
mod registrations;
mod shop_keys;
mod traces;
mod vitals;
mod writer;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::customers::{Sealed, open_customer, seal};
use super::deliveries::{NewEvent, new_events};
use super::{Cause, Committed, Error, Secret, Stored};
use super::{drift_since, effect_id, migration_error, newest, phase, uncaptured};
use crate::base::vault::Vault;
use crate::checkout::audit::Entry;
use crate::checkout::{Checkout, CheckoutId, Moment, Planned};
use lock::FileLock;
use writer::{BatchWriter, Work};

/// How long a write waits while another process, such as a backup, locks the file. Vipps MobilePay waits ten seconds for the answer to a
/// webhook, and its write may have to wait for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// The same for a command beside a running proxy. It may wait longer, since no customer waits for it.
const COMMAND_BUSY_TIMEOUT: Duration = Duration::from_secs(20);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// The file, with one connection for writes and some for reads.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: SqlitePool,
    batcher: BatchWriter,
    readers: SqlitePool,
    vault: Vault,
    lock: FileLock,
}

impl Sqlite {
    pub(super) async fn open(url: &str, vault: &Vault) -> Result<Self, Error> {
        let options = options(url)?.create_if_missing(true);
        if let Some(folder) = options.get_filename().parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder)?;
        }
        // It will contain personal data. SQLite gives its other files the same mode.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(options.get_filename()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        // Before anything else: another proxy, perhaps of an earlier release, may be running on this file.
        let lock = FileLock::of(options.get_filename());
        lock.acquire()?;
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await.map_err(|error| migration_error(error, &MIGRATIONS))?;
        let readers = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        let batcher = BatchWriter::start(writer.clone());
        let store = Self { writer, batcher, readers, vault: vault.clone(), lock };
        store.seal_customers().await?;
        store.release_claims().await?;
        Ok(store)
    }

    pub(super) async fn attach(url: &str, vault: &Vault) -> Result<Self, Error> {
        let lock = FileLock::of(options(url)?.get_filename());
        let options = options(url)?.busy_timeout(COMMAND_BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(options.read_only(true)).await?;
        Ok(Self { batcher: BatchWriter::start(writer.clone()), writer, readers, vault: vault.clone(), lock })
    }

    pub(super) fn newest() -> i64 {
        newest(&MIGRATIONS)
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    pub(super) async fn schema(&self) -> Result<i64, Error> {
        let row = sqlx::query("SELECT max(version) AS version FROM _sqlx_migrations").fetch_one(&self.readers).await?;
        Ok(row.try_get("version")?)
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        self.lock.release();
    }

    pub(super) async fn insert(
        &self,
        checkout: &Checkout,
        secret: &Secret,
        effects: &[Planned],
        cause: &Cause,
        now: Moment,
    ) -> Result<Committed, Error> {
        let (rows, secret, cause) =
            (CheckoutRows::of(checkout, effects, &self.vault, now)?, secret.clone(), cause.clone());
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO checkouts (id, secret, version, phase, state, created_at, updated_at, idle_until, \
                             sealed_customer, customer_index, customer_at, sales_unit) \
                         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11)",
                    )
                    .bind(&rows.id)
                    .bind(&secret.0)
                    .bind(rows.version)
                    .bind(rows.phase)
                    .bind(&rows.state)
                    .bind(now.0)
                    .bind(rows.idle_until)
                    .bind(rows.customer.as_ref().map(|sealed| &sealed.text))
                    .bind(rows.customer.as_ref().and_then(|sealed| sealed.index.as_ref()))
                    .bind(rows.customer.as_ref().map(|sealed| sealed.received_at))
                    .bind(&rows.sales_unit)
                    .execute(&mut *connection)
                    .await?;
                    if let Some(sealed) = &rows.customer {
                        customers::assign_id(connection, &rows.id, &rows.sales_unit, &sealed.names).await?;
                    }
                    insert_dependents(connection, &rows).await?;
                    if !settle(connection, &cause, None, now).await? {
                        return Ok(Work::Rollback(Committed::Lost));
                    }
                    Ok(Work::Commit(Committed::Yes))
                })
            })
            .await
    }

    pub(super) async fn commit_asked(
        &self,
        checkout: &Checkout,
        effects: &[Planned],
        audit: &[Entry],
        cause: &Cause,
        now: Moment,
    ) -> Result<Committed, Error> {
        let (rows, cause) = (CheckoutRows::of(checkout, effects, &self.vault, now)?, cause.clone());
        let audit = super::audit::Row::all(audit)?;
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    let changed = sqlx::query(
                        "UPDATE checkouts SET version = $2, phase = $3, state = $4, updated_at = $5, \
                             customer = NULL, sealed_customer = $6, customer_index = $7, customer_at = $8, uncaptured = $9, \
                             idle_until = $10, unpaid_since = $11, drift_since = $12, \
                             customer_id = CASE WHEN $6 IS NULL THEN NULL ELSE customer_id END \
                         WHERE id = $1 AND version = $2 - 1 RETURNING customer_id",
                    )
                    .bind(&rows.id)
                    .bind(rows.version)
                    .bind(rows.phase)
                    .bind(&rows.state)
                    .bind(now.0)
                    .bind(rows.customer.as_ref().map(|sealed| &sealed.text))
                    .bind(rows.customer.as_ref().and_then(|sealed| sealed.index.as_ref()))
                    .bind(rows.customer.as_ref().map(|sealed| sealed.received_at))
                    .bind(rows.uncaptured)
                    .bind(rows.idle_until)
                    .bind(rows.unpaid_since)
                    .bind(rows.drift_since)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let Some(changed) = changed else { return Ok(Work::Rollback(Committed::Conflict)) };
                    let named = changed.try_get::<Option<&str>, _>("customer_id")?.is_some();
                    if let Some(sealed) = rows.customer.as_ref().filter(|sealed| !named || sealed.names.need_rekeying()) {
                        customers::assign_id(connection, &rows.id, &rows.sales_unit, &sealed.names).await?;
                    }
                    insert_dependents(&mut *connection, &rows).await?;
                    audit::insert(&mut *connection, &audit).await?;
                    if !settle(connection, &cause, None, now).await? {
                        return Ok(Work::Rollback(Committed::Lost));
                    }
                    Ok(Work::Commit(Committed::Yes))
                })
            })
            .await
    }

    pub(super) async fn settle(&self, cause: &Cause, note: &str, now: Moment) -> Result<(), Error> {
        let (cause, note) = (cause.clone(), note.to_owned());
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    settle(connection, &cause, Some(&note), now).await?;
                    Ok(Work::Commit(()))
                })
            })
            .await
    }

    pub(super) async fn checkout(&self, id: CheckoutId) -> Result<Option<Stored>, Error> {
        let row = sqlx::query(
            "SELECT version, secret, state, customer, sealed_customer, customer_id FROM checkouts WHERE id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut checkout: Checkout = serde_json::from_str(row.try_get("state")?)?;
        checkout.version = row.try_get("version")?;
        checkout.customer = open_customer(&self.vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
        let (secret, customer_id) = (Secret(row.try_get("secret")?), row.try_get("customer_id")?);
        Ok(Some(Stored { checkout, secret, customer_id }))
    }

    pub(super) async fn checkout_of(&self, reference: &str) -> Result<Option<CheckoutId>, Error> {
        let row = sqlx::query("SELECT checkout_id FROM attempts WHERE reference = $1")
            .bind(reference)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| checkout_id(row.try_get("checkout_id")?)).transpose()
    }

    pub(super) async fn versions(&self, ids: &[CheckoutId]) -> Result<Vec<(CheckoutId, u32)>, Error> {
        let ids: Vec<_> = ids.iter().map(CheckoutId::to_string).collect();
        let rows = sqlx::query("SELECT id, version FROM checkouts WHERE id IN (SELECT value FROM json_each($1))")
            .bind(serde_json::to_string(&ids)?)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| Ok((checkout_id(row.try_get("id")?)?, row.try_get("version")?))).collect()
    }
}

/// The options of every connection.
fn options(url: &str) -> Result<SqliteConnectOptions, Error> {
    let options = SqliteConnectOptions::from_str(url)?;
    Ok(options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_size_limit", "67108864")
        // Deleted data is overwritten in the file.
        .pragma("secure_delete", "ON"))
}

/// The values that are written for a checkout's new state.
struct CheckoutRows {
    id: String,
    version: u32,
    phase: &'static str,
    state: String,
    customer: Option<Sealed>,
    /// The money that can still be captured, in minor units.
    uncaptured: i64,
    /// When it expires, if it is idle.
    idle_until: Option<i64>,
    /// Since when it has ended without any money.
    unpaid_since: Option<i64>,
    /// Since when its amount at Vipps MobilePay differs.
    drift_since: Option<i64>,
    /// The references of its payments, as a JSON array.
    references: String,
    /// The rows of the outbox, as a JSON array; `None` where there are none.
    effects: Option<String>,
    /// The events to log and deliver.
    events: Vec<NewEvent>,
    sales_unit: String,
    now: Moment,
}

impl CheckoutRows {
    fn of(checkout: &Checkout, effects: &[Planned], vault: &Vault, now: Moment) -> Result<Self, Error> {
        let references: Vec<_> = checkout.attempts.iter().map(|attempt| attempt.reference.as_str()).collect();
        let planned = effects.iter().any(|planned| planned.event().is_none());
        let planned = planned.then(|| effect_rows(checkout, effects)).transpose()?;
        Ok(Self {
            id: checkout.id.to_string(),
            version: checkout.version,
            phase: phase(checkout),
            state: serde_json::to_string(checkout)?,
            customer: checkout.customer.as_ref().map(|customer| seal(vault, checkout.id, customer)).transpose()?,
            references: serde_json::to_string(&references)?,
            effects: planned,
            events: new_events(checkout, effects)?,
            uncaptured: uncaptured(checkout),
            idle_until: checkout.idle_until().map(|until| until.0),
            unpaid_since: checkout.unpaid_since(now).map(|since| since.0),
            drift_since: drift_since(checkout),
            sales_unit: checkout.order.cart.sales_unit.clone(),
            now,
        })
    }
}

/// Inserts the rows that follow from a checkout's new state: the references of its payments, the effects, and the events.
async fn insert_dependents(connection: &mut SqliteConnection, rows: &CheckoutRows) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO attempts (reference, checkout_id) SELECT value, $2 FROM json_each($1) \
         WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE reference = value AND checkout_id = $2)",
    )
    .bind(&rows.references)
    .bind(&rows.id)
    .execute(&mut *connection)
    .await?;
    if let Some(effects) = &rows.effects {
        sqlx::query(
            "INSERT INTO outbox (id, checkout_id, sales_unit, kind, effect, due_at, created_at) \
             SELECT value ->> 'id', $2, $4, value ->> 'kind', value ->> 'effect', value ->> 'due_at', $3 FROM json_each($1)",
        )
        .bind(effects)
        .bind(&rows.id)
        .bind(rows.now.0)
        .bind(&rows.sales_unit)
        .execute(&mut *connection)
        .await?;
    }
    if !rows.events.is_empty() {
        deliveries::insert(connection, &rows.events, None, rows.now).await?;
    }
    Ok(())
}

/// Settles the row of a cause. False when the claim was lost or the idempotency key was used already.
async fn settle(
    connection: &mut SqliteConnection,
    cause: &Cause,
    note: Option<&str>,
    now: Moment,
) -> Result<bool, Error> {
    let settled = match cause {
        Cause::Request => return Ok(true),
        Cause::Idempotent(keyed) => return idempotency::insert(connection, keyed, now).await,
        Cause::Inbox(id) => {
            sqlx::query("UPDATE inbox SET done_at = $2, note = $3 WHERE id = $1 AND done_at IS NULL")
                .bind(id)
                .bind(now.0)
                .bind(note)
                .execute(connection)
                .await?
        }
        Cause::Outbox(claim) => {
            sqlx::query("DELETE FROM outbox WHERE id = $1 AND tries = $2")
                .bind(&claim.id)
                .bind(claim.tries)
                .execute(connection)
                .await?
        }
    };
    Ok(settled.rows_affected() == 1)
}

/// The effects as a JSON array of outbox rows, for one statement. Events are not among them.
fn effect_rows(checkout: &Checkout, effects: &[Planned]) -> Result<String, serde_json::Error> {
    let rows = effects
        .iter()
        .enumerate()
        .filter(|(_, planned)| planned.event().is_none())
        .map(|(position, planned)| {
            Ok(serde_json::json!({
                "id": effect_id(checkout, position),
                "kind": planned.effect.kind(),
                "effect": serde_json::to_string(&planned.effect)?,
                "due_at": planned.due_at.0,
            }))
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    serde_json::to_string(&rows)
}

fn checkout_id(text: &str) -> Result<CheckoutId, Error> {
    Uuid::try_parse(text).map(CheckoutId).map_err(|error| Error::Database(sqlx::Error::Decode(error.into())))
}
