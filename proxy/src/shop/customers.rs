//! Erases the personal data of customers: on request, by order or telephone number, and by age.
//!
//! An erasure is an input to the [ledger] like any other. The order, its amounts and the record of the consent stay.
//! Later responses of Vipps MobilePay bring nothing back. The keys by which a customer was recognized are deleted with
//! their last order.

use std::time::Duration;

use kvitt_wire::{CustomerConsent, ShopCustomer};

use crate::base::clock;
use crate::checkout::{CheckoutId, Input, PhoneNumber};
use crate::engine::chores::Chore;
use crate::engine::ledger::{self, Ledger};
use crate::observe::trace;
use crate::store::{Cause, KnownCustomer, Store};

/// The interval between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// The time limit of one sweep.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
const BATCH: u32 = 100;

/// The name of the chore in the store.
pub const CHORE: &str = "forget customers";

/// Erases the personal data of the customer of a payment. False when no order has that payment.
///
/// # Errors
/// When the store fails.
pub async fn erase_order(store: &Store, ledger: &Ledger, reference: &str) -> Result<bool, ledger::Error> {
    let Some(id) = store.checkout_of(reference).await? else { return Ok(false) };
    erase(ledger, id).await?;
    store.prune_customer_names().await?;
    Ok(true)
}

/// Erases the personal data in every order with this telephone number; returns how many.
///
/// # Errors
/// When the store fails. The orders before it are erased.
pub async fn erase_by_number(store: &Store, ledger: &Ledger, number: &PhoneNumber) -> Result<usize, ledger::Error> {
    let found = store.checkouts_with_number(number).await?;
    for id in &found {
        erase(ledger, *id).await?;
    }
    store.prune_customer_names().await?;
    Ok(found.len())
}

/// Erases a customer from all their orders; returns how many.
///
/// # Errors
/// When the store fails. The orders before it are erased.
pub async fn erase_customer(store: &Store, ledger: &Ledger, known: &KnownCustomer) -> Result<usize, ledger::Error> {
    for (id, _) in &known.orders {
        erase(ledger, *id).await?;
    }
    store.prune_customer_names().await?;
    Ok(known.orders.len())
}

/// Parses a telephone number with its country code, as people write it; `None` for anything else.
pub fn parse_number(text: &str) -> Option<PhoneNumber> {
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    PhoneNumber::parse(digits.strip_prefix('+').or(digits.strip_prefix("00")).unwrap_or(&digits))
}

/// What the shop may see of a customer.
pub fn for_shop(known: KnownCustomer) -> ShopCustomer {
    let consents = known
        .consents
        .iter()
        .map(|(reference, consent)| CustomerConsent { reference: reference.to_string(), consent: consent.for_shop() });
    ShopCustomer {
        id: known.id,
        sales_unit: known.sales_unit,
        sub: known.customer.sub,
        phone_number: known.customer.phone_number.map(|number| number.digits().to_owned()),
        received_at_ms: known.customer.received_at.0,
        consents: consents.collect(),
        orders: known.orders.iter().map(|(_, reference)| reference.to_string()).collect(),
    }
}

/// The chore that erases personal data that was received longer ago than `keep_ms` milliseconds.
pub fn sweep_chore(store: &Store, ledger: &Ledger, keep_ms: i64) -> Chore {
    let (store, ledger) = (store.clone(), ledger.clone());
    Chore::new(CHORE, SWEEP_EVERY, TIMEOUT, move || {
        let (store, ledger) = (store.clone(), ledger.clone());
        async move { Ok(sweep(&store, &ledger, keep_ms).await?) }
    })
}

async fn sweep(store: &Store, ledger: &Ledger, keep_ms: i64) -> Result<(), ledger::Error> {
    loop {
        let found = store.customers_received_before(clock::now().plus_ms(-keep_ms), BATCH).await?;
        if found.is_empty() {
            return Ok(store.prune_customer_names().await?);
        }
        for id in found {
            erase(ledger, id).await?;
        }
    }
}

async fn erase(ledger: &Ledger, id: CheckoutId) -> Result<(), ledger::Error> {
    let checkout = ledger.apply(id, Input::Erase, Cause::Request).await?;
    trace::of_checkout(&checkout).in_scope(|| tracing::info!("customer erased"));
    Ok(())
}
