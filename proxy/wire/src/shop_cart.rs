//! A cart that the shop has priced itself: what its backend posts, and what the payload of a signed cart holds.

use serde::{Deserialize, Serialize};

use crate::{Amount, Language};

/// A cart with the shop's own prices. Every sum in it is checked; one that does not hold is refused with the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShopCart {
    /// The sales unit that is paid, by name; the first one of the configuration when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// 1 to 100 lines; the freight is one of them.
    pub lines: Vec<ShopLine>,
    /// What is to be paid: the sum of the lines, VAT included.
    pub total: Amount,
    /// What becomes of a small difference between the lines and `total`.
    #[serde(default)]
    pub rounding: Rounding,
}

/// One line of the shop's. All amounts are minor units of the total's currency, VAT included, and never negative.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShopLine {
    /// The article's stock-keeping unit: 1 to 64 characters, once in a cart.
    pub sku: String,
    /// The article's name, as the customer knows it: 1 to 200 characters.
    pub name: String,
    /// How many: 1 to 9999.
    pub quantity: u32,
    /// The price of one, before discount.
    pub unit_price: i64,
    /// VAT rate in hundredths of a percent, 0 to 10000: 2500 is 25 %.
    pub vat_rate: u32,
    /// What is taken off the line.
    #[serde(default)]
    pub discount: i64,
    /// `quantity` times `unit_price`, less `discount`. Only checked when it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// The VAT within the line's total, as the shop's books have it; computed when absent. May be one minor unit beside what the rate
    /// makes of the net amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<i64>,
    /// The address of a picture of the article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The article's page, for the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether the line is the freight.
    #[serde(default)]
    pub shipping: bool,
}

/// What becomes of a small difference between the lines and the total: one minor unit for each piece at most, and 100 in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// The cart is refused, and the difference told.
    #[default]
    Refuse,
    /// It gets a line of its own, without VAT, with the sku `rounding`. Where the lines make more than the total, its amounts are negative.
    Line,
}

/// `POST /v1/cart`: a cart to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedCart {
    /// What the shop has signed: a compact JWS whose payload has a `ShopCart`.
    pub signed_cart: String,
}

/// `POST /v1/shop/checkouts`: an order that the shop's backend has made up, for a page of the shop's to have paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewShopCheckout {
    /// What is bought, at the shop's prices.
    pub cart: ShopCart,
    /// The language that the customer is spoken to in.
    #[serde(default)]
    pub language: Language,
    /// The page that the customer comes back to, on one of the configured origins. Without it the proxy shows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Whether the customer is asked to share the telephone number; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_phone_number: Option<bool>,
    /// What the customer sees of it in the app, 3 to 100 characters; the articles' names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For how long it may be paid, in seconds: 60 to 15552000 (180 days), a day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u32>,
}

/// An order that waits for its customer. Prints without its token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopCheckout {
    /// The customer's access to the order: for the attribute `token` of the widget, on a page that only this customer is given.
    pub token: String,
    /// A page of the proxy's where the order can be paid too. It has the token in it.
    pub url: String,
    /// By which the shop asks for the order, and is told of it.
    pub reference: String,
    /// What all payments of the order have in common.
    pub order_number: String,
    /// Until when it may be paid, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for ShopCheckout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopCheckout").field("reference", &self.reference).finish_non_exhaustive()
    }
}
