//! Payment requests: an order that the shop asks a customer to pay, by a link, a QR code, or in the app.

use serde::{Deserialize, Serialize};

use crate::{ConsentGiven, Language, ShopCart, ShopConsent};

/// `POST /v1/shop/payment-requests`: the cart, and who is to pay it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPaymentRequest {
    /// The cart to be paid.
    pub cart: ShopCart,
    /// The customer it is sent to. Without one, the shop sends or shows the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Addressee>,
    /// How long it can be paid, in seconds: 60 to 15552000 (180 days). `requests.hours` of the configuration when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 15_552_000))]
    pub expires_in_s: Option<u32>,
    /// The language of the pay page as a BCP 47 tag. The nearest of `nb`, `da`, `fi`, `sv` and `en` is used.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "nb-NO"))]
    pub language: Language,
    /// The description in the app, at least 3 characters; more than 100 are cut at a word. The articles' names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 3))]
    pub description: Option<String>,
    /// The page that the customer returns to, on one of the configured origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, format = "uri"))]
    pub return_url: Option<String>,
    /// Whether the customer is in the shop.
    #[serde(default)]
    pub customer_present: bool,
}

/// A customer known to the shop: by `id`, or by `phone_number` with the shop's `consent`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// A customer who has shared the number: see `GET /v1/shop/customers/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A number that the customer has given to the shop: with its country code, or as it is written in the country of the sales unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The version of the text with which the customer consented to payment requests; required with a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentGiven>,
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Addressee(…)")
    }
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for NewPaymentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPaymentRequest").field("cart", &self.cart).finish_non_exhaustive()
    }
}

/// How an order that is to be paid later reaches its customer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopRequest {
    /// The pay page. Send it to the customer only.
    pub url: String,
    /// A QR code of the pay page, as SVG.
    pub qr_svg: String,
    /// A QR code of the pay page, as PNG.
    pub qr_png: String,
    /// Whether it was sent to the app.
    pub sent_by: SentBy,
    /// Until when it can be paid, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
    /// When the shop withdrew it, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at_ms: Option<i64>,
    /// The consent on which it was sent to a known customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ShopConsent>,
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for ShopRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopRequest")
            .field("sent_by", &self.sent_by)
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// How a payment request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SentBy {
    /// To the customer's app. The link works too.
    App,
    /// By the link only. If the app was tried, the first attempt's `trouble` says why it failed.
    Link,
}
