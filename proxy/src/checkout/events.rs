//! The events that the shop is notified of. They are derived by comparing the order before and after a step, so that no path to a state
//! can leave an event out.
//!
//! Events concern the order, not each attempt to pay it: its current attempt has reached a final state, or its money has moved. An attempt
//! that was cancelled because another one was paid makes no event. An event contains no personal data; the receiver reads the order for
//! more. The serialized form is stored and sent to the shop.

use kvitt_wire::{Aggregate, Currency, State};
use serde::{Deserialize, Serialize};

use super::{Attempt, Checkout, Customer, Moment, Reference};

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The order is paid: its money is reserved.
    #[serde(rename = "checkout.authorized")]
    CheckoutAuthorized,
    /// The customer rejected the payment.
    #[serde(rename = "checkout.aborted")]
    CheckoutAborted,
    /// The payment or the offer expired.
    #[serde(rename = "checkout.expired")]
    CheckoutExpired,
    /// The payment was cancelled before the customer approved it, or the offer was withdrawn.
    #[serde(rename = "checkout.cancelled")]
    CheckoutCancelled,
    /// The payment could not be created, or had the wrong amount and its reservation is released.
    #[serde(rename = "checkout.failed")]
    CheckoutFailed,
    /// Reserved money was captured, all of it or a part.
    #[serde(rename = "payment.captured")]
    PaymentCaptured,
    /// Reserved money was released, all of it or a part.
    #[serde(rename = "payment.cancelled")]
    PaymentCancelled,
    /// Captured money was refunded, all of it or a part.
    #[serde(rename = "payment.refunded")]
    PaymentRefunded,
    /// The deadline for the capture is near.
    #[serde(rename = "payment.capture_due")]
    PaymentCaptureDue,
    /// The customer has shared a telephone number.
    #[serde(rename = "customer.shared")]
    CustomerShared,
}

impl EventKind {
    /// All event types.
    pub const ALL: [Self; 10] = [
        Self::CheckoutAuthorized,
        Self::CheckoutAborted,
        Self::CheckoutExpired,
        Self::CheckoutCancelled,
        Self::CheckoutFailed,
        Self::PaymentCaptured,
        Self::PaymentCancelled,
        Self::PaymentRefunded,
        Self::PaymentCaptureDue,
        Self::CustomerShared,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckoutAuthorized => "checkout.authorized",
            Self::CheckoutAborted => "checkout.aborted",
            Self::CheckoutExpired => "checkout.expired",
            Self::CheckoutCancelled => "checkout.cancelled",
            Self::CheckoutFailed => "checkout.failed",
            Self::PaymentCaptured => "payment.captured",
            Self::PaymentCancelled => "payment.cancelled",
            Self::PaymentRefunded => "payment.refunded",
            Self::PaymentCaptureDue => "payment.capture_due",
            Self::CustomerShared => "customer.shared",
        }
    }

    /// The event for an order that reaches this state; `None` unless the state is final.
    const fn of(state: State) -> Option<Self> {
        match state {
            State::Open | State::Starting | State::Created => None,
            State::Authorized => Some(Self::CheckoutAuthorized),
            State::Aborted => Some(Self::CheckoutAborted),
            State::Expired => Some(Self::CheckoutExpired),
            State::Terminated => Some(Self::CheckoutCancelled),
            State::Failed => Some(Self::CheckoutFailed),
        }
    }
}

/// An event of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The type.
    pub kind: EventKind,
    /// When the proxy learned of it.
    pub at: Moment,
    /// The order at that time.
    pub order: OrderSnapshot,
}

/// The order at the time of an event: enough to find it and to act on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// The reference of the current payment.
    pub reference: Reference,
    /// The order number.
    pub order_number: String,
    /// The sales unit that receives the money.
    pub sales_unit: String,
    /// The state of the current payment.
    pub state: State,
    /// How much was authorized, captured, cancelled and refunded, in minor units.
    pub aggregate: Aggregate,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The deadline for the capture, in milliseconds since 1970. Only in [`EventKind::PaymentCaptureDue`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_by_ms: Option<i64>,
    /// The trace id of the checkout, as in the log and in requests to Vipps MobilePay. Empty for orders of earlier releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trace_id: String,
}

impl Event {
    fn of(checkout: &Checkout, kind: EventKind, at: Moment) -> Self {
        let attempt = checkout.current();
        let order = OrderSnapshot {
            reference: attempt.reference.clone(),
            order_number: checkout.order.number.clone(),
            sales_unit: checkout.order.cart.sales_unit.clone(),
            state: attempt.state,
            aggregate: attempt.aggregate,
            currency: checkout.order.cart.total.currency,
            capture_by_ms: None,
            trace_id: checkout.trace_id.clone(),
        };
        Self { kind, at, order }
    }

    /// The event that warns of a near capture deadline.
    pub fn capture_due(checkout: &Checkout, capture_by: Moment, at: Moment) -> Self {
        let mut event = Self::of(checkout, EventKind::PaymentCaptureDue, at);
        event.order.capture_by_ms = Some(capture_by.0);
        event
    }
}

/// The events that follow from the change of an order from `before` to `after`.
pub fn between(before: &Checkout, after: &Checkout, at: Moment) -> Vec<Event> {
    // A page has opened the order, and the customer has not asked for a payment yet.
    if after.idle_until().is_some() {
        return Vec::new();
    }
    let attempt = after.current();
    let old = before.attempts.iter().find(|old| old.reference == attempt.reference);
    // Where another attempt was current before, the state of this one makes an event even if it was reached earlier.
    let same = before.current().reference == attempt.reference && before.current().state == attempt.state;
    let mut kinds: Vec<_> = EventKind::of(attempt.state).filter(|_| !same).into_iter().collect();
    // The amounts of a payment that the order does not count for are released by the proxy itself. A refund is the shop's in any case.
    let paid = |attempt: &&Attempt| attempt.state == State::Authorized;
    let had = old.filter(paid).map(|old| old.aggregate).unwrap_or_default();
    let has = attempt.aggregate;
    for (kind, had, has, counts) in [
        (EventKind::PaymentCaptured, had.captured, has.captured, paid(&attempt)),
        (EventKind::PaymentCancelled, had.cancelled, has.cancelled, paid(&attempt)),
        (EventKind::PaymentRefunded, old.map_or(0, |old| old.aggregate.refunded), has.refunded, true),
    ] {
        kinds.extend((counts && has > had).then_some(kind));
    }
    let number = |customer: &Option<Customer>| customer.as_ref().and_then(|customer| customer.phone_number.clone());
    let shared = number(&after.customer);
    if shared.is_some() && shared != number(&before.customer) {
        kinds.push(EventKind::CustomerShared);
    }
    kinds.into_iter().map(|kind| Event::of(after, kind, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::step::tests::{Story, consent, payment, polled};
    use super::*;
    use crate::checkout::{Input, PaymentSnapshot, PaymentState, PhoneNumber, Update};

    fn money(captured: i64, refunded: i64) -> PaymentSnapshot {
        let reserved = payment(PaymentState::Authorized);
        PaymentSnapshot { aggregate: Aggregate { captured, refunded, ..reserved.aggregate }, ..reserved }
    }

    #[test]
    fn a_final_state_makes_one_event_that_describes_the_order() {
        let mut story = Story::new(None);
        assert_eq!(story.created(1).event_kinds(), Vec::<&str>::new(), "nothing to act on yet");
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        assert_eq!(story.event_kinds(), ["checkout.authorized"]);
        let event = story.events.remove(0);
        assert_eq!((event.order.order_number.as_str(), event.order.state), ("shop-abc", State::Authorized));
        assert_eq!((event.order.aggregate.authorized, event.order.currency), (49_900, Currency::Nok));
        let none: &[&str] = &[];
        assert_eq!(story.update(1, polled(None, payment(PaymentState::Authorized))).event_kinds(), none);
        for (state, kind) in [
            (PaymentState::Aborted, "checkout.aborted"),
            (PaymentState::Expired, "checkout.expired"),
            (PaymentState::Terminated, "checkout.cancelled"),
        ] {
            assert_eq!(Story::new(None).created(1).update(1, polled(None, payment(state))).event_kinds(), [kind]);
        }
        let refused = Update::CreateRefused { trouble: "vipps_refused".into() };
        assert_eq!(Story::new(None).update(1, refused).event_kinds(), ["checkout.failed"]);
    }

    #[test]
    fn each_capture_and_refund_makes_an_event() {
        let mut story = Story::new(None);
        story.created(1).update(1, polled(None, money(100, 0)));
        assert_eq!(story.event_kinds(), ["checkout.authorized", "payment.captured"], "captured before the first poll");
        assert_eq!(
            story.update(1, polled(None, money(300, 40))).event_kinds(),
            ["payment.captured", "payment.refunded"]
        );
        assert_eq!(story.events[0].order.aggregate.captured, 300);
    }

    #[test]
    fn cancelling_an_attempt_beside_the_paid_one_makes_no_event() {
        let mut story = Story::new(None);
        story.update(1, Update::CreateTimedOut).take(Input::Retry(None)).unwrap();
        story.created(2).update(1, polled(None, payment(PaymentState::Authorized)));
        assert_eq!(story.event_kinds(), ["checkout.authorized"], "the first attempt is paid after all");
        let none: &[&str] = &[];
        assert_eq!(story.update(2, polled(None, payment(PaymentState::Terminated))).event_kinds(), none);
    }

    #[test]
    fn the_event_for_a_shared_number_does_not_contain_the_number() {
        let mut story = Story::new(Some(consent()));
        let shared = PaymentSnapshot {
            sub: Some("sub".into()),
            phone_number: PhoneNumber::parse("4791234567"),
            ..payment(PaymentState::Authorized)
        };
        story.created(1).update(1, polled(None, shared));
        assert_eq!(story.event_kinds(), ["checkout.authorized", "customer.shared"]);
        let text = serde_json::to_string(&story.events).unwrap();
        assert!(!text.contains("4791234567") && !text.contains("sub\""), "{text}");
    }

    #[test]
    fn every_event_type_serializes_as_its_name() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
