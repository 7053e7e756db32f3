//! The shop asks for a customer's money to be taken, let go or given back: its machines by the API, its operators by a command.
//!
//! What is asked for is an operation by the name of its idempotency key. The core decides on it, the ledger writes it down, and the outbox
//! has it carried out like everything else; whoever asked looks at the order until it is. Nothing here waits for Vipps MobilePay.

use std::time::Duration;

use kvitt_wire::{MoveMoney, Pieces};

use super::Error;
use crate::access::idempotency::{self, Key, Replayed};
use crate::access::token::Found;
use crate::checkout::operation::{Operation, OperationKind, OperationRequest, Outcome};
use crate::checkout::{Checkout, Input};
use crate::engine::ledger::Ledger;
use crate::store::{Store, Stored};

/// Writes an operation on an order down, or finds what was written down under its key before.
///
/// # Errors
/// When it makes no sense, or the order's state does not allow it.
pub async fn ask(
    store: &Store,
    ledger: &Ledger,
    order: Stored,
    kind: OperationKind,
    money: MoveMoney,
    key: &Key,
) -> Result<(Found, Replayed), Error> {
    let id = order.checkout.id;
    if money.amount.is_some_and(|amount| amount.currency != order.checkout.order.cart.total.currency) {
        return Err(Error::WrongCurrency);
    }
    if !can_be_kept(&money.lines) {
        return Err(Error::BadLines);
    }
    let amount = money.amount.map(|amount| amount.value);
    let asked = OperationRequest { id: key.operation(id), kind, amount, lines: money.lines };
    idempotency::once(store, Duration::ZERO, Some(key), |_| true, async {
        let checkout = ledger.apply(id, Input::Operate(asked), Key::cause(Some(key), id)).await?;
        Ok(Found::new(checkout, order.secret))
    })
    .await
}

/// What became of what was asked for under a key.
pub fn outcome<'a>(checkout: &'a Checkout, key: &Key) -> Option<&'a Outcome> {
    let id = key.operation(checkout.id);
    let mut operations = checkout.attempts.iter().flat_map(|attempt| &attempt.operations);
    operations.find(|operation: &&Operation| operation.id == id).map(|operation| &operation.outcome)
}

fn can_be_kept(lines: &[Pieces]) -> bool {
    // PostgreSQL would take a document with a NUL in it, and then read nothing out of it any more.
    let plain = |sku: &str| (1..=64).contains(&sku.len()) && !sku.chars().any(char::is_control);
    let sound = |line: &Pieces| plain(&line.sku) && (1..=9_999).contains(&line.quantity);
    lines.len() <= 100 && lines.iter().all(sound)
}
