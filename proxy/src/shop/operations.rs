//! Requests captures, releases and refunds of a payment: from the shop's backend by the API, and from operators by a
//! command.
//!
//! The id of an operation is made from its idempotency key. The core decides on it, the ledger commits it, and the
//! outbox executes it; the caller reads the order until it is done. Nothing here waits for Vipps MobilePay.

use std::time::Duration;

use kvitt_wire::{Actor, MoveMoney, Pieces};

use super::{Error, cart};
use crate::access::idempotency::{self, Key, Replayed};
use crate::access::token::Found;
use crate::base::text;
use crate::checkout::operation::{Operation, OperationKind, OperationRequest, Outcome};
use crate::checkout::{Checkout, Input};
use crate::engine::ledger::Ledger;
use crate::store::{Store, Stored};

/// Commits an operation on an order, or finds the one that was committed under the same key.
///
/// # Errors
/// When it is not valid, or the state of the order does not allow it.
pub async fn request(
    store: &Store,
    ledger: &Ledger,
    order: Stored,
    kind: OperationKind,
    money: MoveMoney,
    key: &Key,
    by: &Actor,
) -> Result<(Found, Replayed), Error> {
    let id = order.checkout.id;
    if money.amount.is_some_and(|amount| amount.currency != order.checkout.order.cart.total.currency) {
        return Err(Error::WrongCurrency);
    }
    if !are_valid(&money.lines) {
        return Err(Error::BadLines);
    }
    let amount = money.amount.map(|amount| amount.value);
    let operation = OperationRequest { id: key.operation(id), kind, amount, lines: money.lines, by: Some(by.clone()) };
    idempotency::once(store, Duration::ZERO, Some(key), |_| true, async {
        let checkout = ledger.apply_by(id, Input::Operate(operation), Key::cause(Some(key), id), by).await?;
        Ok(Found::new(checkout, order.secret))
    })
    .await
}

/// The outcome of the operation under a key.
pub fn outcome<'a>(checkout: &'a Checkout, key: &Key) -> Option<&'a Outcome> {
    let id = key.operation(checkout.id);
    let mut operations = checkout.attempts.iter().flat_map(|attempt| &attempt.operations);
    operations.find(|operation: &&Operation| operation.id == id).map(|operation| &operation.outcome)
}

fn are_valid(lines: &[Pieces]) -> bool {
    let valid = |line: &Pieces| text::is_line(&line.sku, 1..=64) && cart::is_quantity(line.quantity);
    lines.len() <= 100 && lines.iter().all(valid)
}
