//! Operations on the money of a paid order: capture, refund, cancel.
//!
//! An operation is stored with its idempotency key before it is sent to Vipps MobilePay. It stays pending until the answer arrives, however
//! long that takes, and its amount is not available to other operations meanwhile.

use kvitt_wire::{Actor, Aggregate, Amount, Currency, Pieces, ShopOperation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Moment;

/// The id of an operation, derived from the shop's idempotency key: a repeated request has the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub Uuid);

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Takes reserved money, all of it or a part.
    Capture,
    /// Releases all that is reserved and not captured.
    Cancel,
    /// Returns captured money, all of it or a part.
    Refund,
}

impl OperationKind {
    /// Its name in the log and in idempotency keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// An operation that the shop requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRequest {
    /// Its id.
    pub id: OperationId,
    /// Its kind.
    pub kind: OperationKind,
    /// How much, in minor units; `None` for all that is left. A cancel always releases all that is left.
    pub amount: Option<i64>,
    /// The pieces that were shipped or sent back, for the shop's own records.
    pub lines: Vec<Pieces>,
    /// Who asked.
    pub by: Option<Actor>,
}

/// A requested operation and its outcome. The serialized form is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Its kind.
    pub kind: OperationKind,
    /// How much, in minor units of the order's currency.
    pub amount: i64,
    /// The pieces that were shipped or sent back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Pieces>,
    /// Who asked; `None` in documents of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Its outcome.
    pub outcome: Outcome,
    /// When the shop requested it.
    pub asked_at: Moment,
    /// When Vipps MobilePay answered.
    pub settled_at: Option<Moment>,
}

impl Operation {
    /// Whether Vipps MobilePay refused it.
    pub(super) const fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. })
    }

    /// As the shop's API shows it.
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
            by: self.by.clone(),
            asked_at_ms: self.asked_at.0,
            settled_at_ms: self.settled_at.map(|at| at.0),
        }
    }
}

/// The outcome of a request to Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not answered yet. It may have succeeded.
    Pending,
    /// It succeeded.
    Done,
    /// Vipps MobilePay refused it.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
}

impl Outcome {
    /// Its name in the API, and the reason of a refusal.
    pub(super) fn for_shop(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Pending => ("pending", None),
            Self::Done => ("done", None),
            Self::Refused { trouble } => ("refused", Some(trouble.clone())),
        }
    }
}

/// The answer of Vipps MobilePay to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationResult {
    /// It succeeded; the payment's amounts after it.
    Done(Aggregate),
    /// It was refused.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
}
