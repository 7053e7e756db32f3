//! A checkout: one order that is to be paid.

use serde::{Deserialize, Serialize};

use crate::OrderLink;
use crate::{Aggregate, Amount, Cart, Item, Language};

/// `POST /v1/checkouts`: the page's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCheckout {
    /// The items, which the proxy prices from its catalogue; none with `signed_cart`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub items: Vec<Item>,
    /// The cart, priced and signed by the shop: a compact JWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_cart: Option<String>,
    /// The total that the customer saw. If it differs from the proxy's, the request is refused with `price_changed`.
    pub amount: Amount,
    /// The sales unit to pay, by name; the signed cart's when absent, or the first one of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// Whether the customer has actively accepted the shop's terms of sale.
    pub terms_accepted: bool,
    /// Opens the order without a payment, so that another device can scan `/pay/{token}/qr.svg` and pay. The terms need not be accepted yet.
    #[serde(default)]
    pub open: bool,
    /// A random text of the customer's cart, such as a UUID, which every tab that shows the cart sends. The same cart under it is the same order as
    /// long as that can be paid, and once it is paid. Take a new one after a purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 16, max_length = 64, pattern = "^[A-Za-z0-9_-]+$"))]
    pub cart_id: Option<String>,
    /// Present when the customer has consented to share the telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
    /// The customer's language as a BCP 47 tag. The nearest of `nb`, `da`, `fi`, `sv` and `en` is used.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "nb-NO"))]
    pub language: Language,
    /// The page that the customer returns to, on one of the configured origins. It stays as it is; the checkout's token is added as the query
    /// parameter `kvitt`. Without it the proxy shows a confirmation page of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, format = "uri"))]
    pub return_url: Option<String>,
}

/// The customer's consent to share the telephone number, given before the payment is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentGiven {
    /// The version of the consent text: one of the proxy's own, which is now `2026-11`, or one that the shop has registered as `[[wording]]`.
    pub wording: String,
    /// The language of the text as a BCP 47 tag, where it is not that of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "nb"))]
    pub language: Option<Language>,
}

/// `POST /v1/checkouts/{token}/attempts`: pay an open order, or retry after a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAttempt {
    /// Whether the customer has actively accepted the shop's terms of sale; needed once for an order.
    #[serde(default)]
    pub terms_accepted: bool,
    /// Present when the customer consents to share the telephone number, also for a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
}

/// `POST /v1/checkouts/{token}/purchase`: a page that wants to report the purchase of a paid order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPurchase {
    /// A random text of the page's own, such as a UUID. A repeat of the request has the same.
    #[cfg_attr(feature = "openapi", schema(min_length = 16, max_length = 64, pattern = "^[A-Za-z0-9_-]+$"))]
    pub claim: String,
}

/// Whether the purchase is that page's to report. Of all pages that ask, over reloads, tabs and devices, one is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Purchase {
    /// `true` for the first claim of the order, and for its repeats.
    pub claimed: bool,
}

/// The state of a checkout's current attempt. The values are those of the ePayment API's payment state, and `open`, `starting` and `failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    /// There is no payment yet: the customer has not started to pay.
    Open,
    /// The attempt is stored; the payment is being created at Vipps MobilePay.
    Starting,
    /// Waiting for the customer to approve at `redirect_url`.
    Created,
    /// Paid: the money is reserved.
    Authorized,
    /// The customer cancelled.
    Aborted,
    /// The payment expired before the customer approved.
    Expired,
    /// The shop cancelled before the customer approved.
    Terminated,
    /// The payment could not be created; `trouble` has the code.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::Starting,
        Self::Created,
        Self::Authorized,
        Self::Aborted,
        Self::Expired,
        Self::Terminated,
        Self::Failed,
    ];

    /// Whether the attempt is final for the customer: paid, or failed.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Open | Self::Starting | Self::Created)
    }

    /// The value in JSON, database and log.
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

/// `GET /v1/checkouts/{token}`, and each event of its stream: everything that the page may know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checkout {
    /// The capability that gives access to this checkout, and the only credential of the page.
    pub token: String,
    /// Increases with every change; also the `id` of the event.
    pub version: u32,
    /// The state of the current attempt.
    pub state: State,
    /// The order's number, which stays the same over all attempts to pay it.
    pub order_number: String,
    /// The payment's reference at Vipps MobilePay, which the customer sees in the app too: the order's number and that of the attempt.
    pub reference: String,
    /// The URL where the customer approves the payment; present while `state` is `created`. Open it unchanged and top-level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// Why the attempt failed: a stable code. It stays when the payment is cancelled afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The cart.
    pub cart: Cart,
    /// The amounts reserved, captured, released and refunded.
    pub aggregate: Aggregate,
    /// The state of the shared telephone number.
    pub sharing: Sharing,
    /// The link to the shop's page on the order, where the shop has set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<OrderLink>,
    /// When the checkout was opened, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When the current attempt expires, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

// Without personal data, tokens and secrets.
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

/// Whether the customer shared the telephone number. The page never receives the number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sharing {
    /// Whether the customer consented for the current attempt. False once the shop has erased the shared data.
    pub consented: bool,
    /// The last two digits of the number, once it has been received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_ending: Option<String>,
}
