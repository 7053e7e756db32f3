//! From what a page asks for to an order that may be written down: prices, terms, consent, addresses. Both ways in, JSON and form,
//! meet here.

use kvitt_wire::{Cart, ConsentGiven, Language, NewCheckout};
use url::Url;

use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::access::token;
use crate::base::clock;
use crate::checkout::{Consent, Customer, Moment, Offer, OfferedBy, Opening, Order, Private};
use crate::config::SalesUnit;
use crate::http::app::{App, Found};
use crate::http::problem::{ApiError, Code, Result};
use crate::observe::trace::TraceId;
use crate::shop::cart;

/// How long a page's offer stands, in milliseconds: as long as somebody may look at a QR before they scan it.
const PAGE_OFFER_MS: i64 = 30 * 60 * 1000;
/// How long the shop's offers may stand, in seconds.
const LEAST_OFFER_S: u32 = 60;
const MOST_OFFER_S: u32 = 180 * 24 * 60 * 60;

/// An order that may be written down: all of it has been checked.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Who is paid.
    pub unit: &'a SalesUnit,
    /// What for.
    pub cart: Cart,
    /// What the customer sees of it in the app.
    pub description: String,
    /// The language that the customer is spoken to in.
    pub language: Language,
    /// The shop's page that the customer comes back to.
    pub return_url: Option<String>,
    /// When the customer accepted the terms, if they have.
    pub terms_accepted_at: Option<Moment>,
    /// The customer's yes to sharing the telephone number.
    pub consent: Option<Consent>,
    /// How it waits for somebody to press pay, if it does.
    pub offer: Option<Offer>,
    /// The customer, where the shop knows them from before.
    pub customer: Option<Customer>,
}

/// Checks what is asked for and opens the checkout, under the request's idempotency key if it has one.
///
/// # Errors
/// What is wrong with it; nothing has been written then.
pub async fn open(app: &App, asked: NewCheckout, key: Option<&Key>, trace_id: &TraceId) -> Result<Found> {
    let now = clock::now();
    let (sales_unit, signed_cart) = (asked.sales_unit.as_deref(), asked.signed_cart.as_deref());
    let (unit, cart) = cart::asked(&app.config, sales_unit, &asked.items, signed_cart, now)?;
    if asked.amount.currency != cart.total.currency {
        return Err(ApiError::wrong_currency());
    }
    if asked.amount != cart.total {
        return Err(ApiError::price_changed(cart));
    }
    if !asked.terms_accepted && !asked.open {
        return Err(ApiError::terms_not_accepted());
    }
    let return_url = asked.return_url.map(|url| return_url(&app.config.allowed_origins, url)).transpose()?;
    let consent = consent(&cart, asked.consent, asked.language)?;
    let wanted = Wanted {
        unit,
        description: cart::description(&cart),
        cart,
        language: asked.language,
        return_url,
        // Whoever presses pay says these, and on what device that will be is not known yet.
        terms_accepted_at: (!asked.open).then_some(now),
        consent: consent.filter(|_| !asked.open),
        offer: asked.open.then(|| Offer::standing(OfferedBy::Page, now.plus_ms(PAGE_OFFER_MS))),
        customer: None,
    };
    write_down(app, wanted, key, trace_id).await
}

/// Opens the checkout of an order, under the request's idempotency key if it has one.
///
/// # Errors
/// When it cannot be written down, or has been before under that key.
pub async fn write_down(app: &App, wanted: Wanted<'_>, key: Option<&Key>, trace_id: &TraceId) -> Result<Found> {
    let (id, secret) = token::new();
    let order = Order {
        number: token::order_number(&wanted.unit.reference_prefix, id),
        description: wanted.description,
        cart: wanted.cart,
        language: wanted.language,
        return_url: wanted.return_url,
        landing_return_url: Private(format!("{}/return/{}", app.config.public_url, token::write(id, &secret))),
        receipt: app.config.shop.receipt,
        terms_accepted_at: wanted.terms_accepted_at,
        offer: wanted.offer,
    };
    let opening = Opening { order, consent: wanted.consent, customer: wanted.customer };
    let checkout = app.ledger.open(id, &secret, trace_id, opening, Key::cause(key, id)).await?;
    Ok(Found::new(checkout, secret))
}

/// The record of a yes; none when the shop has not asked.
///
/// # Errors
/// When the wording's version is not one that could be looked up later.
pub fn consent(cart: &Cart, given: Option<ConsentGiven>, language: Language) -> Result<Option<Consent>> {
    given
        .filter(|_| cart.asks_phone_number)
        .map(|given| recorded("phoneNumber", given, language, clock::now()))
        .transpose()
}

/// What the customer sees of the order in the app: the shop's own words, or the articles' names.
///
/// # Errors
/// When the app would not show it.
pub fn description(given: Option<String>, cart: &Cart) -> Result<String> {
    let Some(given) = given else { return Ok(cart::description(cart)) };
    let text = given.trim();
    if !(3..=100).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(Code::BadDescription.into());
    }
    Ok(text.to_owned())
}

/// Until when what the shop offers may be paid: for as long as it says, or for `usual_ms` milliseconds.
///
/// # Errors
/// When that is no time to pay in, or too long.
pub fn expires_at(in_s: Option<u32>, usual_ms: i64, now: Moment) -> Result<Moment> {
    let Some(in_s) = in_s else { return Ok(now.plus_ms(usual_ms)) };
    if !(LEAST_OFFER_S..=MOST_OFFER_S).contains(&in_s) {
        return Err(Code::BadExpiry.into());
    }
    Ok(now.plus_ms(i64::from(in_s) * 1000))
}

/// A yes to something, as it can be shown later.
///
/// # Errors
/// When the wording's version is not one that could be looked up then.
pub fn recorded(scope: &str, given: ConsentGiven, language: Language, given_at: Moment) -> Result<Consent> {
    let wording = given.wording;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !(1..=32).contains(&wording.len()) || !wording.bytes().all(plain) {
        return Err(ApiError::bad_wording());
    }
    Ok(Consent { scope: scope.to_owned(), wording, language, given_at })
}

/// The sales unit that the shop wants to be paid: the one that it names, or its key's own, or the first.
///
/// # Errors
/// When there is none of that name, or it is not the key's business.
pub fn unit_of<'a>(app: &'a App, shop: &ShopKey, name: Option<&str>) -> Result<&'a SalesUnit> {
    let unit = app.config.sales_unit(name.or(shop.sales_unit.as_deref()));
    unit.filter(|unit| shop.knows(&unit.name)).ok_or(ApiError::unknown_sales_unit())
}

/// An address to come back to must be the shop's, or anyone could send customers anywhere through us.
///
/// # Errors
/// When it is not on one of the allowed origins.
pub fn return_url(allowed: &[String], url: String) -> Result<String> {
    let parsed = Url::parse(&url).map_err(|_| ApiError::bad_return_url())?;
    let plain = parsed.username().is_empty() && parsed.password().is_none() && url.len() <= 2_000;
    if plain && allowed.contains(&parsed.origin().ascii_serialization()) {
        Ok(parsed.into())
    } else {
        Err(ApiError::bad_return_url())
    }
}
