//! A receipt: the order lines that the app shows to customers and the portal to merchants. A create request and Order Management take the same
//! shape, and Order Management returns it. Vipps MobilePay computes the totals from the lines. A receipt can be added once and never changed.

use serde::{Deserialize, Serialize};

use crate::{open_enum::open_enum, tolerant};

/// Order lines and the bottom line. The lines must sum to the amount of the payment, or the app does not show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// At least one.
    pub order_lines: Vec<OrderLine>,
    /// Currency and totals.
    pub bottom_line: BottomLine,
}

/// One line. All amounts are minor units of the receipt's currency, and never negative: see `is_return`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The article's name, as the customer knows it.
    pub name: String,
    /// The article's id, unique within the receipt.
    #[serde(deserialize_with = "tolerant::string")]
    pub id: String,
    /// The line's total, VAT included, after discount.
    #[serde(deserialize_with = "tolerant::integer")]
    pub total_amount: i64,
    /// The line's total without VAT, after discount.
    #[serde(deserialize_with = "tolerant::integer")]
    pub total_amount_excluding_tax: i64,
    /// The VAT: `total_amount - total_amount_excluding_tax`.
    #[serde(deserialize_with = "tolerant::integer")]
    pub total_tax_amount: i64,
    /// VAT rate in hundredths of a percent, 0 to 10000: 2500 is 25 %. Required when writing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub tax_rate: Option<u32>,
    /// Unit price and quantity.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional")]
    pub unit_info: Option<UnitInfo>,
    /// The discount in minor units, VAT included.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub discount: Option<i64>,
    /// The article's page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_string")]
    pub product_url: Option<String>,
    /// The line is subtracted.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_bool")]
    pub is_return: Option<bool>,
    /// The line is the freight.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_bool")]
    pub is_shipping: Option<bool>,
}

/// Unit price and quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitInfo {
    /// Minor units, VAT included, before discount.
    #[serde(deserialize_with = "tolerant::integer")]
    pub unit_price: i64,
    /// A decimal number as text, at most 10 characters: `"2"`, `"2.5"`.
    #[serde(deserialize_with = "tolerant::string")]
    pub quantity: String,
    /// The unit; pieces when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_unit: Option<QuantityUnit>,
}

open_enum! {
    /// The unit of a quantity.
    QuantityUnit {
        /// Pieces.
        Pieces = "PCS",
        /// Kilograms.
        Kilograms = "KG",
        /// Kilometres.
        Kilometres = "KM",
        /// Minutes.
        Minutes = "MINUTE",
        /// Litres.
        Litres = "LITRE",
        /// Kilowatt-hours.
        KilowattHours = "KWH",
    }
}

/// Currency, tip and other data below the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BottomLine {
    /// ISO 4217 code of every amount of the receipt.
    pub currency: String,
    /// The tip in minor units, on top of the lines.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub tip_amount: Option<i64>,
    /// The point of sale.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_string")]
    pub pos_id: Option<String>,
    /// The amounts paid by other means than this payment.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional")]
    pub payment_sources: Option<PaymentSources>,
    /// The barcode for returns.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional")]
    pub barcode: Option<Barcode>,
    /// The shop's own number for the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_string")]
    pub receipt_number: Option<String>,
}

impl BottomLine {
    /// Only the currency, which is the only required field.
    pub fn new(currency: impl Into<String>) -> Self {
        Self {
            currency: currency.into(),
            tip_amount: None,
            pos_id: None,
            payment_sources: None,
            barcode: None,
            receipt_number: None,
        }
    }
}

/// Minor units paid by other means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSources {
    /// By gift card.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub gift_card: Option<i64>,
    /// By card.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub card: Option<i64>,
    /// By voucher.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub voucher: Option<i64>,
    /// In cash.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_integer")]
    pub cash: Option<i64>,
}

/// A barcode on the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barcode {
    /// The symbology of `data`.
    pub format: BarcodeFormat,
    /// The content.
    #[serde(deserialize_with = "tolerant::string")]
    pub data: String,
}

open_enum! {
    /// The symbology of a barcode.
    BarcodeFormat {
        /// EAN-13.
        Ean13 = "EAN-13",
        /// Code 39.
        Code39 = "CODE 39",
        /// Code 128.
        Code128 = "CODE 128",
    }
}
