//! Prices a cart: items become lines with the prices of the catalogue, or the sums of a cart that the shop has priced
//! are checked.
//!
//! Everything here is pure; the configuration and the time are parameters. All amounts are in minor units. A price
//! never comes from the page, unless the shop has signed it.

mod shop;
mod signed;

use kvitt_wire::{Amount, Cart, Currency, Item, Line, PaymentSources, Quantity};
use thiserror::Error;

use crate::base::text;
use crate::checkout::{Moment, money};
use crate::config::{SalesUnit, SalesUnits, Shop};

pub use shop::from_shop;
pub use signed::{SignedCartError, TYP as SIGNED_CART_TYP, from_signed};

/// The largest quantity of one article.
const MAX_QUANTITY: u32 = 999;
/// The largest quantity of a line of the shop's.
const MAX_SHOP_QUANTITY: u32 = 9_999;
/// The most lines in a cart.
const MAX_LINES: usize = 100;
/// The largest amount of a payment, in minor units ([`amount`](https://developer.vippsmobilepay.com/api/epayment/)).
const MAX_VALUE: i64 = 65_000_000;
/// The smallest amount in Norway, in minor units; elsewhere it is one minor unit.
const MIN_NOK: i64 = 100;

/// Why a cart is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CartError {
    /// It has no items.
    #[error("the cart is empty")]
    Empty,
    /// It has too many lines.
    #[error("a cart has at most {MAX_LINES} lines")]
    TooLong,
    /// The article is not in the catalogue, or has no price in the currency of the sales unit.
    #[error("there is no article {0:?} for this sales unit")]
    UnknownSku(String),
    /// The quantity is zero or too large.
    #[error("the quantity of {0:?} must be 1 to {MAX_QUANTITY}")]
    BadQuantity(String),
    /// The total is too small or too large for a payment.
    #[error("the total of {0} minor units is not one that can be paid")]
    BadTotal(i64),
    /// The VAT of a line does not match its rate.
    #[error(
        "line {sku:?} states a VAT of {stated}, but its total of {total} includes {expected} at a vat_rate of {vat_rate} hundredths of a percent"
    )]
    BadVat {
        /// The line.
        sku: String,
        /// Its total, in minor units.
        total: i64,
        /// Its VAT rate, in hundredths of a percent.
        vat_rate: u32,
        /// The VAT that it states, in minor units.
        stated: i64,
        /// The VAT within its total, in minor units.
        expected: i64,
    },
    /// It is not written as `sku:quantity,…`.
    #[error("items are written as sku:quantity, separated by commas")]
    Malformed,
    /// The sales unit takes another currency.
    #[error("the sales unit takes another currency")]
    WrongCurrency,
    /// A line of the shop has an invalid value.
    #[error("line {sku:?}: {what}")]
    BadLine {
        /// The line.
        sku: String,
        /// The problem.
        what: &'static str,
    },
    /// The total of a line does not match its price, quantity and discount.
    #[error(
        "line {sku:?} states a total of {stated}, but quantity times unit_price less discount is {computed}: a difference of {} minor units",
        stated.saturating_sub(*computed)
    )]
    LineDrift {
        /// The line.
        sku: String,
        /// The computed total, in minor units.
        computed: i64,
        /// The total that the shop states, in minor units.
        stated: i64,
    },
    /// The amount that is paid by other means is negative or too large.
    #[error("an amount of payment_sources must be 0 to {MAX_VALUE} minor units")]
    BadPaymentSources,
    /// The lines do not sum to the total.
    #[error(
        "the lines, less payment_sources, sum to {lines}, the total is {total}: a difference of {} minor units",
        total.saturating_sub(*lines)
    )]
    Drift {
        /// The sum of the lines without what is paid by other means, in minor units.
        lines: i64,
        /// The total that the shop states, in minor units.
        total: i64,
    },
    /// There is no sales unit of that name.
    #[error("there is no such sales unit")]
    UnknownSalesUnit,
    /// Both items and a signed cart were sent.
    #[error("either items or signed_cart, not both")]
    Ambiguous,
    /// The signed cart is not valid.
    #[error("{0}")]
    Signed(#[from] SignedCartError),
}

impl CartError {
    /// The VAT of this line is wrong.
    fn bad_vat(line: Line) -> Self {
        let Line { sku, total, vat_rate, vat: stated, .. } = line;
        Self::BadVat { sku, total, vat_rate, stated, expected: money::vat_within(total, vat_rate) }
    }
}

/// A cart with its prices.
#[derive(Debug)]
pub struct Priced<'a> {
    /// The sales unit that is paid.
    pub unit: &'a SalesUnit,
    /// The cart.
    pub cart: Cart,
    /// Until when its prices are good; `None` for those of the catalogue.
    pub valid_until: Option<Moment>,
}

/// Finds the sales unit and the priced cart of a request: the signed cart of the shop, or items at the prices of the
/// catalogue.
///
/// # Errors
/// [`CartError`], for the first problem found.
pub fn resolve<'a>(
    shop: &Shop,
    units: &'a SalesUnits,
    sales_unit: Option<&str>,
    items: &[Item],
    signed_cart: Option<&str>,
    now: Moment,
) -> Result<Priced<'a>, CartError> {
    match signed_cart {
        Some(_) if !items.is_empty() => Err(CartError::Ambiguous),
        Some(jws) => from_signed(shop, units, jws, sales_unit, now),
        None => {
            let unit = units.find(sales_unit).ok_or(CartError::UnknownSalesUnit)?;
            Ok(Priced { unit, cart: price(shop, unit, items, now)?, valid_until: None })
        }
    }
}

/// Prices items for a sales unit, from the catalogue. Items of one sku become one line.
///
/// # Errors
/// [`CartError`], for the first problem found.
pub fn price(shop: &Shop, unit: &SalesUnit, items: &[Item], now: Moment) -> Result<Cart, CartError> {
    if items.is_empty() {
        return Err(CartError::Empty);
    }
    if items.len() > MAX_LINES {
        return Err(CartError::TooLong);
    }
    let currency = unit.market.currency();
    let lines = merged(items)?.iter().map(|item| line(shop, unit, item)).collect::<Result<Vec<_>, _>>()?;
    let value = money::sum(&lines).unwrap_or(i64::MAX);
    within_limits(Amount { value, currency })?;
    if let Some(line) = lines.iter().find(|line| !money::vat_holds(line)) {
        return Err(CartError::bad_vat(line.clone()));
    }
    Ok(Cart {
        sales_unit: unit.name.clone(),
        shop: unit.front.name.clone(),
        brand: unit.brand(shop.renamed_at, now),
        vat: lines.iter().map(|line| line.vat).sum(),
        lines,
        total: Amount { value, currency },
        terms_url: unit.front.terms_url.clone(),
        asks_phone_number: shop.asks_phone_number,
        payment_sources: PaymentSources::default(),
    })
}

/// The items with those of one sku added up, in the order in which each sku comes first.
fn merged(items: &[Item]) -> Result<Vec<Item>, CartError> {
    let mut merged: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        if item.quantity == 0 {
            return Err(CartError::BadQuantity(item.sku.clone()));
        }
        match merged.iter_mut().find(|earlier| earlier.sku == item.sku) {
            Some(earlier) => earlier.quantity = earlier.quantity.saturating_add(item.quantity),
            None => merged.push(item.clone()),
        }
    }
    Ok(merged)
}

fn line(shop: &Shop, unit: &SalesUnit, item: &Item) -> Result<Line, CartError> {
    let (article, price) = shop
        .catalogue
        .find(&item.sku, unit.market.currency())
        .ok_or_else(|| CartError::UnknownSku(item.sku.chars().take(64).collect()))?;
    if !(1..=MAX_QUANTITY).contains(&item.quantity) {
        return Err(CartError::BadQuantity(item.sku.clone()));
    }
    let total = price.value * i64::from(item.quantity);
    Ok(Line {
        sku: article.sku.clone(),
        name: article.name.clone(),
        quantity: item.quantity.into(),
        unit: None,
        unit_price: price.value,
        total,
        vat_rate: price.vat_rate,
        vat: money::vat_within(total, price.vat_rate),
        picture: article.picture.as_deref().map(|picture| absolute(shop, picture)),
        discount: 0,
        url: None,
        shipping: false,
    })
}

/// Whether it may be the quantity of a line of the shop's.
pub fn is_quantity(quantity: Quantity) -> bool {
    quantity > Quantity::default() && quantity <= Quantity::from(MAX_SHOP_QUANTITY)
}

/// Whether a payment may be of this amount.
fn within_limits(total: Amount) -> Result<(), CartError> {
    let min = if total.currency == Currency::Nok { MIN_NOK } else { 1 };
    if (min..=MAX_VALUE).contains(&total.value) { Ok(()) } else { Err(CartError::BadTotal(total.value)) }
}

/// Makes an address absolute: the widget may be on another origin.
fn absolute(shop: &Shop, address: &str) -> String {
    if address.starts_with('/') { format!("{}{address}", shop.public_url) } else { address.to_owned() }
}

/// Parses `mug:2,tea:1`, as forms and addresses write items.
///
/// # Errors
/// [`CartError::Malformed`], or [`CartError::BadQuantity`] when the quantity is no number.
pub fn parse_items(text: &str) -> Result<Vec<Item>, CartError> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (sku, quantity) = pair.split_once(':').ok_or(CartError::Malformed)?;
            let quantity = quantity.trim().parse().map_err(|_| CartError::BadQuantity(sku.to_owned()))?;
            Ok(Item { sku: sku.trim().to_owned(), quantity })
        })
        .collect()
}

/// The lengths of a payment's description that Vipps MobilePay accepts, in characters.
const DESCRIPTION: std::ops::RangeInclusive<usize> = 3..=100;

/// The description of the payment in the app: the names of the articles, of an allowed length.
pub fn description(cart: &Cart) -> String {
    let names: Vec<_> = cart.lines.iter().map(|line| line.name.as_str()).collect();
    let names = names.join(", ");
    let long_enough = names.chars().count() >= *DESCRIPTION.start();
    let text = if long_enough { names } else { format!("{} {names}", cart.shop) };
    text::shortened(&text, *DESCRIPTION.end())
}

/// The shop's own description of the payment, shortened to an allowed length; `None` when it is too short or has a control character.
pub fn given_description(text: &str) -> Option<String> {
    let text = text::shortened(text.trim(), *DESCRIPTION.end());
    text::is_line(&text, DESCRIPTION).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_a_form_writes_them() {
        let items = parse_items(" mug:2, tea:1,").unwrap();
        assert_eq!(items, [Item { sku: "mug".into(), quantity: 2 }, Item { sku: "tea".into(), quantity: 1 }]);
        assert_eq!(parse_items("").unwrap(), []);
        assert_eq!(parse_items("mug"), Err(CartError::Malformed));
        assert_eq!(parse_items("mug:-1"), Err(CartError::BadQuantity("mug".into())));
    }

    #[test]
    fn a_description_has_3_to_100_characters() {
        for (name, expected) in [("Te", "Shop Te"), ("Tea", "Tea")] {
            assert_eq!(description(&cart(name)), expected);
        }
        let long = description(&cart(&"å".repeat(120)));
        assert!(long.chars().count() == 100 && long.ends_with('…'));
        let words = description(&cart(&"Krus, ".repeat(30)));
        assert!(words.chars().count() <= 100 && words.ends_with("Krus…"), "{words}");
        // A long name of the shop before a short one of an article.
        let shop = Cart { shop: "Nordlys ".repeat(20), ..cart("Øl") };
        assert!(description(&shop).chars().count() <= 100);
        assert_eq!(given_description(&"Krus og te ".repeat(20)).unwrap().chars().last(), Some('…'));
        assert_eq!((given_description("ab"), given_description("a\nbc")), (None, None));
    }

    fn cart(name: &str) -> Cart {
        let line = Line {
            sku: "a".into(),
            name: name.into(),
            quantity: 1.into(),
            unit_price: 100,
            total: 100,
            ..Line::default()
        };
        Cart {
            sales_unit: "no".into(),
            shop: "Shop".into(),
            brand: kvitt_wire::Brand::Vipps,
            lines: vec![line],
            total: Amount { value: 100, currency: Currency::Nok },
            vat: 0,
            terms_url: "https://shop.example/terms".into(),
            asks_phone_number: true,
            payment_sources: PaymentSources::default(),
        }
    }
}
