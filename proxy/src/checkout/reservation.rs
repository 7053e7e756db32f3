//! Money that is reserved for an order and waits for the shop.

use kvitt_wire::{Aggregate, State};
use serde::Serialize;

use super::{Checkout, Moment, Reference};

/// What is neither captured nor let go of an order that is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reservation {
    /// The payment.
    pub reference: Reference,
    /// The sales unit.
    pub sales_unit: String,
    /// How much, in minor units.
    pub uncaptured: i64,
    /// The currency's code.
    pub currency: &'static str,
    /// When the payment was authorized, or was begun some minutes before.
    pub since: Moment,
    /// Until when a capture is sure to succeed, where the vendor has said so.
    pub guaranteed_until: Option<Moment>,
}

impl Checkout {
    /// What waits to be captured; none where nothing does.
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
