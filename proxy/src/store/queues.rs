//! What waits in the queues, for the operator: counted, shown, and released when it was parked.

use serde::Serialize;

use super::{Claim, Error, Store};
use crate::checkout::{Effect, Moment};

verbs! {
    /// How much waits where.
    ///
    /// # Errors
    /// When the database says no.
    fn depths(now: Moment) -> Result<Depths, Error>;

    /// How many checkouts there are in each phase.
    ///
    /// # Errors
    /// When the database says no.
    fn phases() -> Result<Vec<(String, i64)>, Error>;

    /// Effects that wait or are parked, oldest first.
    ///
    /// # Errors
    /// When the database says no.
    fn effects(which: Which, most: u32) -> Result<Vec<Listed>, Error>;

    /// The effects that are parked, or the one of that id, with the claim that each was parked under. None instead of an effect that
    /// does not read.
    ///
    /// # Errors
    /// When the database says no.
    fn parked(id: Option<&str>) -> Result<Vec<Parked>, Error>;

    /// Has a parked effect done after all: due now, its tries counted anew. False when it is no longer parked as it was.
    ///
    /// # Errors
    /// When the database says no.
    fn unpark(claim: &Claim, effect: Option<&Effect>, now: Moment) -> Result<bool, Error>;

    /// How long the oldest webhook has waited to be worked on, in milliseconds; none when none waits.
    ///
    /// # Errors
    /// When the database says no.
    fn inbox_age_ms(now: Moment) -> Result<Option<i64>, Error>;
}

/// Which effects to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that wait for their time, their worker, or the outcome.
    Waiting,
    /// Those that are parked.
    Parked,
    /// Both.
    All,
}

impl Which {
    /// The values that `parked_reason IS NOT NULL` may have, as the two numbers that it lies between.
    pub(super) const fn parked_between(self) -> (bool, bool) {
        match self {
            Self::Waiting => (false, false),
            Self::Parked => (true, true),
            Self::All => (false, true),
        }
    }
}

/// An effect as an operator sees it: without what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its row.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// The sales unit.
    pub sales_unit: String,
    /// The payment; none in a document that another release wrote in its own way.
    pub reference: Option<String>,
    /// How often it was begun since it was planned or released.
    pub tries: i64,
    /// When it was planned.
    pub created_at: Moment,
    /// When it is to be done.
    pub due_at: Moment,
    /// Why it was put aside, if it was.
    pub parked_reason: Option<String>,
}

/// A parked effect.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The claim under which it was parked.
    pub claim: Claim,
    /// Why.
    pub reason: String,
    /// What is to be done; none when it does not read.
    pub effect: Option<Effect>,
}

/// Numbers for the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Webhooks not yet worked on.
    pub inbox: i64,
    /// Effects that wait for their time or their worker.
    pub outbox: i64,
    /// Effects that cannot succeed and wait for the operator.
    pub parked: i64,
    /// How late the most overdue effect is, in milliseconds.
    pub overdue_ms: i64,
}
