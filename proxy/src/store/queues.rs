//! The operator's view of the queues: counts, lists, and the release of parked effects.

use serde::Serialize;

use super::{Claim, Error, Store};
use crate::checkout::audit::Entry;
use crate::checkout::{CheckoutId, Effect, Moment};

verbs! {
    /// The sizes of the queues.
    ///
    /// # Errors
    /// On a database error.
    fn depths(now: Moment) -> Result<Depths, Error>;

    /// The number of checkouts in each state.
    ///
    /// # Errors
    /// On a database error.
    fn phases() -> Result<Vec<(String, i64)>, Error>;

    /// Effects that are pending or parked, oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn effects(which: EffectFilter, most: u32) -> Result<Vec<ListedEffect>, Error>;

    /// All parked effects, or the one of that id, each with the claim under which it was parked.
    ///
    /// # Errors
    /// On a database error.
    fn parked(id: Option<&str>) -> Result<Vec<ParkedEffect>, Error>;

    /// Releases a parked effect: it is due now, and its tries are counted from zero. `effect` replaces it, if given. False when it is no
    /// longer parked under that claim.
    ///
    /// # Errors
    /// On a database error.
    fn unpark(claim: &Claim, effect: Option<&Effect>, audit: &Entry) -> Result<bool, Error>;

    /// The age of the oldest webhook that is not processed, in milliseconds; `None` where there is none.
    ///
    /// # Errors
    /// On a database error.
    fn inbox_age_ms(now: Moment) -> Result<Option<i64>, Error>;
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

impl EffectFilter {
    /// The values that `parked_reason IS NOT NULL` may have, as the bounds of a `BETWEEN`.
    pub(super) const fn parked_between(self) -> (bool, bool) {
        match self {
            Self::Waiting => (false, false),
            Self::Parked => (true, true),
            Self::All => (false, true),
        }
    }
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
