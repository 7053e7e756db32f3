//! What is to be done in the world: data, written down in the same transaction as the state that calls for it.

use kvitt_wire::{Amount, Line};
use serde::{Deserialize, Serialize};

use super::category::Category;
use super::operation::{OperationId, OperationKind};
use super::{Event, Moment, Private, Reference};

/// Something to do, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub effect: Effect,
    /// Not before this moment.
    pub due_at: Moment,
}

impl Planned {
    /// What the shop is told, if that is what is to be done.
    pub fn told(&self) -> Option<&Event> {
        match &self.effect {
            Effect::Tell(event) => Some(event),
            _ => None,
        }
    }
}

/// Something to do. Everything that the request will say is in here, so that a repeat says the same under the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// [Create the payment](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/).
    CreatePayment(Box<CreatePayment>),
    /// Say that the time to press pay is over. Nothing is asked of anybody.
    Lapse {
        /// The payment that it would have been.
        reference: Reference,
    },
    /// Read the payment. `round` counts the looks of the polling chain; a look that a signal asked for has none.
    Look {
        /// Which payment.
        reference: Reference,
        /// The number of this look in the polling chain.
        round: Option<u32>,
    },
    /// Cancel the payment.
    CancelPayment {
        /// Which payment.
        reference: Reference,
        /// The idempotency key.
        key: String,
        /// Whether money that has just been reserved is to be left alone. Always, unless the order was paid twice.
        unless_authorized: bool,
    },
    /// Move money as the shop asked.
    Operate {
        /// Which payment.
        reference: Reference,
        /// Which operation on it.
        id: OperationId,
        /// What to do.
        kind: OperationKind,
        /// How much, in minor units; a cancel is of all that is left.
        amount: Amount,
        /// The idempotency key.
        key: String,
    },
    /// Send the receipt through the Order Management API.
    SendReceipt {
        /// Which payment.
        reference: Reference,
        /// What it says.
        receipt: Receipt,
    },
    /// Give the payment its link in the app, through the Order Management API.
    Categorize {
        /// Which payment.
        reference: Reference,
        /// The how many-th link it is.
        nth: u32,
        /// What it says.
        category: Box<Category>,
    },
    /// Ask the Userinfo API for the telephone number that the payment itself did not tell.
    ReadProfile {
        /// Which payment. Whose it is stands in the payment itself: no effect names a person.
        reference: Reference,
        /// After this moment the vendor does not tell it any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// Tell the shop. The store writes it to the relay's queue, one row for each endpoint, and not to the outbox.
    Tell(Box<Event>),
}

/// The request that creates a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePayment {
    /// The payment's name.
    pub reference: Reference,
    /// The idempotency key.
    pub key: String,
    /// What the customer is asked for.
    pub amount: Amount,
    /// Shown in the app.
    pub description: String,
    /// Where the customer is sent back to.
    pub return_url: Private,
    /// How the customer gets to it.
    #[serde(default)]
    pub flow: super::Flow,
    /// Whether the vendor is told the number that is known. Whose it is stands with the order: no effect names a person.
    #[serde(default)]
    pub with_number: bool,
    /// Until when the vendor holds it, where that is longer than ten minutes.
    #[serde(default)]
    pub expires_at: Option<Moment>,
    /// Whether the customer stands in front of the shop's people.
    #[serde(default)]
    pub customer_present: bool,
    /// Whether the customer is asked for the telephone number.
    pub shares_phone_number: bool,
    /// The receipt, when it travels with the payment.
    pub receipt: Option<Receipt>,
    /// After this moment it is not asked for any more: a customer does not wait longer.
    pub give_up_at: Moment,
}

/// A receipt for the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The number printed on it.
    pub number: String,
    /// Its lines; they sum to the payment's amount.
    pub lines: Vec<Line>,
    /// The currency of every amount on it.
    pub currency: kvitt_wire::Currency,
}

impl Effect {
    /// Whether the customer's number is told to the vendor with it.
    pub fn tells_number(&self) -> bool {
        matches!(self, Self::CreatePayment(create) if create.with_number)
    }

    /// The word for it in a column and in the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CreatePayment(_) => "create_payment",
            Self::Lapse { .. } => "lapse",
            Self::Look { .. } => "look",
            Self::CancelPayment { .. } => "cancel_payment",
            Self::Operate { kind, .. } => kind.as_str(),
            Self::SendReceipt { .. } => "send_receipt",
            Self::Categorize { .. } => "categorize",
            Self::ReadProfile { .. } => "read_profile",
            Self::Tell(_) => "tell",
        }
    }

    /// The same under another key, for one that was refused: a refusal is final for the key that it was given to. `after` tells this time
    /// from others.
    #[must_use]
    pub fn under_another_key(mut self, after: u32) -> Self {
        if let Self::CancelPayment { reference, key, .. } = &mut self {
            *key = reference.key(&format!("{key}-after-{after}"));
        }
        self
    }

    /// The payment that it is about.
    pub const fn reference(&self) -> &Reference {
        match self {
            Self::CreatePayment(create) => &create.reference,
            Self::Lapse { reference }
            | Self::Look { reference, .. }
            | Self::CancelPayment { reference, .. }
            | Self::Operate { reference, .. }
            | Self::SendReceipt { reference, .. }
            | Self::Categorize { reference, .. }
            | Self::ReadProfile { reference, .. } => reference,
            Self::Tell(event) => &event.order.reference,
        }
    }
}
