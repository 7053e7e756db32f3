//! Checkouts: one row each, which every commit replaces together with all that follows from the new state.

use kvitt_wire::State;

use super::customers::{Sealed, assign_id, forget_names, id_of, open_customer, seal};
use super::db::{Row, Statement, Tx, Value, Work};
use super::events::{NewEvent, new_events};
use super::{Cause, Committed, Error, Secret, Store, Stored, Wake, audit, deliveries, idempotency, outbox};
use crate::base::vault::Vault;
use crate::checkout::audit::Entry;
use crate::checkout::{Checkout, CheckoutId, Moment, Planned};

impl Store {
    /// Inserts a new checkout with its first effects, and settles its cause. Effects that are due at once are claimed for `lease_ms`
    /// milliseconds ([`born_claimed`](super::born_claimed)), or by nobody where that is 0.
    ///
    /// # Errors
    /// On a database error; nothing is written then.
    pub async fn insert(
        &self,
        checkout: &Checkout,
        secret: &Secret,
        effects: &[Planned],
        cause: &Cause,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Committed, Error> {
        let state = NewState::of(checkout, effects, &[], &self.vault, lease_ms, now)?;
        let insert = Statement::new(
            "INSERT INTO checkouts (id, secret, version, phase, state, created_at, updated_at, idle_until, \
                 sealed_customer, customer_index, customer_at, sales_unit) \
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11)",
        );
        let insert = insert
            .bind(checkout.id)
            .bind(&secret.0)
            .bind(checkout.version)
            .bind(phase(checkout))
            .bind(document(checkout)?)
            .bind(now)
            .bind(checkout.idle_until())
            .bind(state.sealed().map(|sealed| sealed.text.as_str()))
            .bind(state.sealed().and_then(|sealed| sealed.index.as_deref()))
            .bind(state.sealed().map(|sealed| sealed.received_at))
            .bind(&checkout.order.cart.sales_unit);
        let cause = cause.clone();
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                tx.execute(insert).await?;
                state.write(tx, false).await?;
                Ok(match settle(tx, &cause, None, now).await? {
                    true => Work::Commit(Committed::Yes),
                    false => Work::Rollback(Committed::Lost),
                })
            })
        });
        self.notified(checkout, effects, written.await?)
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
        self.commit_asked(checkout, effects, &[], cause, 0, now).await
    }

    /// Commits the result of a step, with who asked for it, and settles its cause. The checkout must still be at the version before
    /// `checkout.version`; otherwise another commit came first ([`Committed::Conflict`]). Effects that are due at once are claimed as by
    /// [`Store::insert`].
    ///
    /// # Errors
    /// On a database error; nothing is written then.
    pub async fn commit_asked(
        &self,
        checkout: &Checkout,
        effects: &[Planned],
        audit: &[Entry],
        cause: &Cause,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Committed, Error> {
        let state = NewState::of(checkout, effects, audit, &self.vault, lease_ms, now)?;
        // Of two commits from the same version the second waits here for the first, and then finds no row to update.
        let update = Statement::new(
            "UPDATE checkouts SET version = $2, phase = $3, state = $4, updated_at = $5, \
                 customer = NULL, sealed_customer = $6, customer_index = $7, customer_at = $8, uncaptured = $9, \
                 idle_until = $10, unpaid_since = $11, drift_since = $12, \
                 customer_id = CASE WHEN $6 IS NULL THEN NULL ELSE customer_id END \
             WHERE id = $1 AND version = $2 - 1 RETURNING customer_id",
        );
        let update = update
            .bind(checkout.id)
            .bind(checkout.version)
            .bind(phase(checkout))
            .bind(document(checkout)?)
            .bind(now)
            .bind(state.sealed().map(|sealed| sealed.text.as_str()))
            .bind(state.sealed().and_then(|sealed| sealed.index.as_deref()))
            .bind(state.sealed().map(|sealed| sealed.received_at))
            .bind(checkout.reservation().map_or(0, |reservation| reservation.uncaptured))
            .bind(checkout.idle_until())
            .bind(checkout.unpaid_since(now))
            .bind(checkout.current().drift.map(|drift| drift.since));
        let (id, erased, cause) = (checkout.id, checkout.erased_at.is_some(), cause.clone());
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                let erased = if erased { id_of(tx, id).await? } else { None };
                let named = |row: &Row<'_>| Ok(row.get::<Option<&str>>("customer_id")?.is_some());
                let Some(named) = tx.one(update, named).await? else { return Ok(Work::Rollback(Committed::Conflict)) };
                state.write(tx, named).await?;
                if let Some(customer_id) = erased {
                    forget_names(tx, &customer_id).await?;
                }
                Ok(match settle(tx, &cause, None, now).await? {
                    true => Work::Commit(Committed::Yes),
                    false => Work::Rollback(Committed::Lost),
                })
            })
        });
        self.notified(checkout, effects, written.await?)
    }

    /// Notifies the other proxies of what is committed.
    fn notified(&self, checkout: &Checkout, effects: &[Planned], committed: Committed) -> Result<Committed, Error> {
        if committed == Committed::Yes {
            self.db.notify(Wake::Checkout(checkout.id, checkout.version, !effects.is_empty()));
        }
        Ok(committed)
    }

    /// Settles a cause that changed nothing. `note` is the reason, for the operator.
    ///
    /// # Errors
    /// On a database error.
    pub async fn settle(&self, cause: &Cause, note: &str, now: Moment) -> Result<(), Error> {
        match settlement(cause, Some(note), now) {
            None => Ok(()),
            Some(settlement) => self.db.execute(settlement).await.map(drop),
        }
    }

    /// A checkout by its id.
    ///
    /// # Errors
    /// On a database error, or when the stored document cannot be parsed.
    pub async fn checkout(&self, id: CheckoutId) -> Result<Option<Stored>, Error> {
        let query = Statement::new(
            "SELECT id, version, secret, state, customer, sealed_customer, customer_id FROM checkouts WHERE id = $1",
        );
        self.db.one(query.bind(id), |row| stored(&self.vault, row)).await
    }

    /// The checkout that a payment belongs to.
    ///
    /// # Errors
    /// On a database error, or when the stored document cannot be parsed.
    pub async fn checkout_by(&self, reference: &str) -> Result<Option<Stored>, Error> {
        let query = Statement::new(
            "SELECT id, version, secret, state, customer, sealed_customer, customer_id \
             FROM attempts JOIN checkouts ON checkouts.id = checkout_id WHERE reference = $1",
        );
        self.db.one(query.bind(reference), |row| stored(&self.vault, row)).await
    }

    /// The id of the checkout that a payment belongs to.
    ///
    /// # Errors
    /// On a database error.
    pub async fn checkout_of(&self, reference: &str) -> Result<Option<CheckoutId>, Error> {
        let query = Statement::new("SELECT checkout_id FROM attempts WHERE reference = $1");
        self.db.one(query.bind(reference), |row| row.get("checkout_id")).await
    }

    /// The current versions of the checkouts that exist, in any order.
    ///
    /// # Errors
    /// On a database error.
    pub async fn versions(&self, ids: &[CheckoutId]) -> Result<Vec<(CheckoutId, u32)>, Error> {
        let query = Statement::each(
            "SELECT id, version FROM checkouts WHERE id IN (SELECT value FROM json_each($1))",
            "SELECT id, version FROM checkouts WHERE id = ANY ($1)",
        );
        self.db.all(query.bind(ids.to_vec()), |row| Ok((row.get("id")?, row.get("version")?))).await
    }
}

fn stored(vault: &Vault, row: &Row<'_>) -> Result<Stored, Error> {
    let mut checkout: Checkout = row.parse("state")?;
    checkout.version = row.get("version")?;
    checkout.customer = open_customer(vault, row.get("id")?, row.get("sealed_customer")?, row.get("customer")?)?;
    Ok(Stored { checkout, secret: Secret(row.get("secret")?), customer_id: row.get("customer_id")? })
}

/// The document of a checkout, without its customer.
fn document(checkout: &Checkout) -> Result<Value, Error> {
    Ok(Value::Json(Some(serde_json::to_string(checkout)?)))
}

/// The value of the column `phase`: the state of the current attempt.
fn phase(checkout: &Checkout) -> &'static str {
    checkout.current().state.as_str()
}

/// What is written beside the row of a checkout.
struct NewState {
    id: CheckoutId,
    sales_unit: String,
    customer: Option<Sealed>,
    /// The references of attempts that may be new.
    references: Vec<String>,
    /// What deletes the effects that the new ones replace.
    replacements: Vec<Statement>,
    effects: Option<Statement>,
    events: Vec<NewEvent>,
    audit: Option<Statement>,
    now: Moment,
}

impl NewState {
    fn of(
        checkout: &Checkout,
        effects: &[Planned],
        audit: &[Entry],
        vault: &Vault,
        lease_ms: i64,
        now: Moment,
    ) -> Result<Self, Error> {
        // An attempt that has got further was committed before.
        let fresh = checkout.attempts.iter().filter(|attempt| matches!(attempt.state, State::Open | State::Starting));
        Ok(Self {
            id: checkout.id,
            sales_unit: checkout.order.cart.sales_unit.clone(),
            customer: checkout.customer.as_ref().map(|customer| seal(vault, checkout.id, customer)).transpose()?,
            references: fresh.map(|attempt| attempt.reference.as_str().to_owned()).collect(),
            replacements: outbox::replacements(checkout, effects),
            effects: outbox::insertion(checkout, effects, lease_ms, now)?,
            events: new_events(checkout, effects)?,
            audit: (!audit.is_empty()).then(|| audit::insertion(audit)).transpose()?,
            now,
        })
    }

    fn sealed(&self) -> Option<&Sealed> {
        self.customer.as_ref()
    }

    /// Inserts all of it. `named`: the row has the customer's id.
    async fn write(self, tx: &mut Tx<'_>, named: bool) -> Result<(), Error> {
        if let Some(sealed) = self.customer.filter(|sealed| !named || sealed.names.need_rekeying()) {
            assign_id(tx, self.id, &self.sales_unit, &sealed.names).await?;
        }
        for reference in self.references {
            let insert = Statement::new(
                "INSERT INTO attempts (reference, checkout_id) SELECT $1, $2 \
                 WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE reference = $1 AND checkout_id = $2)",
            );
            tx.execute(insert.bind(reference).bind(self.id)).await?;
        }
        if !self.events.is_empty() {
            deliveries::insert(tx, &self.events, None, self.now).await?;
        }
        for statement in self.replacements.into_iter().chain(self.effects).chain(self.audit) {
            tx.execute(statement).await?;
        }
        Ok(())
    }
}

/// Settles the rows of a cause. False when the claim was lost, no row is left to settle, or the idempotency key was used already.
async fn settle(tx: &mut Tx<'_>, cause: &Cause, note: Option<&str>, now: Moment) -> Result<bool, Error> {
    match settlement(cause, note, now) {
        None => Ok(true),
        Some(settlement) => Ok(tx.execute(settlement).await? > 0),
    }
}

/// What settles the rows of a cause: it changes none if the cause was settled already. A request has no row.
fn settlement(cause: &Cause, note: Option<&str>, now: Moment) -> Option<Statement> {
    match cause {
        Cause::Request => None,
        Cause::Idempotent(keyed) => Some(idempotency::insertion(keyed, now)),
        Cause::Inbox(ids) => {
            let done = Statement::each(
                "UPDATE inbox SET done_at = $2, note = $3 WHERE id IN (SELECT value FROM json_each($1)) AND done_at IS NULL",
                "UPDATE inbox SET done_at = $2, note = $3 WHERE id = ANY ($1) AND done_at IS NULL",
            );
            Some(done.bind(ids.clone()).bind(now).bind(note))
        }
        Cause::Outbox(claim) => {
            let delete = Statement::new("DELETE FROM outbox WHERE id = $1 AND tries = $2");
            Some(delete.bind(&claim.id).bind(claim.tries))
        }
    }
}
