//! What the customer can be looking at: plain data that `update` decides on and the view builds.

use kvitt_wire::Amount;

/// What the customer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The button, or the page's own content.
    #[default]
    Closed,
    /// Fetching what is to be shown.
    Fetching,
    /// The order, the terms, the number, the pay button.
    Start,
    /// The payment is at Vipps MobilePay.
    Waiting,
    /// Paid: the confirmation.
    Done,
    /// It came to nothing, and what can be done about it.
    Trouble(Trouble),
}

/// Why it came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The customer said no, went back, or would not share the number.
    Aborted,
    /// Nobody approved in time.
    Expired,
    /// Cancelled from here.
    Terminated,
    /// The payment could not be created; the code says why.
    Failed(String),
    /// The price is another than the one that was shown.
    PriceChanged {
        /// What the customer was shown.
        shown: Amount,
    },
    /// There is no such checkout.
    NotFound,
    /// The proxy did not answer.
    Unreachable,
    /// The proxy cannot answer now, and may soon.
    Busy,
    /// The proxy refused, and will again; the code says why.
    Refused(String),
}

impl Trouble {
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
