//! The screens that the customer can see, as plain data.
//!
//! `update` decides which screen it is; `view` builds it. Nothing here knows how a screen looks.

use kvitt_wire::Amount;

/// What the customer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The pay button, or the page's own content.
    #[default]
    Closed,
    /// A request decides on the next screen.
    Fetching,
    /// The order, the terms, the telephone number, the pay button.
    Start,
    /// The customer is to approve the payment in the app.
    Waiting,
    /// The order confirmation: the payment is authorized.
    Confirmation,
    /// The payment failed, or a request did.
    Failure(Failure),
}

/// Why a payment or a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The customer declined in the app, went back, or did not share the telephone number.
    Aborted,
    /// The customer did not approve in time.
    Expired,
    /// The payment was cancelled.
    Terminated,
    /// The payment could not be created; the code says why.
    Failed(String),
    /// The price differs from the one that the customer saw.
    PriceChanged {
        /// The price that the customer saw.
        shown: Amount,
    },
    /// There is no such checkout.
    NotFound,
    /// The proxy did not answer.
    Unreachable,
    /// The proxy cannot answer now; a retry may help.
    Busy,
    /// The proxy refused, and a retry does not help; the code says why.
    Refused(String),
}

impl Failure {
    /// The stable code of the `kvitt:trouble` event.
    pub fn code(&self) -> &str {
        match self {
            Self::Aborted => "aborted",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
            Self::PriceChanged { .. } => "price_changed",
            Self::NotFound => "not_found",
            Self::Unreachable => "unreachable",
            Self::Busy => "busy",
            Self::Failed(code) | Self::Refused(code) => code,
        }
    }
}
