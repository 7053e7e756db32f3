//! Erases the personal data of customers: on request, by order or telephone number, and by age.
//!
//! An erasure is an input to the [ledger] like any other. The order, its amounts and the record of the consent stay.
//! Later responses of Vipps MobilePay bring nothing back. The keys by which a customer was recognized are deleted with
//! their last order.

use std::time::Duration;

use kvitt_wire::{Actor, CustomerConsent, ShopCustomer, Via};

use crate::base::clock;
use crate::checkout::{CheckoutId, Input, PhoneNumber};
use crate::config::Market;
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
pub async fn erase_order(store: &Store, ledger: &Ledger, reference: &str, by: &Actor) -> Result<bool, ledger::Error> {
    let Some(id) = store.checkout_of(reference).await? else { return Ok(false) };
    erase(ledger, id, by).await?;
    Ok(true)
}

/// Erases the personal data in every order with this telephone number; returns how many.
///
/// # Errors
/// When the store fails. The orders before it are erased.
pub async fn erase_by_number(
    store: &Store,
    ledger: &Ledger,
    number: &PhoneNumber,
    by: &Actor,
) -> Result<usize, ledger::Error> {
    let found = store.checkouts_with_number(number).await?;
    for id in &found {
        erase(ledger, *id, by).await?;
    }
    Ok(found.len())
}

/// Erases a customer from all their orders; returns how many.
///
/// # Errors
/// When the store fails. The orders before it are erased.
pub async fn erase_customer(ledger: &Ledger, known: &KnownCustomer, by: &Actor) -> Result<usize, ledger::Error> {
    for (id, _) in &known.orders {
        erase(ledger, *id, by).await?;
    }
    Ok(known.orders.len())
}

/// The most characters of a telephone number as people write it.
const MAX_NUMBER: usize = 40;
/// Numbers of the markets that are written without a country code and without a zero have fewer digits.
const MIN_INTERNATIONAL: usize = 9;

/// Parses a telephone number as people write it: with its country code, or as one of the market's country. `None` for anything else, such as
/// a number with too few digits for its country, or with an extension.
pub fn parse_number(text: &str, market: Market) -> Option<PhoneNumber> {
    let text = text.trim();
    if text.chars().count() > MAX_NUMBER || text.chars().any(char::is_alphabetic) {
        return None;
    }
    // Digits alone could be read in both ways: 4512345678 is a Danish number with its country code, and a Finnish one without its zero.
    let is_international =
        !text.starts_with(['+', '0', '(']) && text.bytes().filter(u8::is_ascii_digit).count() >= MIN_INTERNATIONAL;
    let text = if is_international { format!("+{text}") } else { text.to_owned() };
    let number = phonelib::PhoneNumber::parse_with_country(&text, market.country())?;
    PhoneNumber::parse(number.e164().trim_start_matches('+'))
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
    let chore = Chore::new(CHORE, SWEEP_EVERY, TIMEOUT, move || {
        let (store, ledger) = (store.clone(), ledger.clone());
        async move { Ok(sweep(&store, &ledger, keep_ms).await?) }
    });
    chore.that_deletes()
}

async fn sweep(store: &Store, ledger: &Ledger, keep_ms: i64) -> Result<(), ledger::Error> {
    let by = Actor { name: "retention".to_owned(), via: Via::Proxy, key: None };
    let before = clock::now().plus_ms(-keep_ms);
    loop {
        let found = store.customers_received_before(before, BATCH).await?;
        if found.is_empty() {
            return Ok(());
        }
        for id in found {
            erase(ledger, id, &by).await?;
        }
    }
}

async fn erase(ledger: &Ledger, id: CheckoutId, by: &Actor) -> Result<(), ledger::Error> {
    let checkout = ledger.apply_by(id, Input::Erase, Cause::Request, by).await?;
    trace::of_checkout(&checkout).in_scope(|| tracing::info!("customer erased"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let parsed = |text, market| parse_number(text, market).map(|number| number.digits().to_owned());
        for (text, market, expected) in [
            ("+47 912 34 567", Market::No, "4791234567"),
            ("0047 91 23 45 67", Market::No, "4791234567"),
            ("91234567", Market::No, "4791234567"),
            ("912\u{a0}34\u{a0}567\n", Market::No, "4791234567"),
            ("912.34.567", Market::No, "4791234567"),
            ("4791234567", Market::No, "4791234567"),
            ("4791234567", Market::Dk, "4791234567"),
            ("91234567", Market::Dk, "4591234567"),
            ("20 12 34 56", Market::Dk, "4520123456"),
            ("040 123 4567", Market::Fi, "358401234567"),
            ("(040) 123-4567", Market::Fi, "358401234567"),
            ("+358 (0)40 123 4567", Market::Fi, "358401234567"),
            ("+358 040 123 4567", Market::No, "358401234567"),
            ("358401234567", Market::Fi, "358401234567"),
            ("4512345678", Market::Fi, "4512345678"),
        ] {
            assert_eq!(parsed(text, market).as_deref(), Some(expected), "{text} in {market:?}");
        }
        for (text, market) in [
            ("", Market::No),
            ("[Expired]", Market::No),
            ("nobody", Market::No),
            ("4791234567x", Market::No),
            ("+47 912 34 567 ext 5", Market::No),
            ("+1 800 FLOWERS", Market::No),
            ("+47 912", Market::No),
            ("040 123 4567", Market::No),
            ("912345678", Market::No),
            ("02800", Market::No),
            ("+999 12345678", Market::No),
            ("401234567", Market::Fi),
            ("91234567 / 91234568", Market::No),
            (&"1 ".repeat(500), Market::No),
        ] {
            assert_eq!(parsed(text, market), None, "{text} in {market:?}");
        }
    }
}
