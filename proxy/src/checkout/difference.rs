//! Where our books and the vendor's do not agree on a payment. Pure: what is done about it is the business of the reconciliation.

use kvitt_wire::{Amount, State};
use serde::{Deserialize, Serialize};

use super::step::{AMOUNT_MISMATCH, PAID_BY_OTHER_ATTEMPT};
use super::{Attempt, PaymentState, Seen};

/// Something that the two say differently. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is about: `payment`, `state`, `amount`, or what has become of the money.
    pub what: String,
    /// What we say.
    pub ours: String,
    /// What the vendor says.
    pub theirs: String,
}

/// All that the vendor says differently about an attempt of an order with that total. `seen` is none where it knows of no such payment.
pub fn differences(attempt: &Attempt, total: Amount, seen: Option<&Seen>) -> Vec<Difference> {
    let Some(seen) = seen else {
        // What was never created need not be there.
        let unborn = attempt.unpressed || matches!(attempt.state, State::Starting | State::Failed);
        return if unborn { Vec::new() } else { vec![difference("payment", attempt.state.as_str(), "unknown")] };
    };
    let mut found = Vec::new();
    if !agrees(attempt, seen) {
        found.push(difference("state", attempt.state.as_str(), state(seen.state)));
    }
    let refused_amount = attempt.trouble.as_deref() == Some(AMOUNT_MISMATCH);
    if seen.amount != Some(total) && !refused_amount {
        let theirs = seen.amount.map_or_else(|| "another currency".to_owned(), written);
        found.push(difference("amount", &written(total), &theirs));
    }
    let (ours, theirs) = (attempt.aggregate, seen.aggregate);
    for (what, ours, theirs) in [
        ("authorized", ours.authorized, theirs.authorized),
        ("captured", ours.captured, theirs.captured),
        ("cancelled", ours.cancelled, theirs.cancelled),
        ("refunded", ours.refunded, theirs.refunded),
    ] {
        if ours != theirs {
            found.push(difference(what, &ours.to_string(), &theirs.to_string()));
        }
    }
    found
}

fn agrees(attempt: &Attempt, seen: &Seen) -> bool {
    let given_back = seen.aggregate.captured == 0 && seen.aggregate.cancelled == seen.aggregate.authorized;
    let unwanted = matches!(attempt.trouble.as_deref(), Some(AMOUNT_MISMATCH | PAID_BY_OTHER_ATTEMPT));
    match (attempt.state, seen.state) {
        (State::Created, PaymentState::Created)
        | (State::Authorized, PaymentState::Authorized)
        | (State::Aborted, PaymentState::Aborted)
        | (State::Expired, PaymentState::Expired)
        | (State::Terminated, PaymentState::Terminated) => true,
        // Nobody was told where to pay it, and time will end it.
        (State::Starting | State::Failed, PaymentState::Created) => true,
        // The vendor never takes an authorization back; the money that nobody is owed has been released.
        (State::Terminated | State::Failed, PaymentState::Authorized) => unwanted && given_back,
        _ => false,
    }
}

fn difference(what: &str, ours: &str, theirs: &str) -> Difference {
    Difference { what: what.to_owned(), ours: ours.to_owned(), theirs: theirs.to_owned() }
}

fn written(amount: Amount) -> String {
    format!("{} {}", amount.value, amount.currency.code())
}

const fn state(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Created => "created",
        PaymentState::Authorized => "authorized",
        PaymentState::Aborted => "aborted",
        PaymentState::Expired => "expired",
        PaymentState::Terminated => "terminated",
        PaymentState::Unknown => "a new word",
    }
}
