//! Captures, refunds and cancels of a paid order.

use kvitt_wire::{Aggregate, Amount, Line, Pieces, Quantity, State};

use super::{Step, merge};
use crate::checkout::effect::Operate;
use crate::checkout::operation::{Operation, OperationId, OperationKind, OperationRequest, OperationResult, Outcome};
use crate::checkout::{Attempt, Effect, Moment, Reference, Refusal};

/// The maximum number of operations on one payment that are pending or done. More are a runaway program.
const MAX_OPERATIONS: usize = 200;
/// How many refused operations of one payment are kept. A program that retries a refused one for ever displaces its own records.
const MAX_REFUSED: usize = 50;

impl Step {
    /// Records an operation and plans its request, if enough money is left beside the pending operations. A repeated request changes
    /// nothing.
    pub(super) fn operate(&mut self, request: OperationRequest, now: Moment) -> Result<(), Refusal> {
        let OperationRequest { id, kind, amount, lines, by } = request;
        let mut operations = self.checkout.attempts.iter().flat_map(|attempt| &attempt.operations);
        if let Some(first) = operations.find(|operation| operation.id == id) {
            let same = first.kind == kind && first.lines == lines && amount.is_none_or(|amount| amount == first.amount);
            return if same { Ok(()) } else { Err(Refusal::OperationMismatch) };
        }
        let attempt = operable(&mut self.checkout.attempts, kind).ok_or(Refusal::NotPaid)?;
        if attempt.operations.iter().filter(|operation| !operation.is_refused()).count() >= MAX_OPERATIONS {
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
        attempt.forget_old_refusals();
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

/// The payment that an operation concerns: the authorized one. Captured money can be refunded whatever became of the payment since.
fn operable(attempts: &mut [Attempt], kind: OperationKind) -> Option<&mut Attempt> {
    let authorized = attempts.iter().position(|attempt| attempt.state == State::Authorized);
    let captured = || attempts.iter().position(|attempt| attempt.aggregate.captured > 0);
    let nth = authorized.or_else(|| captured().filter(|_| kind == OperationKind::Refund))?;
    attempts.get_mut(nth)
}

/// Checks that the order still has the named pieces, so that two clerks with one packing list do not capture the same piece twice. Several
/// lines may have one sku: their pieces are counted together. Pieces that the order does not contain are the shop's own record and are not
/// checked.
fn enough_pieces(ordered: &[Line], before: &[Operation], kind: OperationKind, named: &[Pieces]) -> Result<(), Refusal> {
    let of = |sku: &str, pieces: &[Pieces]| {
        total(pieces.iter().filter(|piece| piece.sku == sku).map(|piece| piece.quantity))
    };
    let counted = |one: &&Operation| one.kind == kind && !one.is_refused();
    for sku in named.iter().map(|piece| piece.sku.as_str()) {
        let lines = ordered.iter().filter(|line| line.sku == sku);
        if lines.clone().next().is_none() {
            continue;
        }
        let gone = total(before.iter().filter(counted).map(|one| of(sku, &one.lines)));
        let left = total(lines.map(|line| line.quantity)).saturating_sub(gone);
        if of(sku, named) > left {
            return Err(Refusal::TooManyPieces { sku: sku.to_owned(), left });
        }
    }
    Ok(())
}

fn total(quantities: impl Iterator<Item = Quantity>) -> Quantity {
    quantities.fold(Quantity::default(), Quantity::saturating_add)
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

    /// Makes room for one more operation that may be refused: the oldest refusals go.
    fn forget_old_refusals(&mut self) {
        let refused = self.operations.iter().filter(|operation| operation.is_refused()).count();
        let mut surplus = (refused + 1).saturating_sub(MAX_REFUSED);
        self.operations.retain(|operation| {
            let goes = surplus > 0 && operation.is_refused();
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// The sum of the pending operations of a kind, in minor units.
    fn pending_amount(&self, kind: OperationKind) -> i64 {
        let pending = |operation: &&Operation| operation.kind == kind && operation.outcome == Outcome::Pending;
        self.operations.iter().filter(pending).map(|operation| operation.amount).sum()
    }
}
