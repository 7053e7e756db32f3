//! The cart: items, and the lines with the proxy's prices.

use serde::{Deserialize, Serialize};

use crate::{Amount, Brand};

/// A quantity of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// The article's stock-keeping unit in the catalogue.
    pub sku: String,
    /// The quantity: 1 to 999.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 999))]
    pub quantity: u32,
}

/// The priced lines, the total, and what the start screen shows beside them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cart {
    /// The sales unit that is paid, by its name in the proxy's configuration.
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub sales_unit: String,
    /// The shop's name, as the customer knows it.
    pub shop: String,
    /// The brand of the sales unit's market today.
    pub brand: Brand,
    /// One line for each article.
    pub lines: Vec<Line>,
    /// The sum of the lines, VAT included.
    pub total: Amount,
    /// The VAT within `total`, in minor units.
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub vat: i64,
    /// The shop's terms of sale; the customer accepts them before a payment is created.
    pub terms_url: String,
    /// Whether the shop asks for the customer's telephone number. The customer can refuse and still pay.
    pub asks_phone_number: bool,
}

/// One line of a cart, receipt or confirmation. All amounts are minor units of the cart's currency, VAT included. None is
/// negative, except in a rounding line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// The article's stock-keeping unit.
    pub sku: String,
    /// The article's name.
    pub name: String,
    /// The quantity.
    pub quantity: u32,
    /// The unit price.
    pub unit_price: i64,
    /// `quantity` times `unit_price`, less `discount`.
    pub total: i64,
    /// VAT rate in hundredths of a percent: 2500 is 25 %.
    pub vat_rate: u32,
    /// The VAT within `total`.
    pub vat: i64,
    /// A picture of the article, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The discount on the line; absent when there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub discount: i64,
    /// The article's page, for the receipt, if the shop has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub url: Option<String>,
    /// Whether the line is the freight; absent when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub shipping: bool,
}

#[cfg_attr(not(target_arch = "wasm32"), expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so"))]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
