//! Money that is reserved for a paid order and not captured yet.

use kvitt_wire::{Aggregate, State};
use serde::Serialize;

use super::{Checkout, Moment, Reference};

/// The part of a paid order's money that is neither captured nor released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reservation {
    /// The payment.
    pub reference: Reference,
    /// The sales unit.
    pub sales_unit: String,
    /// How much, in minor units.
    pub uncaptured: i64,
    /// The currency, as its ISO 4217 code.
    pub currency: &'static str,
    /// When the payment was authorized; for orders of earlier releases, when it was created.
    pub since: Moment,
    /// Until when a capture is guaranteed to succeed, if Vipps MobilePay has stated it.
    pub guaranteed_until: Option<Moment>,
}

impl Checkout {
    /// The money that can still be captured; `None` where there is none.
    pub fn reservation(&self) -> Option<Reservation> {
        let attempt = self.current();
        let Aggregate { authorized, captured, cancelled, .. } = attempt.aggregate;
        let uncaptured = authorized - captured - cancelled;
        (attempt.state == State::Authorized && uncaptured > 0).then(|| Reservation {
            reference: attempt.reference.clone(),
            sales_unit: self.order.cart.sales_unit.clone(),
            uncaptured,
            currency: self.order.cart.total.currency.code(),
            since: attempt.since(),
            guaranteed_until: attempt.capture_guaranteed_until,
        })
    }
}
