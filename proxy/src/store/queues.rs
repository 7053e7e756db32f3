//! The operator's view of the queues: counts, lists, and the release of parked effects.

use kvitt_wire::State;
use serde::Serialize;

use super::db::{Row, Statement, Value};
use super::{Claim, Error, Store};
use crate::checkout::audit::Entry;
use crate::checkout::{CheckoutId, Effect, Moment};

/// How far anything is counted, so that counting stays quick.
pub const MOST_COUNTED: u32 = 100_000;

impl Store {
    /// The sizes of the queues, each counted up to [`MOST_COUNTED`].
    ///
    /// # Errors
    /// On a database error.
    pub async fn depths(&self, now: Moment) -> Result<Depths, Error> {
        let query = Statement::new(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM inbox WHERE done_at IS NULL LIMIT $2) AS few) AS inbox, \
                    (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE parked_reason IS NULL LIMIT $2) AS few) AS outbox, \
                    (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE parked_reason IS NOT NULL LIMIT $2) AS few) AS parked, \
                    $1 - (SELECT min(due_at) FROM outbox WHERE parked_reason IS NULL) AS overdue_ms",
        );
        let read = |row: &Row<'_>| {
            Ok(Depths {
                inbox: row.get("inbox")?,
                outbox: row.get("outbox")?,
                parked: row.get("parked")?,
                overdue_ms: row.get::<Option<i64>>("overdue_ms")?.unwrap_or_default().max(0),
            })
        };
        Ok(self.db.one(query.bind(now).bind(MOST_COUNTED), read).await?.unwrap_or_default())
    }

    /// The number of checkouts in each state that there are any in, counted up to [`MOST_COUNTED`].
    ///
    /// # Errors
    /// On a database error.
    pub async fn phases(&self) -> Result<Vec<(State, i64)>, Error> {
        let query = Statement::new(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM checkouts WHERE phase = $1 AND idle_until IS NULL LIMIT $2) AS few) \
                  + (SELECT count(*) FROM (SELECT 1 FROM checkouts WHERE $1 = 'open' AND idle_until IS NOT NULL LIMIT $2) AS few) \
             AS count",
        );
        let mut phases = Vec::new();
        for state in State::ALL {
            let counted = query.clone().bind(state.as_str()).bind(MOST_COUNTED);
            let count = self.db.one(counted, |row| row.get("count")).await?.unwrap_or_default();
            phases.extend((count > 0).then_some((state, count)));
        }
        Ok(phases)
    }

    /// Effects that are pending or parked, oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn effects(&self, which: EffectFilter, most: u32) -> Result<Vec<ListedEffect>, Error> {
        let mut query = Statement::new(
            "SELECT id, kind, sales_unit, effect ->> 'reference' AS reference, tries - tries_before AS tries, created_at, due_at, \
                    parked_reason FROM outbox",
        );
        query.push(match which {
            EffectFilter::Waiting => " WHERE parked_reason IS NULL",
            EffectFilter::Parked => " WHERE parked_reason IS NOT NULL",
            EffectFilter::All => "",
        });
        query.push(" ORDER BY created_at, id LIMIT ");
        query.push_value(most);
        self.db
            .all(query, |row| {
                Ok(ListedEffect {
                    id: row.get("id")?,
                    kind: row.get("kind")?,
                    sales_unit: row.get("sales_unit")?,
                    reference: row.get("reference")?,
                    tries: row.get("tries")?,
                    created_at: row.get("created_at")?,
                    due_at: row.get("due_at")?,
                    parked_reason: row.get("parked_reason")?,
                })
            })
            .await
    }

    /// All parked effects, or the one of that id, each with the claim under which it was parked.
    ///
    /// # Errors
    /// On a database error.
    pub async fn parked(&self, id: Option<&str>) -> Result<Vec<ParkedEffect>, Error> {
        let query = Statement::new(
            "SELECT id, checkout_id, sales_unit, tries, effect, parked_reason FROM outbox \
             WHERE parked_reason IS NOT NULL AND ($1 IS NULL OR id = $1) ORDER BY created_at, id",
        );
        self.db
            .all(query.bind(id), |row| {
                Ok(ParkedEffect {
                    claim: Claim { id: row.get("id")?, tries: row.get("tries")? },
                    checkout_id: row.get("checkout_id")?,
                    sales_unit: row.get("sales_unit")?,
                    reason: row.get("parked_reason")?,
                    effect: serde_json::from_str(row.get("effect")?).ok(),
                })
            })
            .await
    }

    /// Releases a parked effect: it is due now, and its tries are counted from zero. `effect` replaces it, if given. False when it is no
    /// longer parked under that claim.
    ///
    /// # Errors
    /// On a database error.
    pub async fn unpark(&self, claim: &Claim, effect: Option<&Effect>, audit: &Entry) -> Result<bool, Error> {
        let unpark = Statement::new(
            "UPDATE outbox SET parked_reason = NULL, tries_before = tries, due_at = $3, lease_until = 0, \
                    effect = coalesce($4, effect) \
             WHERE id = $1 AND tries = $2 AND parked_reason IS NOT NULL",
        );
        let effect = effect.map(serde_json::to_string).transpose()?;
        let unpark = unpark.bind(&claim.id).bind(claim.tries).bind(audit.at).bind(Value::Json(effect));
        Ok(self.audited([unpark], audit).await? == 1)
    }

    /// The age of the oldest webhook that is not processed, in milliseconds; `None` where there is none.
    ///
    /// # Errors
    /// On a database error.
    pub async fn inbox_age_ms(&self, now: Moment) -> Result<Option<i64>, Error> {
        let query =
            Statement::new("SELECT $1 - received_at AS age FROM inbox WHERE done_at IS NULL ORDER BY id LIMIT 1");
        self.db.one(query.bind(now), |row| row.get("age")).await
    }
}

/// Which effects to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectFilter {
    /// Pending: not due yet, not claimed, or in progress.
    Waiting,
    /// Parked.
    Parked,
    /// Both.
    All,
}

/// An effect in a list, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedEffect {
    /// The id of its row.
    pub id: String,
    /// The kind of the effect.
    pub kind: String,
    /// The sales unit.
    pub sales_unit: String,
    /// The payment's reference; `None` where another release wrote the document in another form.
    pub reference: Option<String>,
    /// How many tries there were since it was planned or unparked.
    pub tries: i64,
    /// When it was planned.
    pub created_at: Moment,
    /// When it is due.
    pub due_at: Moment,
    /// Why it is parked, if it is.
    pub parked_reason: Option<String>,
}

/// A parked effect.
#[derive(Clone, Debug)]
pub struct ParkedEffect {
    /// The claim under which it was parked.
    pub claim: Claim,
    /// The checkout that it belongs to.
    pub checkout_id: CheckoutId,
    /// The sales unit.
    pub sales_unit: String,
    /// Why it was parked.
    pub reason: String,
    /// The effect; `None` where it cannot be parsed.
    pub effect: Option<Effect>,
}

/// The sizes of the queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Webhooks that are not processed.
    pub inbox: i64,
    /// Pending effects.
    pub outbox: i64,
    /// Parked effects, which need manual action.
    pub parked: i64,
    /// How late the most overdue effect is, in milliseconds.
    pub overdue_ms: i64,
}
