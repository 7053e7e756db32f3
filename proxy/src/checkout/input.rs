//! The inputs of a [step](super::step()): commands of the customer and of the shop, and updates of a payment.
//!
//! Commands can be refused with a [`Refusal`](super::Refusal). Updates state what has already happened and are never refused.

use kvitt_wire::{Aggregate, Amount};

use super::category::Category;
use super::operation::{OperationId, OperationRequest, OperationResult};
use super::{Consent, Moment, PhoneNumber, Reference};

/// A command or a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The customer cancels the payment.
    Cancel,
    /// The customer accepts the terms and pays, with or without consent to share the telephone number.
    Pay(Option<Consent>),
    /// The customer tries again, with or without consent to share the telephone number.
    Retry(Option<Consent>),
    /// A page claims the purchase, to report it to the shop's analytics. The text is that page's own.
    Claim(String),
    /// The shop withdraws its offer.
    Withdraw,
    /// The shop requests a capture, a refund or a cancel.
    Operate(OperationRequest),
    /// The shop sets the order's link in the app.
    Categorize(Category),
    /// The customer's personal data is to be erased.
    Erase,
    /// An update of the payment with that reference.
    Payment(Reference, Update),
}

/// A fact about one payment: a timer, a webhook, or the outcome of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// The payment may have changed: a webhook arrived, or the customer came back. It triggers a poll.
    Signal,
    /// The offer's time is over, and no payment was requested.
    OfferExpired,
    /// Vipps MobilePay has created the payment.
    Created {
        /// Where the customer approves it; `None` for a push to the app.
        redirect_url: Option<String>,
    },
    /// Vipps MobilePay has created the payment, but with a redirect address at a host that is not allowed.
    BadRedirect,
    /// Vipps MobilePay refused to create the payment.
    CreateRefused {
        /// Why, as a stable code.
        trouble: String,
    },
    /// The customer whom the payment was to be pushed to has been erased.
    CustomerErased,
    /// Creating the payment got no answer before the deadline. The payment may exist or not.
    CreateTimedOut,
    /// `GET payment` was answered.
    Polled {
        /// The number of the poll in its chain; `None` for a single poll after a signal.
        round: Option<u32>,
        /// The answer.
        payment: PaymentSnapshot,
    },
    /// The cancellation was accepted or refused. The next poll shows which.
    CancelAnswered,
    /// An operation of the shop was answered.
    Operated {
        /// Which operation.
        id: OperationId,
        /// The answer.
        result: OperationResult,
    },
    /// The Userinfo API was read.
    ProfileRead {
        /// The customer's id at this sales unit.
        sub: Option<String>,
        /// The telephone number; `None` where the API does not return it.
        phone_number: Option<PhoneNumber>,
    },
    /// The category was accepted or refused.
    Categorized {
        /// Which category of this payment, counted from 1.
        nth: u32,
        /// Why it was refused, as a stable code; `None` where it was accepted.
        trouble: Option<String>,
    },
    /// The receipt was accepted, was there already, or was refused.
    ReceiptAnswered {
        /// Why it was refused, as a stable code; `None` where it was accepted.
        trouble: Option<String>,
    },
}

/// A payment as `GET payment` returned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSnapshot {
    /// The state.
    pub state: PaymentState,
    /// The amount, in minor units; `None` where it is in an unknown currency.
    pub amount: Option<Amount>,
    /// How much was authorized, captured, cancelled and refunded, in minor units.
    pub aggregate: Aggregate,
    /// Until when a capture is guaranteed to succeed.
    pub capture_guaranteed_until: Option<Moment>,
    /// The customer's id at this sales unit, if the customer consented.
    pub sub: Option<String>,
    /// The telephone number, if the customer consented.
    pub phone_number: Option<PhoneNumber>,
}

/// The [states of a payment](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/) at Vipps MobilePay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Waits for the customer.
    Created,
    /// The money is reserved. The state stays the same after capture, cancel and refund.
    Authorized,
    /// The customer rejected it.
    Aborted,
    /// The customer did not act in time.
    Expired,
    /// Cancelled before the customer approved it.
    Terminated,
    /// A state that this release does not know. Not final: the payment is polled again.
    Unknown,
}

/// When to poll a payment that no webhook has arrived for: first after `first_ms`, then every `every_ms`, then ever more rarely. Where
/// webhooks are [trusted](super::trust), rarely from the second poll on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// From the creation to the first poll, in milliseconds. Vipps MobilePay asks for five seconds.
    pub first_ms: i64,
    /// Between two polls in the first minute, in milliseconds. Vipps MobilePay allows two seconds.
    pub every_ms: i64,
    /// Whether the webhooks of the sales unit are trusted.
    pub rarely: bool,
}
