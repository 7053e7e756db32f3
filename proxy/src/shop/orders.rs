//! From what a page asks for to an order that may be written down: prices, terms, consent, addresses. Both ways in, JSON and form,
//! meet here.

use std::sync::Arc;

use kvitt_wire::{Cart, ConsentGiven, Language, NewCheckout, NewShopCheckout};
use url::Url;

use super::{Error, cart};
use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::access::token::{self, Found};
use crate::base::clock;
use crate::checkout::{Consent, Customer, Moment, Offer, OfferedBy, Opening, Order, Private};
use crate::config::{SalesUnit, SalesUnits, Shop};
use crate::engine::ledger::Ledger;
use crate::observe::trace::TraceId;
use crate::store::Store;

/// How long a page's offer stands, in milliseconds: as long as somebody may look at a QR before they scan it.
const PAGE_OFFER_MS: i64 = 30 * 60 * 1000;
/// How long an order of the shop's backend is open when it does not say, in milliseconds.
const PRICED_MS: i64 = 24 * 60 * 60 * 1000;
/// The most bytes of an address to come back to.
const LONGEST_URL: usize = 2_000;
/// How long the shop's offers may stand, in seconds.
const LEAST_OFFER_S: u32 = 60;
const MOST_OFFER_S: u32 = 180 * 24 * 60 * 60;

/// An order that may be written down: all of it has been checked.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
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

/// Opens orders; clones share the parts that it takes.
#[derive(Clone)]
pub struct Orders {
    pub(super) shop: Arc<Shop>,
    pub(super) units: SalesUnits,
    pub(super) store: Store,
    ledger: Ledger,
}

impl Orders {
    /// With what is sold, and by whom.
    pub fn new(shop: Arc<Shop>, units: SalesUnits, store: Store, ledger: Ledger) -> Self {
        Self { shop, units, store, ledger }
    }

    /// Checks what a page asks for and opens its checkout, under the request's idempotency key if it has one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn open(&self, asked: NewCheckout, key: Option<&Key>, trace_id: &TraceId) -> Result<Found, Error> {
        let now = clock::now();
        let (sales_unit, signed_cart) = (asked.sales_unit.as_deref(), asked.signed_cart.as_deref());
        let (unit, cart) = cart::asked(&self.shop, &self.units, sales_unit, &asked.items, signed_cart, now)?;
        if asked.amount.currency != cart.total.currency {
            return Err(Error::WrongCurrency);
        }
        if asked.amount != cart.total {
            return Err(Error::PriceChanged(Box::new(cart)));
        }
        if !asked.terms_accepted && !asked.open {
            return Err(Error::TermsNotAccepted);
        }
        let return_url = self.return_url(asked.return_url)?;
        let consent = consent(&cart, asked.consent, asked.language)?;
        let wanted = Wanted {
            unit,
            description: cart::description(&cart),
            cart,
            language: asked.language,
            return_url,
            // Whoever pays accepts the terms and consents then, on a device that is not known yet.
            terms_accepted_at: (!asked.open).then_some(now),
            consent: consent.filter(|_| !asked.open),
            offer: asked.open.then(|| Offer::new(OfferedBy::Page, now.plus_ms(PAGE_OFFER_MS))),
            customer: None,
        };
        self.commit(wanted, key, trace_id).await
    }

    /// Checks what the shop's backend asks for, at its own prices, and opens the checkout.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn open_priced(
        &self,
        shop: &ShopKey,
        asked: NewShopCheckout,
        key: &Key,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let now = clock::now();
        let unit = self.unit_of(shop, asked.cart.sales_unit.as_deref())?;
        let mut cart = cart::from_shop(&self.shop, unit, &asked.cart, now)?;
        cart.asks_phone_number = asked.asks_phone_number.unwrap_or(cart.asks_phone_number);
        let return_url = self.return_url(asked.return_url)?;
        let wanted = Wanted {
            unit,
            description: description(asked.description, &cart)?,
            cart,
            language: asked.language,
            return_url,
            terms_accepted_at: None,
            consent: None,
            offer: Some(Offer::new(OfferedBy::Shop, expires_at(asked.expires_in_s, PRICED_MS, now)?)),
            customer: None,
        };
        self.commit(wanted, Some(key), trace_id).await
    }

    /// Writes an order down and has its payment created, where it does not wait for the customer to pay.
    pub(super) async fn commit(
        &self,
        wanted: Wanted<'_>,
        key: Option<&Key>,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let (id, secret) = token::new();
        let order = Order {
            number: token::order_number(&wanted.unit.reference_prefix, id),
            description: wanted.description,
            cart: wanted.cart,
            language: wanted.language,
            return_url: wanted.return_url,
            landing_return_url: Private(format!("{}/return/{}", self.shop.public_url, token::write(id, &secret))),
            receipt: self.shop.receipt,
            terms_accepted_at: wanted.terms_accepted_at,
            offer: wanted.offer,
        };
        let opening = Opening { order, consent: wanted.consent, customer: wanted.customer };
        let checkout = self.ledger.open(id, &secret, trace_id, opening, Key::cause(key, id)).await?;
        Ok(Found::new(checkout, secret))
    }

    /// The sales unit that the shop wants to be paid: the one that it names, or its key's own, or the first.
    pub(super) fn unit_of(&self, shop: &ShopKey, name: Option<&str>) -> Result<&SalesUnit, Error> {
        let unit = self.units.find(name.or(shop.sales_unit.as_deref()));
        unit.filter(|unit| shop.knows(&unit.name)).ok_or(Error::UnknownSalesUnit)
    }

    /// An address to come back to must be the shop's: otherwise anyone could send customers anywhere through the proxy.
    pub(super) fn return_url(&self, url: Option<String>) -> Result<Option<String>, Error> {
        let Some(url) = url else { return Ok(None) };
        let parsed = Url::parse(&url).map_err(|_| Error::BadReturnUrl)?;
        let plain = parsed.username().is_empty() && parsed.password().is_none() && url.len() <= LONGEST_URL;
        if plain && self.shop.allowed_origins.contains(&parsed.origin().ascii_serialization()) {
            Ok(Some(parsed.into()))
        } else {
            Err(Error::BadReturnUrl)
        }
    }
}

/// The record of a yes; none when the shop has not asked.
///
/// # Errors
/// When the wording's version is not one that could be looked up later.
pub fn consent(cart: &Cart, given: Option<ConsentGiven>, language: Language) -> Result<Option<Consent>, Error> {
    given
        .filter(|_| cart.asks_phone_number)
        .map(|given| recorded("phoneNumber", given, language, clock::now()))
        .transpose()
}

/// What the customer sees of the order in the app: the shop's own words, or the articles' names.
///
/// # Errors
/// When the app would not show it.
pub(super) fn description(given: Option<String>, cart: &Cart) -> Result<String, Error> {
    let Some(given) = given else { return Ok(cart::description(cart)) };
    let text = given.trim();
    if !(3..=100).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(Error::BadDescription);
    }
    Ok(text.to_owned())
}

/// Until when what the shop offers may be paid: for as long as it says, or for `usual_ms` milliseconds.
///
/// # Errors
/// When that is no time to pay in, or too long.
pub(super) fn expires_at(in_s: Option<u32>, usual_ms: i64, now: Moment) -> Result<Moment, Error> {
    let Some(in_s) = in_s else { return Ok(now.plus_ms(usual_ms)) };
    if !(LEAST_OFFER_S..=MOST_OFFER_S).contains(&in_s) {
        return Err(Error::BadExpiry);
    }
    Ok(now.plus_ms(i64::from(in_s) * 1000))
}

/// A yes to something, as it can be shown later.
///
/// # Errors
/// When the wording's version is not one that could be looked up then.
pub(super) fn recorded(
    scope: &str,
    given: ConsentGiven,
    language: Language,
    given_at: Moment,
) -> Result<Consent, Error> {
    let wording = given.wording;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !(1..=32).contains(&wording.len()) || !wording.bytes().all(plain) {
        return Err(Error::BadWording);
    }
    Ok(Consent { scope: scope.to_owned(), wording, language, given_at })
}
