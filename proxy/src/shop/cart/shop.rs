//! A cart that the shop has priced. Its sums are checked to the minor unit before it becomes a [`Cart`].
//!
//! Nothing is corrected silently. A sum that does not match is refused with the difference, so that the line can be
//! found. Only a rounding difference may get a line of its own, where the shop allows it.

use kvitt_wire::{Cart, Currency, Line, PaymentSources, Rounding, ShopCart, ShopLine};
use url::Url;

use super::{CartError, MAX_LINES, MAX_VALUE, is_quantity, within_limits};
use crate::base::text;
use crate::checkout::{Moment, money};
use crate::config::{Market, SalesUnit, Shop};

/// The most characters of a name.
const MAX_NAME: usize = 200;
/// The most characters of a SKU; a capture names a line by it.
const MAX_SKU: usize = 64;
/// The most bytes of an address.
const MAX_URL: usize = 2_000;
/// The largest rounding difference in one cart, in minor units.
const MAX_ROUNDING: u64 = 100;
/// The rounding difference that makes a total whole kroner, in øre.
const WHOLE_KRONER: u64 = 50;

/// Checks a cart with the prices of the shop and converts it to a [`Cart`] of the sales unit.
///
/// # Errors
/// [`CartError`], for the first problem found.
pub fn from_shop(shop: &Shop, unit: &SalesUnit, request: &ShopCart, now: Moment) -> Result<Cart, CartError> {
    if request.total.currency != unit.market.currency() {
        return Err(CartError::WrongCurrency);
    }
    if request.lines.is_empty() {
        return Err(CartError::Empty);
    }
    if request.lines.len() > MAX_LINES {
        return Err(CartError::TooLong);
    }
    let mut lines = request.lines.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let paid_otherwise = sum_of(request.payment_sources)?;
    let sum = money::sum(&lines).unwrap_or(i64::MAX).saturating_sub(paid_otherwise);
    let drift = request.total.value.saturating_sub(sum);
    if drift != 0 {
        if drift.unsigned_abs() > most_rounding(request) || request.rounding == Rounding::Refuse {
            return Err(CartError::Drift { lines: sum, total: request.total.value });
        }
        lines.push(rounding(unit.market, drift, free_sku("rounding", &lines)));
    }
    within_limits(request.total)?;
    Ok(Cart {
        sales_unit: unit.name.clone(),
        shop: unit.front.name.clone(),
        brand: unit.brand(shop.renamed_at, now),
        vat: lines.iter().map(|line| line.vat).sum(),
        lines,
        total: request.total,
        terms_url: unit.front.terms_url.clone(),
        asks_phone_number: shop.asks_phone_number,
        payment_sources: request.payment_sources,
    })
}

/// The sum of what is paid by other means.
fn sum_of(sources: PaymentSources) -> Result<i64, CartError> {
    let amounts = sources.amounts();
    let valid = amounts.iter().all(|amount| (0..=MAX_VALUE).contains(amount));
    if valid { Ok(amounts.iter().sum()) } else { Err(CartError::BadPaymentSources) }
}

/// The largest difference that may be a rounding: a minor unit for each piece, or what makes whole kroner.
fn most_rounding(request: &ShopCart) -> u64 {
    let pieces: u64 = request.lines.iter().map(|line| line.quantity.thousandths().div_ceil(1_000)).sum();
    match request.total.currency {
        Currency::Nok | Currency::Dkk => pieces.clamp(WHOLE_KRONER, MAX_ROUNDING),
        Currency::Eur => pieces.min(MAX_ROUNDING),
    }
}

fn line(request: &ShopLine) -> Result<Line, CartError> {
    let sku: String = request.sku.chars().take(MAX_SKU).collect();
    let bad = |what| Err(CartError::BadLine { sku: sku.clone(), what });
    if !text::is_line(&request.sku, 1..=MAX_SKU) {
        return bad("sku must have 1 to 64 characters, none of them a control character");
    }
    if !text::is_line(&request.name, 1..=MAX_NAME) {
        return bad("name must have 1 to 200 characters, none of them a control character");
    }
    if !is_quantity(request.quantity) {
        return bad("quantity must be more than 0, and 9999 at most");
    }
    if !(-MAX_VALUE..=MAX_VALUE).contains(&request.unit_price) {
        return bad("unit_price must be -65000000 to 65000000 minor units");
    }
    if !money::is_vat_rate(request.vat_rate) {
        return bad(money::VAT_RATE);
    }
    if !request.picture.iter().chain(&request.url).all(|url| is_address(url)) {
        return bad("picture and url must be http or https addresses of 2000 characters at most");
    }
    let before_discount = request.quantity.times(request.unit_price);
    if !(0..=before_discount.max(0)).contains(&request.discount) {
        return bad("discount must be 0 to quantity times unit_price, and 0 where that is negative");
    }
    let total = before_discount - request.discount;
    if let Some(stated) = request.total.filter(|stated| *stated != total) {
        return Err(CartError::LineDrift { sku, computed: total, stated });
    }
    let line = Line {
        sku,
        name: request.name.clone(),
        quantity: request.quantity,
        unit: request.unit,
        unit_price: request.unit_price,
        total,
        vat_rate: request.vat_rate,
        vat: request.vat.unwrap_or_else(|| money::vat_within(total, request.vat_rate)),
        picture: request.picture.clone(),
        discount: request.discount,
        url: request.url.clone(),
        shipping: request.shipping,
    };
    let sane = line.vat.unsigned_abs() <= total.unsigned_abs() && money::vat_holds(&line);
    if sane { Ok(line) } else { Err(CartError::bad_vat(line)) }
}

/// The line for a rounding difference: without VAT, and in the language of the market, because it is on the receipt.
fn rounding(market: Market, drift: i64, sku: String) -> Line {
    let name = match market {
        Market::No => "Avrunding",
        Market::Dk => "Afrunding",
        Market::Fi => "Pyöristys",
    };
    Line { sku, name: name.to_owned(), quantity: 1.into(), unit_price: drift, total: drift, ..Line::default() }
}

/// The first of `sku`, `sku-2`, `sku-3`, … that no line has.
fn free_sku(sku: &str, lines: &[Line]) -> String {
    let mut candidates = std::iter::once(sku.to_owned()).chain((2..).map(|nth| format!("{sku}-{nth}")));
    let is_free = |candidate: &String| lines.iter().all(|line| line.sku != *candidate);
    candidates.find(is_free).expect("there are more candidates than lines")
}

/// Whether it is an address that a page and the app may show: http or https, without credentials.
fn is_address(text: &str) -> bool {
    let web =
        |url: Url| matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    text.len() <= MAX_URL && Url::parse(text).is_ok_and(web)
}

#[cfg(test)]
pub(super) mod tests;
