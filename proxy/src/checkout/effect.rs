//! Effects: what the proxy has to do after a step, as plain data.
//!
//! A step returns them, the store writes them to the outbox in the transaction of the new state, and
//! [`vendor::perform`](crate::vendor::perform) carries them out, at least once. The serialized form is stored: a renamed variant or field
//! keeps its old name with `#[serde(rename)]`. No effect contains personal data.

use kvitt_wire::{Amount, Line, PaymentSources};
use serde::{Deserialize, Serialize};

use super::category::Category;
use super::operation::{OperationId, OperationKind};
use super::{Event, Moment, Private, Reference};

/// An effect and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub effect: Effect,
    /// The earliest time to do it.
    pub due_at: Moment,
}

impl Planned {
    /// The event that the shop is notified of; `None` for every other effect.
    pub fn event(&self) -> Option<&Event> {
        match &self.effect {
            Effect::Notify(event) => Some(event),
            _ => None,
        }
    }
}

/// Something to do. It contains everything that the request will say, so that a retry sends the same request under the same idempotency
/// key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// [Create the payment](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/).
    CreatePayment(Box<CreatePayment>),
    /// Expire an offer whose time is over. A timer: no request is sent.
    #[serde(rename = "lapse")]
    ExpireOffer {
        /// The reference that the payment would have had.
        reference: Reference,
    },
    /// Poll the payment: `GET payment`.
    #[serde(rename = "look")]
    Poll {
        /// Which payment.
        reference: Reference,
        /// The number of this poll in the chain of polls that each plan the next one; `None` for a single poll after a signal. A payment has one
        /// chain: a poll of it takes the place of the one that was planned before.
        round: Option<u32>,
    },
    /// Cancel the payment.
    CancelPayment {
        /// Which payment.
        reference: Reference,
        /// The idempotency key.
        key: String,
        /// Whether to cancel only a payment that the customer has not approved yet. False where the reservation is to be released: the
        /// order was paid by another attempt, or the amount is wrong.
        unless_authorized: bool,
    },
    /// Capture, refund or cancel, as the shop has requested.
    Operate(Operate),
    /// Send the receipt through the [Order Management API](https://developer.vippsmobilepay.com/docs/APIs/order-management-api/).
    SendReceipt {
        /// Which payment.
        reference: Reference,
        /// The receipt.
        receipt: Receipt,
    },
    /// Set the payment's link in the app, through the
    /// [Order Management API](https://developer.vippsmobilepay.com/docs/APIs/order-management-api/).
    Categorize {
        /// Which payment.
        reference: Reference,
        /// Counts the categories of this payment, from 1.
        nth: u32,
        /// The link.
        category: Box<Category>,
    },
    /// Read the telephone number from the [Userinfo API](https://developer.vippsmobilepay.com/docs/APIs/userinfo-api/), where the payment
    /// did not contain it.
    ReadProfile {
        /// Which payment. The customer's id is read from the payment: no effect contains personal data.
        reference: Reference,
        /// The Userinfo API answers until this moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// Notify the shop's endpoints. The store writes one delivery for each endpoint, and no row in the outbox.
    #[serde(rename = "tell")]
    Notify(Box<Event>),
}

/// The request that [creates a payment](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePayment {
    /// The reference of the new payment.
    pub reference: Reference,
    /// The idempotency key.
    pub key: String,
    /// The amount to pay, in minor units.
    pub amount: Amount,
    /// Shown in the app.
    pub description: String,
    /// The address that the customer returns to.
    pub return_url: Private,
    /// How the customer is led to the payment.
    #[serde(default)]
    pub flow: super::Flow,
    /// Whether the request names the customer's telephone number. It is read from the order when the request is sent: no effect contains
    /// personal data.
    #[serde(default)]
    pub with_number: bool,
    /// When the payment expires; `None` for the default of ten minutes.
    #[serde(default)]
    pub expires_at: Option<Moment>,
    /// Whether the customer is physically present in the shop.
    #[serde(default)]
    pub customer_present: bool,
    /// Whether the app asks the customer to share the telephone number.
    pub shares_phone_number: bool,
    /// The receipt, where it is sent within this request.
    pub receipt: Option<Receipt>,
    /// The request is not sent or retried after this moment: the customer has stopped waiting.
    pub give_up_at: Moment,
}

/// A capture, refund or cancel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operate {
    /// Which payment.
    pub reference: Reference,
    /// Which operation on it.
    pub id: OperationId,
    /// Capture, refund or cancel.
    pub kind: OperationKind,
    /// How much, in minor units. A cancel always releases all that is not captured.
    pub amount: Amount,
    /// The idempotency key.
    pub key: String,
    /// When the shop requested it, so that an old request is not repeated unseen. `None` in effects of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Moment>,
}

/// A receipt for the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order number that is printed on it.
    pub number: String,
    /// Its lines. Their totals add up to the payment's amount and what is paid by other means.
    pub lines: Vec<Line>,
    /// What is paid by other means.
    #[serde(default, skip_serializing_if = "PaymentSources::is_empty")]
    pub payment_sources: PaymentSources,
    /// The currency of every amount on it.
    pub currency: kvitt_wire::Currency,
}

impl Effect {
    /// Whether its request contains the customer's telephone number.
    pub fn sends_number(&self) -> bool {
        matches!(self, Self::CreatePayment(create) if create.with_number)
    }

    /// Its name in the database and in the log.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CreatePayment(_) => "create_payment",
            Self::ExpireOffer { .. } => "lapse",
            Self::Poll { .. } => "look",
            Self::CancelPayment { .. } => "cancel_payment",
            Self::Operate(operation) => operation.kind.as_str(),
            Self::SendReceipt { .. } => "send_receipt",
            Self::Categorize { .. } => "categorize",
            Self::ReadProfile { .. } => "read_profile",
            Self::Notify(_) => "tell",
        }
    }

    /// The same effect under a new idempotency key, for one that was refused: Vipps MobilePay repeats the refusal for the old key. `after`
    /// makes the key unique.
    #[must_use]
    pub fn with_new_key(mut self, after: u32) -> Self {
        if let Self::CancelPayment { reference, key, .. } = &mut self {
            *key = reference.key(&format!("{key}-after-{after}"));
        }
        self
    }

    /// The payment that it concerns.
    pub const fn reference(&self) -> &Reference {
        match self {
            Self::CreatePayment(create) => &create.reference,
            Self::Operate(operation) => &operation.reference,
            Self::ExpireOffer { reference }
            | Self::Poll { reference, .. }
            | Self::CancelPayment { reference, .. }
            | Self::SendReceipt { reference, .. }
            | Self::Categorize { reference, .. }
            | Self::ReadProfile { reference, .. } => reference,
            Self::Notify(event) => &event.order.reference,
        }
    }
}
