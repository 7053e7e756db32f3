//! A cart with the shop's own prices: posted by its backend, or in the payload of a signed cart.

use serde::{Deserialize, Serialize};

use crate::{Amount, Language, PaymentSources, Quantity, Unit};

/// A cart with the shop's own prices. Every sum is checked; a wrong one is refused with the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShopCart {
    /// The sales unit that is paid, by name; the first one of the configuration when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// 1 to 100 lines; the freight is one of them.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub lines: Vec<ShopLine>,
    /// The total to be paid: the sum of the lines, VAT included, less `payment_sources`.
    pub total: Amount,
    /// What is paid by other means, such as a gift card. The lines and their VAT stay whole.
    #[serde(default, skip_serializing_if = "PaymentSources::is_empty")]
    pub payment_sources: PaymentSources,
    /// How to treat a small difference between the lines and `total`.
    #[serde(default)]
    pub rounding: Rounding,
}

/// One line of the shop's cart. All amounts are minor units of the total's currency, VAT included. A negative `unit_price` makes it the line
/// of a return or a voucher.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShopLine {
    /// The article's stock-keeping unit: 1 to 64 characters, unique in the cart.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub sku: String,
    /// The article's name, as the customer knows it: 1 to 200 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub name: String,
    /// The quantity: more than 0, and 9999 at most.
    pub quantity: Quantity,
    /// What the quantity counts; pieces when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The unit price, before discount. Negative for a return or a voucher.
    #[cfg_attr(feature = "openapi", schema(minimum = -65_000_000, maximum = 65_000_000))]
    pub unit_price: i64,
    /// VAT rate in hundredths of a percent, 0 or 100 to 10000: 2500 is 25 %.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub vat_rate: u32,
    /// The discount on the line; none with a negative `unit_price`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub discount: i64,
    /// `quantity` times `unit_price`, rounded half up to a minor unit, less `discount`. Checked when present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// The VAT within the line's total, from the shop's accounting; computed when absent. It may differ by one minor unit from the rate applied to
    /// the net amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<i64>,
    /// The URL of a picture of the article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, format = "uri"))]
    pub picture: Option<String>,
    /// The article's page, for the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, format = "uri"))]
    pub url: Option<String>,
    /// Whether the line is the freight.
    #[serde(default)]
    pub shipping: bool,
}

/// How to treat a small difference between the lines and the total: at most one minor unit for each piece, and 100 in all; in kroner always up
/// to 50 øre, so that a total may be whole kroner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// Refuse the cart, and state the difference.
    #[default]
    Refuse,
    /// Add a line without VAT, with the sku `rounding`, or `rounding-2` where the shop has such a line. Its amounts are negative when the lines sum to more than the total.
    Line,
}

/// `POST /v1/cart`: a signed cart to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedCart {
    /// A compact JWS of the shop, whose payload has a `ShopCart`.
    pub signed_cart: String,
}

/// `POST /v1/shop/checkouts`: an order from the shop's backend, to be paid on a page of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewShopCheckout {
    /// The cart, at the shop's prices.
    pub cart: ShopCart,
    /// The customer's language as a BCP 47 tag. The nearest of `nb`, `da`, `fi`, `sv` and `en` is used.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "nb-NO"))]
    pub language: Language,
    /// The page that the customer returns to, on one of the configured origins. Without it the proxy shows its own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, format = "uri"))]
    pub return_url: Option<String>,
    /// Whether the customer is asked to share the telephone number; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_phone_number: Option<bool>,
    /// The description in the app, at least 3 characters; more than 100 are cut at a word. The articles' names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 3))]
    pub description: Option<String>,
    /// How long it can be paid, in seconds: 60 to 15552000 (180 days), a day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 15_552_000))]
    pub expires_in_s: Option<u32>,
}

/// An open order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopCheckout {
    /// The customer's access to the order: for the attribute `token` of the widget, on a page that only this customer receives.
    pub token: String,
    /// A page of the proxy where the order can be paid too. The URL contains the token.
    pub url: String,
    /// The order's reference in the shop's API and in its events.
    pub reference: String,
    /// The common prefix of all payments of the order.
    pub order_number: String,
    /// Until when it can be paid, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for ShopCheckout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopCheckout").field("reference", &self.reference).finish_non_exhaustive()
    }
}
