//! Opens orders. A request of a page or of the shop's backend is checked (prices, terms, consent, addresses) and
//! becomes an order that the [ledger](crate::engine::ledger) commits. JSON and forms both come here.
//!
//! The amount is never taken from the page: what the page sends is only compared with the price.

use std::sync::Arc;

use kvitt_wire::{Brand, Cart, ConsentGiven, Language, NewCheckout, NewShopCheckout, State};

use super::cart::{self, Priced};
use super::{Error, return_url};
use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::access::token::{self, Found};
use crate::base::{clock, text};
use crate::checkout::{Consent, Customer, Input, Moment, Offer, OfferedBy, Opening, Order, Private, Refusal};
use crate::config::{SalesUnit, SalesUnits, Shop};
use crate::engine::chores::Chore;
use crate::engine::hub::Hub;
use crate::engine::ledger::{self, Ledger};
use crate::observe::trace::TraceId;
use crate::store::Store;

/// How long an open order of a page is valid, in milliseconds: long enough to scan its QR code.
const PAGE_OFFER_MS: i64 = 30 * 60 * 1000;
/// How long an order of the shop's backend is valid by default, in milliseconds.
const SHOP_OFFER_MS: i64 = 24 * 60 * 60 * 1000;
/// How long an order of the shop may be valid, in seconds.
const MIN_OFFER_S: u32 = 60;
const MAX_OFFER_S: u32 = 180 * 24 * 60 * 60;

/// An order whose request has been checked.
#[derive(Clone, Debug)]
pub(super) struct NewOrder<'a> {
    /// The sales unit that is paid.
    pub unit: &'a SalesUnit,
    /// The cart.
    pub cart: Cart,
    /// The description in the app.
    pub description: String,
    /// The language of the customer.
    pub language: Language,
    /// The page of the shop that the customer returns to.
    pub return_url: Option<String>,
    /// When the customer accepted the terms, if they have.
    pub terms_accepted_at: Option<Moment>,
    /// The consent to share the telephone number.
    pub consent: Option<Consent>,
    /// Until when it can be paid, unless it is an offer.
    pub payable_until: Option<Moment>,
    /// Until when and how it is open for payment, if it waits for the customer.
    pub offer: Option<Offer>,
    /// The customer, where the shop knows them already.
    pub customer: Option<Customer>,
}

/// The order of a page that wants to pay.
#[derive(Debug)]
pub struct Opened {
    /// The order.
    pub found: Found,
    /// Whether another page of the same cart has opened it.
    pub by_other: bool,
}

/// Opens orders; clones share its parts.
#[derive(Clone)]
pub struct Orders {
    pub(super) shop: Arc<Shop>,
    pub(super) units: SalesUnits,
    pub(super) store: Store,
    ledger: Ledger,
    hub: Hub,
}

impl Orders {
    /// With the shop's configuration and sales units.
    pub fn new(shop: Arc<Shop>, units: SalesUnits, store: Store, ledger: Ledger, hub: Hub) -> Self {
        Self { shop, units, store, ledger, hub }
    }

    /// Checks the request of a page and opens its checkout, under the idempotency key of the request if it has one. Where another page of the same
    /// cart has opened one, this page pays that.
    ///
    /// # Errors
    /// [`Error`], for the first problem found.
    pub async fn open(&self, request: NewCheckout, key: Option<&Key>, trace_id: &TraceId) -> Result<Opened, Error> {
        let (cart_id, open) = (request.cart_id.clone(), request.open);
        if cart_id.as_deref().is_some_and(|id| !text::is_random(id)) {
            return Err(Error::BadCartId);
        }
        let order = self.check(request)?;
        let Some(cart_id) = cart_id else {
            return Ok(Opened { found: self.commit(order, key, trace_id).await?, by_other: false });
        };
        let of_cart = Key::of_cart(&cart_id, &order.cart);
        loop {
            if let Some(mut found) = of_cart.opened(&self.store, |found| found.is_of_its_cart(clock::now())).await? {
                if !open && found.checkout.current().state != State::Authorized {
                    let id = found.checkout.id;
                    found.subscription = Some(self.hub.subscribe(id));
                    let input = Input::Pay(order.consent);
                    match self.ledger.apply(id, input, Key::cause(key, id)).await {
                        Ok(after) => found.checkout = after,
                        // Another tab's payment shares what this customer does not, or is being cancelled: this page shows it as it is.
                        Err(ledger::Error::Refused(Refusal::NotRetryable)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                return Ok(Opened { found, by_other: true });
            }
            match self.commit(order.clone(), Some(&of_cart), trace_id).await {
                // Another page was faster.
                Err(Error::Ledger(ledger::Error::Repeated)) => {}
                opened => return Ok(Opened { found: opened?, by_other: false }),
            }
        }
    }

    /// Checks the request of a page.
    fn check(&self, request: NewCheckout) -> Result<NewOrder<'_>, Error> {
        let now = clock::now();
        let (sales_unit, signed_cart) = (request.sales_unit.as_deref(), request.signed_cart.as_deref());
        let priced = cart::resolve(&self.shop, &self.units, sales_unit, &request.items, signed_cart, now)?;
        let Priced { unit, cart, valid_until } = priced;
        // No attempt is made at prices that the shop has signed for a shorter time.
        let within_ms = |ms| valid_until.map_or(now.plus_ms(ms), |end| end.min(now.plus_ms(ms)));
        if request.amount.currency != cart.total.currency {
            return Err(Error::WrongCurrency);
        }
        if request.amount != cart.total {
            return Err(Error::PriceChanged(Box::new(cart)));
        }
        if !request.terms_accepted && !request.open {
            return Err(Error::TermsNotAccepted);
        }
        let return_url = self.return_url(request.return_url)?;
        let consent = consent(&self.shop, &cart, request.consent, request.language)?;
        Ok(NewOrder {
            unit,
            description: cart::description(&cart),
            cart,
            language: request.language,
            return_url,
            // With an open order, the customer accepts the terms and consents when they pay, maybe on another device.
            terms_accepted_at: (!request.open).then_some(now),
            consent: consent.filter(|_| !request.open),
            payable_until: (!request.open).then(|| within_ms(self.shop.payable_ms)),
            offer: request.open.then(|| Offer::new(OfferedBy::Page, within_ms(PAGE_OFFER_MS))),
            customer: None,
        })
    }

    /// Checks the request of the shop's backend, which has its own prices, and opens the checkout.
    ///
    /// # Errors
    /// [`Error`], for the first problem found.
    pub async fn open_priced(
        &self,
        shop: &ShopKey,
        request: NewShopCheckout,
        key: &Key,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let now = clock::now();
        let unit = self.unit_of(shop, request.cart.sales_unit.as_deref())?;
        let mut cart = cart::from_shop(&self.shop, unit, &request.cart, now)?;
        cart.asks_phone_number = request.asks_phone_number.unwrap_or(cart.asks_phone_number);
        let return_url = self.return_url(request.return_url)?;
        let order = NewOrder {
            unit,
            description: description(request.description, &cart)?,
            cart,
            language: request.language,
            return_url,
            terms_accepted_at: None,
            consent: None,
            payable_until: None,
            offer: Some(Offer::new(OfferedBy::Shop, expires_at(request.expires_in_s, SHOP_OFFER_MS, now)?)),
            customer: None,
        };
        self.commit(order, Some(key), trace_id).await
    }

    /// Commits an order and starts its payment, unless it waits for the customer.
    pub(super) async fn commit(
        &self,
        order: NewOrder<'_>,
        key: Option<&Key>,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let (id, secret) = token::new();
        let stored = Order {
            number: token::order_number(&order.unit.reference_prefix, id),
            description: order.description,
            cart: order.cart,
            language: order.language,
            return_url: order.return_url,
            landing_return_url: Private(format!("{}/return/{}", self.shop.public_url, token::encode(id, &secret))),
            receipt: self.shop.receipt,
            terms_accepted_at: order.terms_accepted_at,
            payable_until: order.payable_until,
            offer: order.offer,
        };
        let opening = Opening { order: stored, consent: order.consent, customer: order.customer };
        let subscription = self.hub.subscribe(id);
        let checkout = self.ledger.open(id, &secret, trace_id, opening, Key::cause(key, id)).await?;
        let mut found = Found::new(checkout, secret);
        found.subscription = Some(subscription);
        Ok(found)
    }

    /// The sales unit of a request: the one that it names, or that of the key, or the first.
    pub(super) fn unit_of(&self, shop: &ShopKey, name: Option<&str>) -> Result<&SalesUnit, Error> {
        let unit = self.units.find(name.or(shop.sales_unit.as_deref()));
        unit.filter(|unit| shop.may_access(&unit.name)).ok_or(Error::UnknownSalesUnit)
    }

    /// Checks `return_url`.
    pub(super) fn return_url(&self, url: Option<String>) -> Result<Option<String>, Error> {
        let checked = |url: String| return_url::check(&url, &self.shop.allowed_origins).ok_or(Error::BadReturnUrl);
        url.map(checked).transpose()
    }
}

/// The record of a consent; `None` when the shop does not ask for one.
///
/// # Errors
/// [`Error::BadWording`].
pub fn consent(
    shop: &Shop,
    cart: &Cart,
    given: Option<ConsentGiven>,
    language: Language,
) -> Result<Option<Consent>, Error> {
    given
        .filter(|_| cart.asks_phone_number)
        .map(|given| consent_record(shop, cart, "phoneNumber", &given, language, clock::now()))
        .transpose()
}

/// The description in the app: the text of the shop, or the names of the articles.
///
/// # Errors
/// [`Error::BadDescription`].
pub(super) fn description(given: Option<String>, cart: &Cart) -> Result<String, Error> {
    match given {
        Some(text) => cart::given_description(&text).ok_or(Error::BadDescription),
        None => Ok(cart::description(cart)),
    }
}

/// When an order of the shop expires: after `in_s` seconds, or after `default_ms` milliseconds.
///
/// # Errors
/// [`Error::BadExpiry`].
pub(super) fn expires_at(in_s: Option<u32>, default_ms: i64, now: Moment) -> Result<Moment, Error> {
    let Some(in_s) = in_s else { return Ok(now.plus_ms(default_ms)) };
    if !(MIN_OFFER_S..=MAX_OFFER_S).contains(&in_s) {
        return Err(Error::BadExpiry);
    }
    Ok(now.plus_ms(i64::from(in_s) * 1000))
}

/// The record of a consent, with its text and time. The text must be known.
///
/// # Errors
/// [`Error::BadWording`].
pub(super) fn consent_record(
    shop: &Shop,
    cart: &Cart,
    scope: &str,
    given: &ConsentGiven,
    language: Language,
    given_at: Moment,
) -> Result<Consent, Error> {
    let app = match cart.brand {
        Brand::Vipps => "Vipps",
        Brand::MobilePay => "MobilePay",
    };
    let found = shop.wordings.text(&given.wording, given.language.unwrap_or(language), &cart.shop, app);
    let (language, text) = found.ok_or(Error::BadWording)?;
    Ok(Consent { scope: scope.to_owned(), wording: given.wording.clone(), language, text: Some(text), given_at })
}

/// The chore that deletes orders that ended without any money longer ago than `keep_ms` milliseconds.
pub fn sweep_chore(store: &Store, keep_ms: i64) -> Chore {
    Chore::deleting("forget unpaid orders", store, keep_ms, |store, before, most| async move {
        store.prune_unpaid_orders(before, most).await
    })
}
