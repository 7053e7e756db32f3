//! Payment requests: an order that the shop asks a customer to pay, behind a link or QR, or in the app.

use serde::{Deserialize, Serialize};

use crate::{ConsentGiven, Language, ShopCart};

/// `POST /v1/shop/payment-requests`: what is to be paid, and by whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPaymentRequest {
    /// What is to be paid.
    pub cart: ShopCart,
    /// Who it is sent to. Without a customer there is the link, for the shop to send or to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Addressee>,
    /// How long it may be paid, in seconds: 60 to 15552000 (180 days). `requests.hours` of the configuration when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u32>,
    /// The language of the pay page.
    #[serde(default)]
    pub language: Language,
    /// What the customer sees of it in the app, 3 to 100 characters; the articles' names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The page that the customer comes back to, on one of the configured origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Whether the customer stands in front of the shop's people.
    #[serde(default)]
    pub customer_present: bool,
}

/// A customer whom the shop knows: by `id`, or by `phone_number` with the `consent` that the shop has. Prints nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// One who has shared the number here: see `GET /v1/shop/customers/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A number with country code, digits only, that the customer has given to the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The version of the words with which the customer said yes to being sent payment requests; required with a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
}

impl std::fmt::Debug for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addressee(…)")
    }
}

impl std::fmt::Debug for NewPaymentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPaymentRequest").field("cart", &self.cart).finish_non_exhaustive()
    }
}

/// How an order that is to be paid later reaches its customer. Prints without its address, which is all that it takes to pay.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopRequest {
    /// The pay page: to be sent to the customer, and to nobody else.
    pub url: String,
    /// A QR that leads to it, as a drawing.
    pub qr_svg: String,
    /// A QR that leads to it, as a picture.
    pub qr_png: String,
    /// Whether the customer has it in the app now.
    pub sent_by: SentBy,
    /// Until when it may be paid, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
    /// When the shop took it back, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at_ms: Option<i64>,
}

impl std::fmt::Debug for ShopRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopRequest")
            .field("sent_by", &self.sent_by)
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// The way that a payment request has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SentBy {
    /// It is in the customer's app. The link works too.
    App,
    /// By the link alone. Where the app was tried, the first attempt's `trouble` says why not.
    Link,
}
