//! What the shop asks to be done with a customer's money: to take it, to give it back, to let it go.
//!
//! An operation is written down before it is asked for, with the key that it is asked under; it stays pending until the vendor has
//! answered, however long that takes, and counts against what is left for as long as it does.

use kvitt_wire::{Aggregate, Amount, Currency, Pieces, ShopOperation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Moment;

/// The name of an operation. The shop's repeat of a request has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub Uuid);

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Reserved money is taken, all of it or a part.
    Capture,
    /// What is reserved and not taken is let go.
    Cancel,
    /// Taken money is given back, all of it or a part.
    Refund,
}

impl OperationKind {
    /// The word for it in the log and in a key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// What the shop asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub id: OperationId,
    /// What is to be done.
    pub kind: OperationKind,
    /// How much, in minor units; all that is left when absent. A cancel is always of all that is left.
    pub amount: Option<i64>,
    /// What was shipped or sent back, for the shop's own books.
    pub lines: Vec<Pieces>,
}

/// What was asked for, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its name.
    pub id: OperationId,
    /// What is done.
    pub kind: OperationKind,
    /// How much, in minor units of the order's currency.
    pub amount: i64,
    /// What was shipped or sent back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Pieces>,
    /// Where it stands.
    pub outcome: Outcome,
    /// When the shop asked.
    pub asked_at: Moment,
    /// When the vendor had answered.
    pub settled_at: Option<Moment>,
}

impl Operation {
    /// What the shop may see.
    pub(super) fn for_shop(&self, currency: Currency) -> ShopOperation {
        let (state, trouble) = self.outcome.for_shop();
        ShopOperation {
            id: self.id.0.to_string(),
            kind: self.kind.as_str().to_owned(),
            amount: Amount { value: self.amount, currency },
            lines: self.lines.clone(),
            state: state.to_owned(),
            trouble,
            advice: None,
            asked_at_ms: self.asked_at.0,
            settled_at_ms: self.settled_at.map(|at| at.0),
        }
    }
}

/// Where an operation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not answered yet. It may have been done.
    Pending,
    /// Done.
    Done,
    /// The vendor will not do it.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
}

impl Outcome {
    /// The word for it, and why it was refused.
    pub(super) fn for_shop(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Pending => ("pending", None),
            Self::Done => ("done", None),
            Self::Refused { trouble } => ("refused", Some(trouble.clone())),
        }
    }
}

/// What the vendor answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is done, and this is what has become of the money.
    Done(Aggregate),
    /// It will not be done.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
}
