//! From what a page asks for to an order that may be written down: prices, terms, consent, addresses. Both ways in, JSON and form,
//! meet here.

use kvitt_wire::{Cart, ConsentGiven, Language, NewCheckout};
use url::Url;

use crate::app::{App, Found};
use crate::checkout::{Consent, Order, Private};
use crate::error::{ApiError, Result};
use crate::idempotency::Key;
use crate::trace::TraceId;
use crate::{cart, clock, token};

/// Checks what is asked for and opens the checkout, under the request's idempotency key if it has one.
///
/// # Errors
/// What is wrong with it; nothing has been written then.
pub async fn open(app: &App, asked: NewCheckout, key: Option<&Key>, trace_id: &TraceId) -> Result<Found> {
    let now = clock::now();
    let unit = app.config.sales_unit(asked.sales_unit.as_deref()).ok_or(ApiError::unknown_sales_unit())?;
    let cart = cart::price(&app.config, unit, &asked.items, now)?;
    if asked.amount.currency != cart.total.currency {
        return Err(ApiError::wrong_currency());
    }
    if asked.amount != cart.total {
        return Err(ApiError::price_changed(cart));
    }
    if !asked.terms_accepted {
        return Err(ApiError::terms_not_accepted());
    }
    let return_url = asked.return_url.map(|url| return_url(&app.config.allowed_origins, url)).transpose()?;
    let consent = consent(&cart, asked.consent, asked.language)?;
    let (id, secret) = token::new();
    let order = Order {
        number: token::order_number(&unit.reference_prefix, id),
        description: cart::description(&cart),
        cart,
        language: asked.language,
        return_url,
        landing_return_url: Private(format!("{}/return/{}", app.config.public_url, token::write(id, &secret))),
        receipt: app.config.shop.receipt,
        terms_accepted_at: now,
    };
    let checkout = app.ledger.open(id, &secret, trace_id, order, consent, Key::cause(key, id)).await?;
    Ok(Found::new(checkout, secret))
}

/// The record of a yes; none when the shop has not asked.
///
/// # Errors
/// When the wording's version is not one that could be looked up later.
pub fn consent(cart: &Cart, given: Option<ConsentGiven>, language: Language) -> Result<Option<Consent>> {
    given
        .filter(|_| cart.asks_phone_number)
        .map(|ConsentGiven { wording }| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if !(1..=32).contains(&wording.len()) || !wording.bytes().all(plain) {
                return Err(ApiError::bad_wording());
            }
            Ok(Consent { scope: "phoneNumber".to_owned(), wording, language, given_at: clock::now() })
        })
        .transpose()
}

/// An address to come back to must be the shop's, or anyone could send customers anywhere through us.
fn return_url(allowed: &[String], url: String) -> Result<String> {
    let parsed = Url::parse(&url).map_err(|_| ApiError::bad_return_url())?;
    let plain = parsed.username().is_empty() && parsed.password().is_none() && url.len() <= 2_000;
    if plain && allowed.contains(&parsed.origin().ascii_serialization()) {
        Ok(parsed.into())
    } else {
        Err(ApiError::bad_return_url())
    }
}
