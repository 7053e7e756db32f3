//! A cart that the shop has priced: its sums are checked here, to the minor unit, before it becomes a [`Cart`] like any other.
//!
//! Nothing is corrected silently. What does not hold is refused with the difference, which is what somebody needs to find the line; only
//! a rounding drift may get a line of its own, where the shop has asked for that.

use kvitt_wire::{Cart, Line, Rounding, ShopCart, ShopLine};
use url::Url;

use super::{CartError, MOST_LINES, MOST_VALUE, within_limits};
use crate::checkout::{Moment, money};
use crate::config::{Market, SalesUnit, Shop};

/// The most pieces on one line.
const MOST_PIECES: u32 = 9_999;
/// The most characters of a name.
const LONGEST_NAME: usize = 200;
/// The most characters of a sku, which is also what a capture may name a line by.
const LONGEST_SKU: usize = 64;
/// The most bytes of an address.
const LONGEST_URL: usize = 2_000;
/// The most that rounding explains in one cart, in minor units.
const MOST_DRIFT: i64 = 100;
/// The line that evens out a rounding.
const ROUNDING_SKU: &str = "rounding";

/// Checks what the shop has priced and makes it a cart of the sales unit's.
///
/// # Errors
/// [`CartError`] for the first thing that is wrong with it.
pub fn from_shop(shop: &Shop, unit: &SalesUnit, asked: &ShopCart, now: Moment) -> Result<Cart, CartError> {
    if asked.total.currency != unit.market.currency() {
        return Err(CartError::WrongCurrency);
    }
    if asked.lines.is_empty() {
        return Err(CartError::Empty);
    }
    if asked.lines.len() > MOST_LINES {
        return Err(CartError::TooLong);
    }
    let mut lines = asked.lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let sum = money::sum(&lines).unwrap_or(i64::MAX);
    let drift = asked.total.value.saturating_sub(sum);
    if drift != 0 {
        let pieces: i64 = lines.iter().map(|line| i64::from(line.quantity)).sum();
        let small = drift.unsigned_abs() <= pieces.min(MOST_DRIFT).unsigned_abs();
        if !small || asked.rounding == Rounding::Refuse {
            return Err(CartError::Drift { lines: sum, total: asked.total.value });
        }
        lines.push(rounding(unit.market, drift));
    }
    for (place, line) in lines.iter().enumerate() {
        if lines[..place].iter().any(|other| other.sku == line.sku) {
            return Err(CartError::SkuTwice(line.sku.clone()));
        }
    }
    within_limits(asked.total)?;
    Ok(Cart {
        sales_unit: unit.name.clone(),
        shop: shop.name.clone(),
        brand: unit.brand(shop.renamed_at, now),
        vat: lines.iter().map(|line| line.vat).sum(),
        lines,
        total: asked.total,
        terms_url: shop.terms_url.clone(),
        asks_phone_number: shop.asks_phone_number,
    })
}

fn line(asked: &ShopLine) -> Result<Line, CartError> {
    let sku: String = asked.sku.chars().take(LONGEST_SKU).collect();
    let bad = |what| Err(CartError::BadLine { sku: sku.clone(), what });
    if !is_text(&asked.sku, LONGEST_SKU) {
        return bad("sku must have 1 to 64 characters, none of them a control character");
    }
    if !is_text(&asked.name, LONGEST_NAME) {
        return bad("name must have 1 to 200 characters, none of them a control character");
    }
    if !(1..=MOST_PIECES).contains(&asked.quantity) {
        return bad("quantity must be 1 to 9999");
    }
    if !(0..=MOST_VALUE).contains(&asked.unit_price) {
        return bad("unit_price must be 0 to 65000000 minor units");
    }
    if asked.vat_rate > 10_000 {
        return bad("vat_rate must be 0 to 10000 hundredths of a percent");
    }
    if !asked.picture.iter().chain(&asked.url).all(|url| is_address(url)) {
        return bad("picture and url must be http or https addresses of 2000 characters at most");
    }
    let before_discount = asked.unit_price * i64::from(asked.quantity);
    if !(0..=before_discount).contains(&asked.discount) {
        return bad("discount must be 0 to quantity times unit_price");
    }
    let total = before_discount - asked.discount;
    if let Some(stated) = asked.total.filter(|stated| *stated != total) {
        return Err(CartError::LineDrift { sku, computed: total, stated });
    }
    let line = Line {
        sku,
        name: asked.name.clone(),
        quantity: asked.quantity,
        unit_price: asked.unit_price,
        total,
        vat_rate: asked.vat_rate,
        vat: asked.vat.unwrap_or_else(|| money::vat_within(total, asked.vat_rate)),
        picture: asked.picture.clone(),
        discount: asked.discount,
        url: asked.url.clone(),
        shipping: asked.shipping,
    };
    let sane = (0..=total).contains(&line.vat) && money::vat_holds(&line);
    if sane { Ok(line) } else { Err(CartError::BadVat(line.sku)) }
}

/// The line that makes up for a drift: without VAT, and in the language of the market, since it stands on the receipt.
fn rounding(market: Market, drift: i64) -> Line {
    let name = match market {
        Market::No => "Avrunding",
        Market::Dk => "Afrunding",
        Market::Fi => "Pyöristys",
    };
    Line {
        sku: ROUNDING_SKU.to_owned(),
        name: name.to_owned(),
        quantity: 1,
        unit_price: drift,
        total: drift,
        ..Line::default()
    }
}

fn is_text(text: &str, longest: usize) -> bool {
    // A NUL would make a document that PostgreSQL takes and then reads nothing out of any more.
    let length = text.trim().chars().count();
    length >= 1 && text.chars().count() <= longest && !text.chars().any(char::is_control)
}

/// An address that a page and the app may show: nothing that runs.
fn is_address(text: &str) -> bool {
    let web =
        |url: Url| matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    text.len() <= LONGEST_URL && Url::parse(text).is_ok_and(web)
}

#[cfg(test)]
pub(super) mod tests;
