//! A cart that the shop has priced itself: what its backend posts, and what the payload of a signed cart holds.

use serde::{Deserialize, Serialize};

use crate::Amount;

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
