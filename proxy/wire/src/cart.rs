//! The cart: items, and the lines with the proxy's prices.

use serde::{Deserialize, Serialize};

use crate::{Amount, Brand, Quantity, Unit};

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
    pub sales_unit: String,
    /// The shop's name, as the customer knows it.
    pub shop: String,
    /// The brand of the sales unit's market today.
    pub brand: Brand,
    /// One line for each article.
    pub lines: Vec<Line>,
    /// The amount to pay: the sum of the lines, VAT included, less `payment_sources`.
    pub total: Amount,
    /// The VAT within the lines, in minor units.
    pub vat: i64,
    /// The shop's terms of sale; the customer accepts them before a payment is created.
    pub terms_url: String,
    /// Whether the shop asks for the customer's telephone number. The customer can refuse and still pay.
    pub asks_phone_number: bool,
    /// What is paid by other means, such as a gift card; absent when that is nothing.
    #[serde(default, skip_serializing_if = "PaymentSources::is_empty")]
    pub payment_sources: PaymentSources,
}

impl Cart {
    /// The amount that is paid by other means, in minor units: the lines without the total.
    pub fn paid_otherwise(&self) -> i64 {
        self.lines.iter().map(|line| line.total).sum::<i64>() - self.total.value
    }
}

/// What is paid by other means than this payment, in minor units of the total's currency. The lines and their VAT stay whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentSources {
    /// By gift card.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65_000_000))]
    pub gift_card: i64,
    /// By voucher.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65_000_000))]
    pub voucher: i64,
    /// By card.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65_000_000))]
    pub card: i64,
    /// In cash.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65_000_000))]
    pub cash: i64,
}

impl PaymentSources {
    /// The amount of each.
    pub const fn amounts(&self) -> [i64; 4] {
        [self.gift_card, self.voucher, self.card, self.cash]
    }

    /// Whether nothing is paid by other means.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One line of a cart, receipt or confirmation. All amounts are minor units of the cart's currency, VAT included. They are negative in the
/// line of a return, a voucher or a rounding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Line {
    /// The article's stock-keeping unit.
    pub sku: String,
    /// The article's name.
    pub name: String,
    /// The quantity.
    pub quantity: Quantity,
    /// What the quantity counts; pieces when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The unit price.
    pub unit_price: i64,
    /// `quantity` times `unit_price`, rounded to a minor unit, less `discount`.
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
    pub discount: i64,
    /// The article's page, for the receipt, if the shop has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether the line is the freight; absent when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shipping: bool,
}

#[cfg_attr(not(target_arch = "wasm32"), expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so"))]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
