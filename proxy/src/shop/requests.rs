//! Orders that wait for somebody to press pay: the shop's payment requests, and what becomes of those that nobody takes up.

use std::time::Duration;

use kvitt_wire::{Addressee, Language, NewPaymentRequest};

use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::base::clock;
use crate::checkout::{Checkout, Consent, Customer, Moment, Offer, OfferedBy};
use crate::config::SalesUnit;
use crate::engine::chores::Chore;
use crate::http::app::{App, Found};
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::TraceId;
use crate::shop::cart;
use crate::shop::customers;
use crate::shop::orders::{self, Wanted};
use crate::store::{self, Store};

/// How often those that nobody took up are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// How long one sweep may take.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Kept for so long after a page's offer has run out, for whoever looks at that page again.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1000;
const BATCH: u32 = 500;

/// The name of the chore, as the store has it.
pub const FORGETTING: &str = "forget idle offers";

/// Checks a payment request and opens its order: in the app of a customer whom the shop knows, where the sales unit may send it there, and
/// behind its link in any case.
///
/// # Errors
/// What is wrong with it; nothing has been written then.
pub async fn request(
    app: &App,
    shop: &ShopKey,
    asked: NewPaymentRequest,
    key: &Key,
    trace_id: &TraceId,
) -> Result<Found> {
    let now = clock::now();
    let unit = orders::unit_of(app, shop, asked.cart.sales_unit.as_deref())?;
    let mut cart = cart::from_shop(&app.config, unit, &asked.cart, now)?;
    let description = orders::description(asked.description, &cart)?;
    let return_url = asked.return_url.map(|url| orders::return_url(&app.config.allowed_origins, url)).transpose()?;
    let expires_at = orders::expires_at(asked.expires_in_s, app.config.requests.stands_ms, now)?;
    let mut offer = Offer { customer_present: asked.customer_present, ..Offer::standing(OfferedBy::Shop, expires_at) };
    let mut customer = None;
    if let Some(addressee) = asked.customer {
        let (known, consent) = known(app, unit, addressee, asked.language, now).await?;
        // Who has said yes to it is not asked again.
        cart.asks_phone_number = false;
        (offer.push, offer.long_living) = (unit.push_messages, unit.push_messages && unit.long_living);
        offer.consent = Some(consent);
        customer = Some(known);
    }
    let wanted = Wanted {
        unit,
        cart,
        description,
        language: asked.language,
        return_url,
        terms_accepted_at: None,
        consent: None,
        offer: Some(offer),
        customer,
    };
    orders::write_down(app, wanted, Some(key), trace_id).await
}

/// The customer, and their yes.
async fn known(
    app: &App,
    unit: &SalesUnit,
    addressee: Addressee,
    language: Language,
    now: Moment,
) -> Result<(Customer, Consent)> {
    match addressee {
        Addressee { id: Some(id), phone_number: None, consent: None } => {
            let known = app.store.known_customer(&id).await?.filter(|known| known.sales_unit == unit.name);
            let known = known.filter(|known| known.customer.phone_number.is_some());
            let known = known.ok_or(ApiError::unknown_customer())?;
            // The latest yes: what they shared the number for is being sent requests.
            let (_, consent) = known.consents.into_iter().next_back().ok_or(ApiError::no_consent())?;
            Ok((known.customer, consent))
        }
        Addressee { id: None, phone_number: Some(number), consent: Some(given) } => {
            let phone_number = Some(customers::number(&number).ok_or(ApiError::bad_phone_number())?);
            let consent = orders::recorded("paymentRequests", given, language, now)?;
            Ok((Customer { sub: None, phone_number, received_at: now }, consent))
        }
        Addressee { id: None, phone_number: Some(_), consent: None } => Err(ApiError::no_consent()),
        _ => Err(ApiError::bad_addressee()),
    }
}

/// Where the vendor has the QR that leads to an order's pay page, if that is the one to be shown. While it cannot be had, ours is.
pub async fn vendor_qr(app: &App, checkout: &Checkout, drawing: bool) -> Option<String> {
    if !app.config.requests.vendor_qr {
        return None;
    }
    let stands_ms = checkout.order.offer.as_ref().map(|offer| offer.expires_at.0 - clock::now().0);
    let lasts = stands_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs()));
    let (order, url) = (&checkout.order, checkout.pay_url());
    let made = app.performer.pay_page_qr(&order.cart.sales_unit, &order.number, &url, lasts, drawing).await;
    made.inspect_err(|error| tracing::warn!(error = error.reason, "no code from the vendor")).ok()
}

/// The chore that forgets what pages have offered in vain.
pub fn forgetting(store: &Store) -> Chore {
    let store = store.clone();
    Chore::new(FORGETTING, SWEEP, LONGEST, move || {
        let store = store.clone();
        async move { Ok(forget(&store).await?) }
    })
}

async fn forget(store: &Store) -> std::result::Result<(), store::Error> {
    while store.forget_idle(clock::now().plus_ms(-MEMORY_MS), BATCH).await? > 0 {}
    Ok(())
}
