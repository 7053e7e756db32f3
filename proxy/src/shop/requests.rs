//! Orders that wait for somebody to press pay: the shop's payment requests, and what becomes of those that nobody takes up.

use std::time::Duration;

use kvitt_wire::{Addressee, Language, NewPaymentRequest};

use super::orders::{self, Orders, Wanted};
use super::{Error, cart, customers};
use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::{Checkout, Consent, Customer, Moment, Offer, OfferedBy};
use crate::config::SalesUnit;
use crate::engine::chores::Chore;
use crate::observe::trace::TraceId;
use crate::store::{self, Store};
use crate::vendor::perform::Performer;

/// How often those that nobody took up are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// How long one sweep may take.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Kept for so long after a page's offer has run out, for whoever looks at that page again.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1000;
const BATCH: u32 = 500;

/// The name of the chore, as the store has it.
pub const FORGETTING: &str = "forget idle offers";

impl Orders {
    /// Checks a payment request and opens its order: in the app of a customer whom the shop knows, where the sales unit may send it there,
    /// and behind its link in any case.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn request(
        &self,
        shop: &ShopKey,
        asked: NewPaymentRequest,
        key: &Key,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let now = clock::now();
        let unit = self.unit_of(shop, asked.cart.sales_unit.as_deref())?;
        let mut cart = cart::from_shop(&self.shop, unit, &asked.cart, now)?;
        let description = orders::description(asked.description, &cart)?;
        let return_url = self.return_url(asked.return_url)?;
        let expires_at = orders::expires_at(asked.expires_in_s, self.shop.requests.open_ms, now)?;
        let mut offer = Offer { customer_present: asked.customer_present, ..Offer::new(OfferedBy::Shop, expires_at) };
        let mut customer = None;
        if let Some(addressee) = asked.customer {
            let (known, consent) = self.known(unit, addressee, asked.language, now).await?;
            // Whoever has consented is not asked again.
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
        self.commit(wanted, Some(key), trace_id).await
    }

    /// The customer, and their consent.
    async fn known(
        &self,
        unit: &SalesUnit,
        addressee: Addressee,
        language: Language,
        now: Moment,
    ) -> Result<(Customer, Consent), Error> {
        match addressee {
            Addressee { id: Some(id), phone_number: None, consent: None } => {
                let known = self.store.known_customer(&id).await?.filter(|known| known.sales_unit == unit.name);
                let known = known.filter(|known| known.customer.phone_number.is_some());
                let known = known.ok_or(Error::UnknownCustomer)?;
                // The latest consent: what they shared the number for is being sent requests.
                let (_, consent) = known.consents.into_iter().next_back().ok_or(Error::NoConsent)?;
                Ok((known.customer, consent))
            }
            Addressee { id: None, phone_number: Some(number), consent: Some(given) } => {
                let phone_number = Some(customers::number(&number).ok_or(Error::BadPhoneNumber)?);
                let consent = orders::recorded("paymentRequests", given, language, now)?;
                Ok((Customer { sub: None, phone_number, received_at: now }, consent))
            }
            Addressee { id: None, phone_number: Some(_), consent: None } => Err(Error::NoConsent),
            _ => Err(Error::BadAddressee),
        }
    }
}

/// The address of Vipps MobilePay's picture of the QR that leads to an order's pay page. None while it cannot be had: then ours is shown.
pub async fn vendor_qr(performer: &Performer, checkout: &Checkout, drawing: bool) -> Option<String> {
    let left_ms = checkout.order.offer.as_ref().map(|offer| offer.expires_at.0 - clock::now().0);
    let left = left_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs()));
    let (order, url) = (&checkout.order, checkout.pay_url());
    let made = performer.pay_page_qr(&order.cart.sales_unit, &order.number, &url, left, drawing).await;
    made.inspect_err(|error| tracing::warn!(error = error.reason, "no QR from Vipps MobilePay")).ok()
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
    while store.prune_idle_orders(clock::now().plus_ms(-MEMORY_MS), BATCH).await? > 0 {}
    Ok(())
}
