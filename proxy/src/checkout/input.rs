//! The facts that a checkout takes in.

use kvitt_wire::{Aggregate, Amount};

use super::category::Category;
use super::operation::{Answered, Asked, OperationId};
use super::{Consent, Moment, PhoneNumber, Reference};

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The customer wants to cancel.
    Cancel,
    /// The customer accepts the terms and presses pay, with or without sharing the telephone number.
    Pay(Option<Consent>),
    /// The customer wants to try again, with or without sharing the telephone number.
    Retry(Option<Consent>),
    /// The shop takes back what it offered.
    Withdraw,
    /// The shop wants money moved.
    Operate(Asked),
    /// The shop gives the order a link in the app.
    Categorize(Category),
    /// What the customer shared is to be forgotten.
    Erase,
    /// News of one payment.
    Payment(Reference, News),
}

/// What is new about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something may have happened to it: a webhook, a customer who came back.
    Signal,
    /// The time to press pay is over.
    Lapsed,
    /// The vendor has created it.
    Created {
        /// Where the customer approves it.
        redirect_url: Option<String>,
    },
    /// The vendor has created it, and names a place to approve it that no customer is sent to.
    Misdirected,
    /// The vendor will not create it.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
    /// It was to be sent to a customer who is not known any more.
    Forgotten,
    /// The vendor could not be reached while a customer would wait. It may exist or not.
    Unreachable,
    /// `GET payment` was answered.
    Looked {
        /// The number of the look in the polling chain; none for a look that a signal asked for.
        round: Option<u32>,
        /// The answer.
        seen: Seen,
    },
    /// The cancellation was answered, whichever way; the next look tells.
    CancelAnswered,
    /// An operation of the shop's was answered.
    Operated {
        /// Which.
        id: OperationId,
        /// How.
        answered: Answered,
    },
    /// The Userinfo API was asked.
    ProfileRead {
        /// The customer, as the payment names them.
        sub: Option<String>,
        /// The number; none when the API will not tell.
        phone_number: Option<PhoneNumber>,
    },
    /// The link in the app was taken, or will not be.
    Categorized {
        /// The how many-th it was on this payment.
        nth: u32,
        /// Why it was not taken.
        trouble: Option<String>,
    },
    /// The receipt was taken or was already there, or will not be taken.
    ReceiptAnswered {
        /// Why it was not taken.
        trouble: Option<String>,
    },
}

/// A payment as `GET payment` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its state.
    pub state: PaymentState,
    /// Its amount; `None` when it is in a currency that we do not know.
    pub amount: Option<Amount>,
    /// What has become of the money.
    pub aggregate: Aggregate,
    /// Until when a capture is sure to succeed.
    pub capture_guaranteed_until: Option<Moment>,
    /// The customer's name towards this sales unit, after consent.
    pub sub: Option<String>,
    /// The telephone number, after consent.
    pub phone_number: Option<PhoneNumber>,
}

/// The [states of a payment](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/), and those that the vendor may add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Waiting for the customer.
    Created,
    /// The money is reserved. Stays so after capture, cancel and refund.
    Authorized,
    /// The customer said no.
    Aborted,
    /// The customer did nothing in time.
    Expired,
    /// Cancelled before the customer approved.
    Terminated,
    /// A word that this release does not know: not final, look again.
    Unknown,
}

/// When to look at a payment that no webhook has told us about: first after `first_ms`, then every `every_ms`, ever more seldom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// From the creation to the first look, in milliseconds. The vendor asks for five seconds.
    pub first_ms: i64,
    /// Between two looks in the first minute, in milliseconds. The vendor allows two seconds.
    pub every_ms: i64,
}
