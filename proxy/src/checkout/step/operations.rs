//! What the shop asks to be done with the money of a paid order.

use kvitt_wire::{Aggregate, Amount, Line, Pieces, State};

use super::{Step, later};
use crate::checkout::operation::{Answered, Asked, Operation, OperationId, OperationKind, Outcome};
use crate::checkout::{Attempt, Effect, Moment, Reference, Refusal};

/// More operations than this on one payment are a program that has run wild.
const MOST_OPERATIONS: usize = 200;

impl Step {
    /// Writes an operation down, if there is money left for it beside those that are under way. A repeat finds the first.
    pub(super) fn operate(&mut self, asked: Asked, now: Moment) -> Result<(), Refusal> {
        let paid = |attempt: &&mut Attempt| attempt.state == State::Authorized;
        let Some(attempt) = self.checkout.attempts.iter_mut().find(paid) else { return Err(Refusal::NotPaid) };
        let Asked { id, kind, amount, lines } = asked;
        if let Some(first) = attempt.operations.iter().find(|operation| operation.id == id) {
            let same = first.kind == kind && first.lines == lines && amount.is_none_or(|amount| amount == first.amount);
            return if same { Ok(()) } else { Err(Refusal::NotTheSame) };
        }
        if attempt.operations.len() >= MOST_OPERATIONS {
            return Err(Refusal::TooManyOperations);
        }
        enough_pieces(&self.checkout.order.cart.lines, &attempt.operations, kind, &lines)?;
        // What has been done and not answered is counted twice as soon as a look has seen it.
        let left = attempt.left(kind).max(0);
        let amount = amount.filter(|_| kind != OperationKind::Cancel).unwrap_or(left);
        if left <= 0 || amount > left {
            return Err(Refusal::TooMuch { left });
        }
        if amount <= 0 {
            return Err(Refusal::NotAnAmount);
        }
        // At the vendor a cancel is of all that is not captured yet: it would take the money that a capture is on its way to.
        if kind == OperationKind::Cancel && attempt.under_way(OperationKind::Capture) > 0 {
            return Err(Refusal::UnderWay);
        }
        let reference = attempt.reference.clone();
        let key = reference.key(&format!("{}-{}", kind.as_str(), id.0));
        let outcome = Outcome::Pending;
        attempt.operations.push(Operation { id, kind, amount, lines, outcome, asked_at: now, settled_at: None });
        let amount = Amount { value: amount, currency: self.checkout.order.cart.total.currency };
        self.plan(now, Effect::Operate { reference, id, kind, amount, key });
        Ok(())
    }

    /// The answer settles the operation; the look after it tells what else has become of the money.
    pub(super) fn operated(&mut self, reference: &Reference, id: OperationId, answered: Answered, now: Moment) {
        let Some(attempt) = self.attempt(reference) else { return };
        let pending = |operation: &&mut Operation| operation.id == id && operation.outcome == Outcome::Pending;
        let Some(operation) = attempt.operations.iter_mut().find(pending) else { return };
        operation.settled_at = Some(now);
        operation.outcome = match answered {
            Answered::Done(aggregate) => {
                attempt.aggregate = later(attempt.aggregate, aggregate);
                Outcome::Done
            }
            Answered::Refused { trouble } => Outcome::Refused { trouble },
        };
        self.plan(now, Effect::Look { reference: reference.clone(), round: None });
    }
}

/// Whether an order still has the pieces that are named: two people with one parcel list must not ship the same mug. What the order does not
/// have by that name is the shop's own record.
fn enough_pieces(ordered: &[Line], before: &[Operation], kind: OperationKind, named: &[Pieces]) -> Result<(), Refusal> {
    let of = |sku: &str, pieces: &[Pieces]| -> u32 {
        let same = pieces.iter().filter(|piece| piece.sku == sku);
        same.fold(0, |sum, piece| sum.saturating_add(piece.quantity))
    };
    for line in ordered.iter().filter(|line| of(&line.sku, named) > 0) {
        let counts = |one: &&Operation| one.kind == kind && !matches!(one.outcome, Outcome::Refused { .. });
        let gone = before.iter().filter(counts).fold(0_u32, |sum, one| sum.saturating_add(of(&line.sku, &one.lines)));
        let left = line.quantity.saturating_sub(gone);
        if of(&line.sku, named) > left {
            return Err(Refusal::MorePieces { sku: line.sku.clone(), left });
        }
    }
    Ok(())
}

impl Attempt {
    /// How much there is left for an operation, in minor units: what is under way is counted as done.
    pub fn left(&self, kind: OperationKind) -> i64 {
        let Aggregate { authorized, captured, cancelled, refunded } = self.aggregate;
        match kind {
            OperationKind::Capture | OperationKind::Cancel => {
                let reserved = authorized - captured - cancelled;
                reserved - self.under_way(OperationKind::Capture) - self.under_way(OperationKind::Cancel)
            }
            OperationKind::Refund => captured - refunded - self.under_way(OperationKind::Refund),
        }
    }

    /// How much has been asked for and not been answered yet, in minor units.
    fn under_way(&self, kind: OperationKind) -> i64 {
        let pending = |operation: &&Operation| operation.kind == kind && operation.outcome == Outcome::Pending;
        self.operations.iter().filter(pending).map(|operation| operation.amount).sum()
    }
}
