//! The outbox: effects that are due, claimed with a lease, postponed, or parked (dead letters).
//!
//! An effect that is due at once is born claimed, where the commit has a lease: its row says so from the start, and whoever committed it has the
//! claim without another statement.

use super::db::{Row, Statement, Value};
use super::{Error, Store};
use crate::checkout::{Checkout, CheckoutId, Effect, Moment, Planned, Reference};

impl Store {
    /// Claims effects that are due, for `lease_ms` milliseconds, those that a customer waits for first. A lease that ends later than any
    /// valid one was given by a wrong clock and is ignored. An effect that cannot be parsed is parked.
    ///
    /// # Errors
    /// On a database error.
    pub async fn claim_due(&self, most: u32, lease_ms: i64, now: Moment) -> Result<Vec<ClaimedEffect>, Error> {
        let claim = Statement::each(
            "UPDATE outbox SET lease_until = $1 + $2, tries = tries + 1 WHERE id IN ( \
                 SELECT id FROM outbox WHERE due_at <= $1 AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) AND parked_reason IS NULL \
                 ORDER BY kind <> 'create_payment', due_at LIMIT $3) \
             RETURNING id, checkout_id, sales_unit, effect, tries, tries - tries_before AS fresh_tries, \
                 (SELECT state ->> 'trace_id' FROM checkouts WHERE checkouts.id = checkout_id) AS trace_id",
            "UPDATE outbox SET lease_until = $1 + $2, tries = tries + 1 WHERE id = ANY (ARRAY( \
                 SELECT id FROM outbox WHERE due_at <= $1 AND (lease_until <= $1 OR lease_until > $1 + 2 * $2) AND parked_reason IS NULL \
                 ORDER BY kind <> 'create_payment', due_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
             RETURNING id, checkout_id, sales_unit, effect, tries, tries - tries_before AS fresh_tries, \
                 (SELECT state ->> 'trace_id' FROM checkouts WHERE checkouts.id = checkout_id) AS trace_id",
        );
        let rows = self.db.returning(claim.bind(now).bind(lease_ms).bind(most), |row| {
            let claim = Claim { id: row.get("id")?, tries: row.get("tries")? };
            let Ok(effect) = serde_json::from_str(row.get("effect")?) else { return Ok(Err(claim)) };
            Ok(Ok(ClaimedEffect {
                claim,
                checkout_id: row.get("checkout_id")?,
                trace_id: row.get("trace_id")?,
                sales_unit: row.get("sales_unit")?,
                effect,
                tries: row.get("fresh_tries")?,
            }))
        });
        let mut claimed = Vec::new();
        for row in rows.await? {
            match row {
                Ok(effect) => claimed.push(effect),
                Err(claim) => self.park(&claim, "written by another release").await?,
            }
        }
        Ok(claimed)
    }

    /// When the next effect is due, or its lease expires.
    ///
    /// # Errors
    /// On a database error.
    pub async fn next_due(&self, now: Moment) -> Result<Option<Moment>, Error> {
        let query = Statement::new(
            "SELECT (SELECT min(due_at) FROM outbox WHERE parked_reason IS NULL AND due_at > $1) AS due, \
                    (SELECT min(lease_until) FROM outbox WHERE parked_reason IS NULL AND due_at <= $1) AS leased",
        );
        let read = |row: &Row<'_>| Ok([row.get::<Option<Moment>>("due")?, row.get("leased")?]);
        let found = self.db.one(query.bind(now), read).await?;
        Ok(found.into_iter().flatten().flatten().min())
    }

    /// Releases a claim, to be retried at `due_at`. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    pub async fn postpone(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        let postpone = Statement::new("UPDATE outbox SET due_at = $3, lease_until = 0 WHERE id = $1 AND tries = $2");
        self.db.execute(postpone.bind(&claim.id).bind(claim.tries).bind(due_at)).await.map(drop)
    }

    /// Parks an effect that cannot succeed, with the reason. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    pub async fn park(&self, claim: &Claim, reason: &str) -> Result<(), Error> {
        let park = Statement::new("UPDATE outbox SET parked_reason = $3, lease_until = 0 WHERE id = $1 AND tries = $2");
        self.db.execute(park.bind(&claim.id).bind(claim.tries).bind(reason)).await.map(drop)
    }
}

/// The right to settle a row of the outbox. It is lost when another worker claims the row after the lease has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the row.
    pub id: String,
    /// How many times the row has been claimed, including this time.
    pub tries: u32,
}

/// An effect that this process has claimed, until its lease expires.
#[derive(Clone, Debug)]
pub struct ClaimedEffect {
    /// The right to settle it.
    pub claim: Claim,
    /// Its checkout.
    pub checkout_id: CheckoutId,
    /// The checkout's trace id, if it has one.
    pub trace_id: Option<String>,
    /// The sales unit.
    pub sales_unit: String,
    /// What to do.
    pub effect: Effect,
    /// How many tries there were since it was planned or unparked, including this one.
    pub tries: u32,
}

/// Deletes the polls whose places are taken by those among the effects: of each payment, the next poll of its chain. The first one has none
/// before it.
pub(super) fn replacements(checkout: &Checkout, effects: &[Planned]) -> Vec<Statement> {
    let replaced = effects.iter().filter_map(|planned| match &planned.effect {
        Effect::Poll { reference, round: Some(2..) } => Some(reference),
        _ => None,
    });
    let delete = |reference: &Reference| {
        let delete = Statement::new(
            "DELETE FROM outbox WHERE checkout_id = $1 AND kind = 'look' AND effect ->> 'reference' = $2 \
                 AND effect ->> 'round' IS NOT NULL AND lease_until = 0",
        );
        delete.bind(checkout.id).bind(reference.as_str())
    };
    replaced.map(delete).collect()
}

/// Inserts the effects that are not events; `None` where there are none.
pub(super) fn insertion(
    checkout: &Checkout,
    effects: &[Planned],
    lease_ms: i64,
    now: Moment,
) -> Result<Option<Statement>, Error> {
    let row = |(position, planned): (usize, &Planned)| -> Result<[Value; 9], Error> {
        let (lease_until, tries) = first_claim(planned, lease_ms, now);
        Ok([
            effect_id(checkout, position).into(),
            checkout.id.into(),
            checkout.order.cart.sales_unit.as_str().into(),
            planned.effect.kind().into(),
            Value::Json(Some(serde_json::to_string(&planned.effect)?)),
            planned.due_at.into(),
            lease_until.into(),
            tries.into(),
            now.into(),
        ])
    };
    let planned = effects.iter().enumerate().filter(|(_, planned)| planned.event().is_none());
    let rows: Vec<_> = planned.map(row).collect::<Result<_, Error>>()?;
    let begin =
        "INSERT INTO outbox (id, checkout_id, sales_unit, kind, effect, due_at, lease_until, tries, created_at)";
    Ok((!rows.is_empty()).then(|| Statement::insert(begin, rows, "")))
}

/// The effects that a commit at `now` has claimed by its lease: those that were due at once.
pub fn born_claimed(checkout: &Checkout, effects: &[Planned], now: Moment) -> Vec<ClaimedEffect> {
    let due = |(_, planned): &(usize, &Planned)| planned.event().is_none() && planned.due_at <= now;
    let claimed = effects.iter().enumerate().filter(due).map(|(position, planned)| ClaimedEffect {
        claim: Claim { id: effect_id(checkout, position), tries: 1 },
        checkout_id: checkout.id,
        trace_id: Some(checkout.trace_id.clone()),
        sales_unit: checkout.order.cart.sales_unit.clone(),
        effect: planned.effect.clone(),
        tries: 1,
    });
    claimed.collect()
}

/// Until when the row of a new effect is claimed, and its tries: by the commit itself, if that has a lease and the effect is due at once.
fn first_claim(planned: &Planned, lease_ms: i64, now: Moment) -> (Moment, u32) {
    match lease_ms > 0 && planned.due_at <= now {
        true => (now.plus_ms(lease_ms), 1),
        false => (Moment(0), 0),
    }
}

/// The id of an effect's row: checkout, version, and position among the version's effects. The same for every retry of a commit.
pub(super) fn effect_id(checkout: &Checkout, position: usize) -> String {
    format!("{}-{}-{position}", checkout.id, checkout.version)
}
