//! A checkout: one order on its way to being paid.

use serde::{Deserialize, Serialize};

use crate::{Aggregate, Amount, Cart, Item, Language};

/// `POST /v1/checkouts`: what the page asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCheckout {
    /// What is bought, where the proxy looks the prices up; none with `signed_cart`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// What is bought, priced and signed by the shop: a compact JWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_cart: Option<String>,
    /// The total that the customer was shown. Another total than the proxy's is refused with `price_changed`.
    pub amount: Amount,
    /// The sales unit to pay, by name; the signed cart's when absent, or the first one of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// Whether the customer has actively accepted the shop's terms of sale.
    pub terms_accepted: bool,
    /// Opens the order without a payment, so that another device may scan it and pay: see `qr` of the answer's address. Nobody needs to have
    /// accepted anything yet.
    #[serde(default)]
    pub open: bool,
    /// Present when the customer said yes to sharing the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
    /// The language that the customer is spoken to in.
    #[serde(default)]
    pub language: Language,
    /// The page that the customer comes back to, on one of the configured origins. The checkout's token is added to it as the query
    /// parameter `kvitt`. Without it the proxy shows a confirmation page of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// The customer's yes to sharing the telephone number, before anything is asked of Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentGiven {
    /// The version of the words that were shown: [`CONSENT_WORDING`](crate::CONSENT_WORDING).
    pub wording: String,
}

/// `POST /v1/checkouts/{token}/attempts`: pay for an open order, or again after an attempt that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAttempt {
    /// Whether the customer has actively accepted the shop's terms of sale; needed once for an order.
    #[serde(default)]
    pub terms_accepted: bool,
    /// Present when the customer (still) says yes to sharing the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
}

/// Where a checkout's current attempt stands. The words are those of the ePayment API's payment state, with two before it and one
/// beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    /// Nobody has pressed pay yet: there is no payment.
    Open,
    /// Written down; the payment is being created at Vipps MobilePay.
    Starting,
    /// Waiting for the customer, who follows `redirect_url`.
    Created,
    /// Paid, as the customer sees it: the money is reserved.
    Authorized,
    /// The customer said no, or went back.
    Aborted,
    /// The customer did nothing in time.
    Expired,
    /// Cancelled from our side before the customer approved.
    Terminated,
    /// The payment could not be created; `trouble` has the code.
    Failed,
}

impl State {
    /// Whether the customer can do nothing more about the attempt: it has been paid, or has come to nothing.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Open | Self::Starting | Self::Created)
    }

    /// The word in JSON, column, field and log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Starting => "starting",
            Self::Created => "created",
            Self::Authorized => "authorized",
            Self::Aborted => "aborted",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
            Self::Failed => "failed",
        }
    }
}

/// `GET /v1/checkouts/{token}`, and each event of its stream: all that the page may know. Prints without its token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checkout {
    /// The capability that gives access to this checkout, and the only credential of the page.
    pub token: String,
    /// Grows with every change; also the `id` of the event.
    pub version: u32,
    /// Where the current attempt stands.
    pub state: State,
    /// The payment's reference at Vipps MobilePay, which the customer sees in the app too.
    pub reference: String,
    /// Where the customer approves the payment; present while `state` is `created`. To be opened unchanged and top-level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// Why the attempt failed: a stable code. Stays when the payment is put away afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What is being bought.
    pub cart: Cart,
    /// What has become of the money.
    pub aggregate: Aggregate,
    /// What the customer shared.
    pub sharing: Sharing,
    /// When the checkout was opened, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When the current attempt runs out, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for Checkout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkout")
            .field("reference", &self.reference)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("trouble", &self.trouble)
            .field("aggregate", &self.aggregate)
            .field("sharing", &self.sharing)
            .finish_non_exhaustive()
    }
}

/// What became of sharing the telephone number. The number itself never reaches the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sharing {
    /// Whether the customer said yes to it for the current attempt. No more once the shop has erased what was shared.
    pub consented: bool,
    /// The last two digits of the number, once it has been received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_ending: Option<String>,
}
