//! Payment requests: orders that the shop opens for a customer to pay later. Also the sweep of open orders of pages
//! that expired unpaid.

use std::time::Duration;

use kvitt_wire::{Addressee, Cart, Language, NewPaymentRequest};

use super::orders::{self, NewOrder, Orders};
use super::{Error, cart, customers};
use crate::access::idempotency::Key;
use crate::access::shop_key::ShopKey;
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::{Checkout, Consent, Customer, Moment, Offer, OfferedBy};
use crate::config::SalesUnit;
use crate::engine::chores::Chore;
use crate::observe::trace::TraceId;
use crate::store::Store;
use crate::vendor::perform::Performer;

/// How long an expired open order of a page is kept, in milliseconds, for a customer who looks at the page again.
const RETENTION_MS: i64 = 24 * 60 * 60 * 1000;

/// The name of the chore in the store.
pub const CHORE: &str = "forget idle offers";

impl Orders {
    /// Checks a payment request and opens its order. It is pushed to the app of a known customer where the sales unit
    /// may do that, and can always be paid by its link.
    ///
    /// # Errors
    /// [`Error`], for the first problem found.
    pub async fn request(
        &self,
        shop: &ShopKey,
        request: NewPaymentRequest,
        key: &Key,
        trace_id: &TraceId,
    ) -> Result<Found, Error> {
        let now = clock::now();
        let unit = self.unit_of(shop, request.cart.sales_unit.as_deref())?;
        let mut cart = cart::from_shop(&self.shop, unit, &request.cart, now)?;
        let description = orders::description(request.description, &cart)?;
        let return_url = self.return_url(request.return_url)?;
        let expires_at = orders::expires_at(request.expires_in_s, self.shop.requests.open_ms, now)?;
        let mut offer = Offer { customer_present: request.customer_present, ..Offer::new(OfferedBy::Shop, expires_at) };
        let mut customer = None;
        if let Some(addressee) = request.customer {
            let (addressed, consent) = self.addressee(unit, &cart, addressee, request.language, now).await?;
            // The customer has consented already.
            cart.asks_phone_number = false;
            (offer.push, offer.long_living) = (unit.push_messages, unit.push_messages && unit.long_living);
            offer.consent = Some(consent);
            customer = Some(addressed);
        }
        let order = NewOrder {
            unit,
            cart,
            description,
            language: request.language,
            return_url,
            terms_accepted_at: None,
            consent: None,
            payable_until: None,
            offer: Some(offer),
            customer,
        };
        self.commit(order, Some(key), trace_id).await
    }

    /// Finds the customer of a request, and their consent.
    async fn addressee(
        &self,
        unit: &SalesUnit,
        cart: &Cart,
        addressee: Addressee,
        language: Language,
        now: Moment,
    ) -> Result<(Customer, Consent), Error> {
        match addressee {
            Addressee { id: Some(id), phone_number: None, consent: None } => {
                let known = self.store.known_customer(&id).await?.filter(|known| known.sales_unit == unit.name);
                let known = known.filter(|known| known.customer.phone_number.is_some());
                let known = known.ok_or(Error::UnknownCustomer)?;
                // The latest consent covers payment requests.
                let (_, consent) = known.consents.into_iter().next_back().ok_or(Error::NoConsent)?;
                Ok((known.customer, consent))
            }
            Addressee { id: None, phone_number: Some(number), consent: Some(given) } => {
                let phone_number = Some(customers::parse_number(&number, unit.market).ok_or(Error::BadPhoneNumber)?);
                let consent = orders::consent_record(&self.shop, cart, "paymentRequests", &given, language, now)?;
                Ok((Customer { sub: None, phone_number, received_at: now }, consent))
            }
            Addressee { id: None, phone_number: Some(_), consent: None } => Err(Error::NoConsent),
            _ => Err(Error::BadAddressee),
        }
    }
}

/// The address of a QR code of Vipps MobilePay that leads to the pay page of an order. `None` when it cannot be had;
/// the caller then shows ours.
pub async fn vendor_qr(performer: &Performer, checkout: &Checkout, svg: bool) -> Option<String> {
    let left_ms = checkout.order.offer.as_ref().map(|offer| offer.expires_at.0 - clock::now().0);
    let valid_for = left_ms.map(|ms| Duration::from_millis(ms.max(0).unsigned_abs()));
    let (order, url) = (&checkout.order, checkout.pay_url());
    let address = performer.pay_page_qr(&order.cart.sales_unit, &order.number, &url, valid_for, svg).await;
    address.inspect_err(|error| tracing::warn!(error = error.reason, "no QR code from Vipps MobilePay")).ok()
}

/// The chore that deletes open orders of pages that expired unpaid.
pub fn sweep_chore(store: &Store) -> Chore {
    Chore::deleting(CHORE, store, RETENTION_MS, |store, before, most| async move {
        store.prune_idle_orders(before, most).await
    })
}
