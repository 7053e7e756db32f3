//! Compares our record of a payment with the answer of Vipps MobilePay. Pure: it finds differences, and the
//! [reconciliation](crate::vendor::reconcile) acts on them.

use kvitt_wire::{Amount, State};
use serde::{Deserialize, Serialize};

use super::step::{AMOUNT_MISMATCH, PAID_BY_OTHER_ATTEMPT};
use super::{Attempt, PaymentSnapshot, PaymentState};

/// One difference between our record and Vipps MobilePay's. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which value differs: `payment` (it is missing), `state`, `amount`, `authorized`, `captured`, `cancelled` or `refunded`.
    pub what: String,
    /// Our value.
    pub ours: String,
    /// The value at Vipps MobilePay.
    pub theirs: String,
}

/// All differences between an attempt to pay an order of that `total` and the payment at Vipps MobilePay. `payment` is `None` where Vipps
/// MobilePay has no payment with that reference.
pub fn differences(attempt: &Attempt, total: Amount, payment: Option<&PaymentSnapshot>) -> Vec<Difference> {
    let Some(payment) = payment else {
        // It may never have been created, and then nothing is missing.
        let maybe_never_created = attempt.not_requested || matches!(attempt.state, State::Starting | State::Failed);
        return match maybe_never_created {
            true => Vec::new(),
            false => vec![difference("payment", attempt.state.as_str(), "unknown")],
        };
    };
    let mut found = Vec::new();
    if !states_agree(attempt, payment) {
        found.push(difference("state", attempt.state.as_str(), state(payment.state)));
    }
    let known_mismatch = attempt.trouble.as_deref() == Some(AMOUNT_MISMATCH);
    let expected = Some(total);
    if payment.amount != expected && !known_mismatch {
        found.push(difference("amount", &amount_text(expected), &amount_text(payment.amount)));
    } else if let Some(drift) = attempt.drift {
        // They agree again, which our record does not have yet.
        found.push(difference("amount", &amount_text(drift.amount), &amount_text(payment.amount)));
    }
    let (ours, theirs) = (attempt.aggregate, payment.aggregate);
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

fn states_agree(attempt: &Attempt, payment: &PaymentSnapshot) -> bool {
    let money = payment.aggregate;
    let released = money.captured == 0 && money.cancelled == money.authorized;
    let rejected = matches!(attempt.trouble.as_deref(), Some(AMOUNT_MISMATCH | PAID_BY_OTHER_ATTEMPT));
    match (attempt.state, payment.state) {
        (State::Created, PaymentState::Created)
        | (State::Authorized, PaymentState::Authorized)
        | (State::Aborted, PaymentState::Aborted)
        | (State::Expired, PaymentState::Expired)
        | (State::Terminated, PaymentState::Terminated) => true,
        // No customer was sent to it, and it expires by itself.
        (State::Starting | State::Failed, PaymentState::Created) => true,
        // At Vipps MobilePay a payment stays authorized after its reservation was released.
        (State::Terminated | State::Failed, PaymentState::Authorized) => rejected && released,
        _ => false,
    }
}

fn difference(what: &str, ours: &str, theirs: &str) -> Difference {
    Difference { what: what.to_owned(), ours: ours.to_owned(), theirs: theirs.to_owned() }
}

fn amount_text(amount: Option<Amount>) -> String {
    amount
        .map_or_else(|| "another currency".to_owned(), |amount| format!("{} {}", amount.value, amount.currency.code()))
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
