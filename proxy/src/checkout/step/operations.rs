//! Captures, refunds and cancels of a paid order.

use kvitt_wire::{Aggregate, Amount, Line, Pieces, Quantity, State};

use super::{Step, merge};
use crate::checkout::effect::Operate;
use crate::checkout::operation::{Operation, OperationId, OperationKind, OperationRequest, OperationResult, Outcome};
use crate::checkout::{Attempt, Effect, Moment, Reference, Refusal};

/// The maximum number of operations on one payment. More are a runaway program.
const MAX_OPERATIONS: usize = 200;

impl Step {
    /// Records an operation and plans its request, if enough money is left beside the pending operations. A repeated request changes
    /// nothing.
    pub(super) fn operate(&mut self, request: OperationRequest, now: Moment) -> Result<(), Refusal> {
        let paid = |attempt: &&mut Attempt| attempt.state == State::Authorized;
        let Some(attempt) = self.checkout.attempts.iter_mut().find(paid) else { return Err(Refusal::NotPaid) };
        let OperationRequest { id, kind, amount, lines, by } = request;
        if let Some(first) = attempt.operations.iter().find(|operation| operation.id == id) {
            let same = first.kind == kind && first.lines == lines && amount.is_none_or(|amount| amount == first.amount);
            return if same { Ok(()) } else { Err(Refusal::OperationMismatch) };
        }
        if attempt.operations.len() >= MAX_OPERATIONS {
            return Err(Refusal::TooManyOperations);
        }
        enough_pieces(&self.checkout.order.cart.lines, &attempt.operations, kind, &lines)?;
        // An operation that a poll has seen before its answer is counted twice, so the difference may be negative.
        let left = attempt.left(kind).max(0);
        let amount = amount.filter(|_| kind != OperationKind::Cancel).unwrap_or(left);
        if left <= 0 || amount > left {
            return Err(Refusal::AmountTooLarge { left });
        }
        if amount <= 0 {
            return Err(Refusal::AmountNotPositive);
        }
        // Vipps MobilePay cancels all that is not captured yet, and so would release the money of a pending capture.
        if kind == OperationKind::Cancel && attempt.pending_amount(OperationKind::Capture) > 0 {
            return Err(Refusal::CapturePending);
        }
        let reference = attempt.reference.clone();
        let key = reference.key(&format!("{}-{}", kind.as_str(), id.0));
        let outcome = Outcome::Pending;
        attempt.operations.push(Operation { id, kind, amount, lines, by, outcome, asked_at: now, settled_at: None });
        let amount = Amount { value: amount, currency: self.checkout.order.cart.total.currency };
        self.plan(now, Effect::Operate(Operate { reference, id, kind, amount, key, asked_at: Some(now) }));
        Ok(())
    }

    /// Records the answer to an operation, and plans a poll that reads the payment's amounts.
    pub(super) fn operated(&mut self, reference: &Reference, id: OperationId, result: OperationResult, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        let pending = |operation: &&mut Operation| operation.id == id && operation.outcome == Outcome::Pending;
        let Some(operation) = attempt.operations.iter_mut().find(pending) else { return };
        operation.settled_at = Some(now);
        operation.outcome = match result {
            OperationResult::Done(aggregate) => {
                attempt.aggregate = merge(attempt.aggregate, aggregate);
                Outcome::Done
            }
            OperationResult::Refused { trouble } => Outcome::Refused { trouble },
        };
        self.plan(now, Effect::Poll { reference: reference.clone(), round: None });
    }
}

/// Checks that the order still has the named pieces, so that two clerks with one packing list do not capture the same piece twice. Pieces
/// that the order does not contain are the shop's own record and are not checked.
fn enough_pieces(ordered: &[Line], before: &[Operation], kind: OperationKind, named: &[Pieces]) -> Result<(), Refusal> {
    let none = Quantity::default();
    let of = |sku: &str, pieces: &[Pieces]| {
        let same = pieces.iter().filter(|piece| piece.sku == sku);
        same.fold(none, |sum, piece| sum.saturating_add(piece.quantity))
    };
    for line in ordered.iter().filter(|line| of(&line.sku, named) > none) {
        let counts = |one: &&Operation| one.kind == kind && !matches!(one.outcome, Outcome::Refused { .. });
        let gone = before.iter().filter(counts).fold(none, |sum, one| sum.saturating_add(of(&line.sku, &one.lines)));
        let left = line.quantity.saturating_sub(gone);
        if of(&line.sku, named) > left {
            return Err(Refusal::TooManyPieces { sku: line.sku.clone(), left });
        }
    }
    Ok(())
}

impl Attempt {
    /// How much is left for an operation, in minor units. Pending operations count as done.
    pub fn left(&self, kind: OperationKind) -> i64 {
        let Aggregate { authorized, captured, cancelled, refunded } = self.aggregate;
        match kind {
            OperationKind::Capture | OperationKind::Cancel => {
                let reserved = authorized - captured - cancelled;
                reserved - self.pending_amount(OperationKind::Capture) - self.pending_amount(OperationKind::Cancel)
            }
            OperationKind::Refund => captured - refunded - self.pending_amount(OperationKind::Refund),
        }
    }

    /// The sum of the pending operations of a kind, in minor units.
    fn pending_amount(&self, kind: OperationKind) -> i64 {
        let pending = |operation: &&Operation| operation.kind == kind && operation.outcome == Outcome::Pending;
        self.operations.iter().filter(pending).map(|operation| operation.amount).sum()
    }
}
