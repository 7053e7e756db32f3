//! The shared database: a PostgreSQL server, for several proxies.
//!
//! A claim takes rows that no other proxy has locked (`SKIP LOCKED`) and gives them a lease, so that no lock is held while the work is
//! done. A batch of rows is one statement over `unnest`. After a commit the other proxies are notified, in a statement of its own: `NOTIFY`
//! locks the whole database until its transaction ends, so within the commit it would make every other commit wait for this one's disk. A
//! lost notification is recovered by polling. No method waits for the server longer than its [deadline](connection).

mod audit;
mod chores;
mod connection;
mod customers;
mod deliveries;
mod desk;
mod endpoints;
mod events;
mod idempotency;
mod inbox;
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

use std::time::Duration;

use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use super::customers::{open_customer, seal};
use super::deliveries::new_events;
use super::listener::{CHANNEL, Listener};
use super::{Cause, Committed, Error, Secret, Stored, Wake};
use super::{drift_since, effect_id, migration_error, newest, phase, uncaptured};
use crate::base::vault::Vault;
use crate::checkout::audit::Entry;
use crate::checkout::{Checkout, CheckoutId, Moment, Planned};
use connection::{COMMAND_DEADLINE, Connections, DEADLINE};

/// How long a notification may take. Polling recovers a lost one.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(1);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");
/// The maximum number of connections of one proxy, besides the one that listens.
const CONNECTIONS: u32 = 10;
/// The same of a command.
const COMMAND_CONNECTIONS: u32 = 2;

/// The connections of one proxy.
#[derive(Clone, Debug)]
pub struct Postgres {
    connections: Connections,
    /// The id of this process. Its own notifications are ignored.
    origin: Uuid,
    vault: Vault,
}

impl Postgres {
    pub(super) async fn open(url: &str, vault: &Vault) -> Result<Self, Error> {
        let unlimited = connection::unlimited(url).await?;
        let migrated = MIGRATIONS.run(&unlimited).await;
        // The lock of the migrations belongs to the connection, and would outlive a failure.
        unlimited.close().await;
        migrated.map_err(|error| migration_error(error, &MIGRATIONS))?;
        let connections = Connections::open(url, CONNECTIONS, DEADLINE).await?;
        let store = Self { connections, origin: Uuid::new_v4(), vault: vault.clone() };
        store.seal_customers().await?;
        Ok(store)
    }

    pub(super) async fn attach(url: &str, vault: &Vault) -> Result<Self, Error> {
        let connections = Connections::open(url, COMMAND_CONNECTIONS, COMMAND_DEADLINE).await?;
        Ok(Self { connections, origin: Uuid::new_v4(), vault: vault.clone() })
    }

    pub(super) fn newest() -> i64 {
        newest(&MIGRATIONS)
    }

    pub(super) fn listener(&self) -> Listener {
        Listener::new(self.connections.pool(), self.origin)
    }

    /// Notifies the other proxies. What it notifies of is committed, so it delays the answer by little, whatever happens.
    async fn notify(&self, connection: &mut PgConnection, wake: Wake) {
        let payload = serde_json::to_string(&(self.origin, wake)).expect("plain values");
        let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
        match tokio::time::timeout(NOTIFY_TIMEOUT, query.execute(connection)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot notify other proxies"),
            Err(_) => tracing::warn!("cannot notify other proxies: no answer in time"),
        }
    }

    /// The result of a method, within the deadline.
    pub(super) async fn in_time<T>(&self, method: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.connections.in_time(method).await
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&mut *self.connections.get().await?).await?;
        Ok(())
    }

    pub(super) async fn schema(&self) -> Result<i64, Error> {
        let row = sqlx::query("SELECT max(version) AS version FROM _sqlx_migrations")
            .fetch_one(&mut *self.connections.get().await?)
            .await?;
        Ok(row.try_get("version")?)
    }

    pub(super) async fn close(&self) {
        self.connections.close().await;
    }

    pub(super) async fn insert(
        &self,
        checkout: &Checkout,
        secret: &Secret,
        effects: &[Planned],
        cause: &Cause,
        now: Moment,
    ) -> Result<Committed, Error> {
        let sealed = checkout.customer.as_ref().map(|customer| seal(&self.vault, checkout.id, customer)).transpose()?;
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        sqlx::query(
            "INSERT INTO checkouts (id, secret, version, phase, state, created_at, updated_at, idle_until, \
                 sealed_customer, customer_index, customer_at, sales_unit) \
             VALUES ($1, $2, $3, $4, $5::json, $6, $6, $7, $8, $9, $10, $11)",
        )
        .bind(checkout.id.0)
        .bind(&secret.0)
        .bind(i64::from(checkout.version))
        .bind(phase(checkout))
        .bind(serde_json::to_string(checkout)?)
        .bind(now.0)
        .bind(checkout.idle_until().map(|until| until.0))
        .bind(sealed.as_ref().map(|sealed| &sealed.text))
        .bind(sealed.as_ref().and_then(|sealed| sealed.index.as_ref()))
        .bind(sealed.as_ref().map(|sealed| sealed.received_at))
        .bind(&checkout.order.cart.sales_unit)
        .execute(&mut *tx)
        .await?;
        if let Some(sealed) = &sealed {
            customers::assign_id(&mut tx, checkout.id, &checkout.order.cart.sales_unit, &sealed.names).await?;
        }
        insert_dependents(&mut tx, checkout, effects, now).await?;
        if !settle(&mut tx, cause, None, now).await? {
            tx.rollback().await?;
            return Ok(Committed::Lost);
        }
        tx.commit().await?;
        self.notify(&mut connection, Wake::Checkout(checkout.id, checkout.version, !effects.is_empty())).await;
        Ok(Committed::Yes)
    }

    pub(super) async fn commit_asked(
        &self,
        checkout: &Checkout,
        effects: &[Planned],
        audit: &[Entry],
        cause: &Cause,
        now: Moment,
    ) -> Result<Committed, Error> {
        let sealed = checkout.customer.as_ref().map(|customer| seal(&self.vault, checkout.id, customer)).transpose()?;
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        // Of two commits from the same version the second waits here for the first, and then finds no row to update.
        let changed = sqlx::query(
            "UPDATE checkouts SET version = $2, phase = $3, state = $4::json, updated_at = $5, \
                 customer = NULL, sealed_customer = $6, customer_index = $7, customer_at = $8, uncaptured = $9, \
                 idle_until = $10, unpaid_since = $11, drift_since = $12, \
                 customer_id = CASE WHEN $6::text IS NULL THEN NULL ELSE customer_id END \
             WHERE id = $1 AND version = $2 - 1 RETURNING customer_id",
        )
        .bind(checkout.id.0)
        .bind(i64::from(checkout.version))
        .bind(phase(checkout))
        .bind(serde_json::to_string(checkout)?)
        .bind(now.0)
        .bind(sealed.as_ref().map(|sealed| &sealed.text))
        .bind(sealed.as_ref().and_then(|sealed| sealed.index.as_ref()))
        .bind(sealed.as_ref().map(|sealed| sealed.received_at))
        .bind(uncaptured(checkout))
        .bind(checkout.idle_until().map(|until| until.0))
        .bind(checkout.unpaid_since(now).map(|since| since.0))
        .bind(drift_since(checkout))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(changed) = changed else {
            tx.rollback().await?;
            return Ok(Committed::Conflict);
        };
        let named = changed.try_get::<Option<&str>, _>("customer_id")?.is_some();
        if let Some(sealed) = sealed.filter(|sealed| !named || sealed.names.need_rekeying()) {
            customers::assign_id(&mut tx, checkout.id, &checkout.order.cart.sales_unit, &sealed.names).await?;
        }
        insert_dependents(&mut tx, checkout, effects, now).await?;
        audit::insert(&mut tx, &super::audit::Row::all(audit)?).await?;
        if !settle(&mut tx, cause, None, now).await? {
            tx.rollback().await?;
            return Ok(Committed::Lost);
        }
        tx.commit().await?;
        self.notify(&mut connection, Wake::Checkout(checkout.id, checkout.version, !effects.is_empty())).await;
        Ok(Committed::Yes)
    }

    pub(super) async fn settle(&self, cause: &Cause, note: &str, now: Moment) -> Result<(), Error> {
        let mut connection = self.connections.get().await?;
        settle(&mut connection, cause, Some(note), now).await.map(drop)
    }

    pub(super) async fn checkout(&self, id: CheckoutId) -> Result<Option<Stored>, Error> {
        let row = sqlx::query(
            "SELECT version, secret, state::text AS state, customer::text AS customer, sealed_customer, customer_id \
             FROM checkouts WHERE id = $1",
        )
        .bind(id.0)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut checkout: Checkout = serde_json::from_str(row.try_get("state")?)?;
        checkout.version = count(row.try_get("version")?)?;
        checkout.customer = open_customer(&self.vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
        let (secret, customer_id) = (Secret(row.try_get("secret")?), row.try_get("customer_id")?);
        Ok(Some(Stored { checkout, secret, customer_id }))
    }

    pub(super) async fn checkout_of(&self, reference: &str) -> Result<Option<CheckoutId>, Error> {
        let row = sqlx::query("SELECT checkout_id FROM attempts WHERE reference = $1")
            .bind(reference)
            .fetch_optional(&mut *self.connections.get().await?)
            .await?;
        row.map(|row| Ok(CheckoutId(row.try_get("checkout_id")?))).transpose()
    }

    pub(super) async fn versions(&self, ids: &[CheckoutId]) -> Result<Vec<(CheckoutId, u32)>, Error> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query("SELECT id, version FROM checkouts WHERE id = ANY ($1)")
            .bind(ids)
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        rows.into_iter().map(|row| Ok((CheckoutId(row.try_get("id")?), count(row.try_get("version")?)?))).collect()
    }
}

/// Inserts the rows that follow from a checkout's new state: the references of its payments, the effects, and the events.
async fn insert_dependents(
    connection: &mut PgConnection,
    checkout: &Checkout,
    effects: &[Planned],
    now: Moment,
) -> Result<(), Error> {
    let references: Vec<_> = checkout.attempts.iter().map(|attempt| attempt.reference.as_str()).collect();
    sqlx::query(
        "INSERT INTO attempts (reference, checkout_id) SELECT value, $2 FROM unnest($1) AS fresh (value) \
         WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE reference = value AND checkout_id = $2)",
    )
    .bind(references)
    .bind(checkout.id.0)
    .execute(&mut *connection)
    .await?;
    let events = new_events(checkout, effects)?;
    if !events.is_empty() {
        deliveries::insert(connection, &events, None, now).await?;
    }
    let effects: Vec<_> = effects.iter().enumerate().filter(|(_, planned)| planned.event().is_none()).collect();
    if !effects.is_empty() {
        let documents = effects.iter().map(|(_, planned)| serde_json::to_string(&planned.effect));
        sqlx::query(
            "INSERT INTO outbox (id, checkout_id, sales_unit, kind, effect, due_at, created_at) \
             SELECT id, $5, $6, kind, effect::json, due_at, $7 \
             FROM unnest($1, $2, $3, $4) AS fresh (id, kind, effect, due_at)",
        )
        .bind(effects.iter().map(|(position, _)| effect_id(checkout, *position)).collect::<Vec<_>>())
        .bind(effects.iter().map(|(_, planned)| planned.effect.kind()).collect::<Vec<_>>())
        .bind(documents.collect::<Result<Vec<_>, _>>()?)
        .bind(effects.iter().map(|(_, planned)| planned.due_at.0).collect::<Vec<_>>())
        .bind(checkout.id.0)
        .bind(&checkout.order.cart.sales_unit)
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Settles the row of a cause. False when the claim was lost or the idempotency key was used already.
async fn settle(connection: &mut PgConnection, cause: &Cause, note: Option<&str>, now: Moment) -> Result<bool, Error> {
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
                .bind(i64::from(claim.tries))
                .execute(connection)
                .await?
        }
    };
    Ok(settled.rows_affected() == 1)
}

/// A count, which PostgreSQL stores as a signed number.
fn count(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|error| Error::Database(sqlx::Error::Decode(error.into())))
}
