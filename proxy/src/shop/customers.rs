//! Forgetting what customers shared: on request, by order or by telephone number, and by age.
//!
//! Each erasure is a fact like any other and goes through the [ledger]: the order, its money and the record of the consent stay, and what
//! comes later from Vipps MobilePay brings nothing back. By what a customer was found again is forgotten with their last order.

use std::time::Duration;

use kvitt_wire::{CustomerConsent, ShopCustomer};

use crate::base::clock;
use crate::checkout::{CheckoutId, Input, PhoneNumber};
use crate::engine::chores::Chore;
use crate::engine::ledger::{self, Ledger};
use crate::observe::trace;
use crate::store::{Cause, KnownCustomer, Store};

/// How often those that are too old are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// How long one sweep may take.
const LONGEST: Duration = Duration::from_secs(10 * 60);
const BATCH: u32 = 100;

/// The name of the chore, as the store has it.
pub const FORGETTING: &str = "forget customers";

/// Erases what the customer of a payment shared. False when no order has that payment.
///
/// # Errors
/// When the store fails.
pub async fn erase_of(store: &Store, ledger: &Ledger, reference: &str) -> Result<bool, ledger::Error> {
    let Some(id) = store.checkout_of(reference).await? else { return Ok(false) };
    erase(ledger, id).await?;
    store.prune_customer_names().await?;
    Ok(true)
}

/// Erases what was shared in every order that knows this number; how many.
///
/// # Errors
/// When the store fails; those before it are erased.
pub async fn erase_number(store: &Store, ledger: &Ledger, number: &PhoneNumber) -> Result<usize, ledger::Error> {
    let found = store.checkouts_with_number(number).await?;
    for id in &found {
        erase(ledger, *id).await?;
    }
    store.prune_customer_names().await?;
    Ok(found.len())
}

/// Erases a customer from all their orders; how many.
///
/// # Errors
/// When the store fails; those before it are erased.
pub async fn erase_known(store: &Store, ledger: &Ledger, known: &KnownCustomer) -> Result<usize, ledger::Error> {
    for (id, _) in &known.orders {
        erase(ledger, *id).await?;
    }
    store.prune_customer_names().await?;
    Ok(known.orders.len())
}

/// A number as people write it, with its country code; none for anything else.
pub fn number(text: &str) -> Option<PhoneNumber> {
    let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    PhoneNumber::parse(digits.strip_prefix('+').or(digits.strip_prefix("00")).unwrap_or(&digits))
}

/// What the shop may see of one.
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

/// The chore that erases what was received longer ago than `keep_ms` milliseconds.
pub fn forgetting(store: &Store, ledger: &Ledger, keep_ms: i64) -> Chore {
    let (store, ledger) = (store.clone(), ledger.clone());
    Chore::new(FORGETTING, SWEEP, LONGEST, move || {
        let (store, ledger) = (store.clone(), ledger.clone());
        async move { Ok(forget(&store, &ledger, keep_ms).await?) }
    })
}

async fn forget(store: &Store, ledger: &Ledger, keep_ms: i64) -> Result<(), ledger::Error> {
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
