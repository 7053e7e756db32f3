//! What the shop is told of an order: derived from the order before and after a step, so that no path to a state can forget to tell.
//!
//! It is about the order and not about each attempt to pay it: the attempt that counts has reached an end, or its money has moved. An
//! attempt that was put away beside the one that was paid is nobody's news. An event is thin and names no person; whoever hears of it
//! reads the rest.

use kvitt_wire::{Aggregate, Currency, State};
use serde::{Deserialize, Serialize};

use super::{Checkout, Customer, Moment, Reference};

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The order is paid, as the customer sees it: its money is reserved.
    #[serde(rename = "checkout.authorized")]
    CheckoutAuthorized,
    /// The customer said no.
    #[serde(rename = "checkout.aborted")]
    CheckoutAborted,
    /// The customer did nothing in time.
    #[serde(rename = "checkout.expired")]
    CheckoutExpired,
    /// Cancelled before the customer approved.
    #[serde(rename = "checkout.cancelled")]
    CheckoutCancelled,
    /// The payment could not be created, or was for another amount and is released.
    #[serde(rename = "checkout.failed")]
    CheckoutFailed,
    /// Reserved money was taken, all of it or a part.
    #[serde(rename = "payment.captured")]
    PaymentCaptured,
    /// Reserved money was let go, all of it or a part.
    #[serde(rename = "payment.cancelled")]
    PaymentCancelled,
    /// Taken money was given back, all of it or a part.
    #[serde(rename = "payment.refunded")]
    PaymentRefunded,
    /// Reserved money is to be captured soon.
    #[serde(rename = "payment.capture_due")]
    PaymentCaptureDue,
    /// The customer has shared a telephone number.
    #[serde(rename = "customer.shared")]
    CustomerShared,
}

impl EventKind {
    /// All of them.
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

    /// The word for it towards the shop.
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

    /// What is told when an order comes to that state, if that is an end.
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

/// Something that the shop is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What has happened.
    pub kind: EventKind,
    /// When we learned of it.
    pub at: Moment,
    /// The order as it was then.
    pub order: OrderThen,
}

/// An order at the moment of an event: enough to find it and to know what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderThen {
    /// The payment.
    pub reference: Reference,
    /// The order.
    pub order_number: String,
    /// The sales unit that is paid.
    pub sales_unit: String,
    /// Where the order stands.
    pub state: State,
    /// What has become of the money, in minor units.
    pub aggregate: Aggregate,
    /// The currency of it.
    pub currency: Currency,
    /// By when the money is to be captured, where the event is about that; milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_by_ms: Option<i64>,
    /// What ties it together with the log and with what was asked of the vendor; empty for orders of earlier releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trace_id: String,
}

impl Event {
    fn of(checkout: &Checkout, kind: EventKind, at: Moment) -> Self {
        let attempt = checkout.current();
        let order = OrderThen {
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

    /// The order's money is to be captured by then.
    pub fn capture_due(checkout: &Checkout, capture_by: Moment, at: Moment) -> Self {
        let mut event = Self::of(checkout, EventKind::PaymentCaptureDue, at);
        event.order.capture_by_ms = Some(capture_by.0);
        event
    }
}

/// What the shop is told of the way from one state of an order to the next.
pub fn between(before: &Checkout, after: &Checkout, at: Moment) -> Vec<Event> {
    // A page has shown it, and that is all.
    if after.idle_until().is_some() {
        return Vec::new();
    }
    let attempt = after.current();
    let old = before.attempts.iter().find(|old| old.reference == attempt.reference);
    // Where another attempt counted before, this one's end is news even when it came earlier: the order is something else now.
    let same = before.current().reference == attempt.reference && before.current().state == attempt.state;
    let mut kinds: Vec<_> = EventKind::of(attempt.state).filter(|_| !same).into_iter().collect();
    if attempt.state == State::Authorized {
        let had = old.filter(|old| old.state == State::Authorized).map(|old| old.aggregate).unwrap_or_default();
        let has = attempt.aggregate;
        for (kind, had, has) in [
            (EventKind::PaymentCaptured, had.captured, has.captured),
            (EventKind::PaymentCancelled, had.cancelled, has.cancelled),
            (EventKind::PaymentRefunded, had.refunded, has.refunded),
        ] {
            kinds.extend((has > had).then_some(kind));
        }
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
    use super::super::step::tests::{Story, consent, looked, seen};
    use super::*;
    use crate::checkout::{Input, News, PaymentState, PhoneNumber, Seen};

    fn money(captured: i64, refunded: i64) -> Seen {
        let reserved = seen(PaymentState::Authorized);
        Seen { aggregate: Aggregate { captured, refunded, ..reserved.aggregate }, ..reserved }
    }

    #[test]
    fn an_end_is_told_once_and_with_what_is_needed_to_act() {
        let mut story = Story::new(None);
        assert_eq!(story.created(1).told(), Vec::<&str>::new(), "nothing to act on yet");
        story.news(1, looked(None, seen(PaymentState::Authorized)));
        assert_eq!(story.told(), ["checkout.authorized"]);
        let event = story.events.remove(0);
        assert_eq!((event.order.order_number.as_str(), event.order.state), ("shop-abc", State::Authorized));
        assert_eq!((event.order.aggregate.authorized, event.order.currency), (49_900, Currency::Nok));
        let none: &[&str] = &[];
        assert_eq!(story.news(1, looked(None, seen(PaymentState::Authorized))).told(), none);
        for (state, told) in [
            (PaymentState::Aborted, "checkout.aborted"),
            (PaymentState::Expired, "checkout.expired"),
            (PaymentState::Terminated, "checkout.cancelled"),
        ] {
            assert_eq!(Story::new(None).created(1).news(1, looked(None, seen(state))).told(), [told]);
        }
        let refused = News::Refused { trouble: "vipps_refused".into() };
        assert_eq!(Story::new(None).news(1, refused).told(), ["checkout.failed"]);
    }

    #[test]
    fn each_move_of_the_money_is_told() {
        let mut story = Story::new(None);
        story.created(1).news(1, looked(None, money(100, 0)));
        assert_eq!(story.told(), ["checkout.authorized", "payment.captured"], "captured before we looked");
        assert_eq!(story.news(1, looked(None, money(300, 40))).told(), ["payment.captured", "payment.refunded"]);
        assert_eq!(story.events[0].order.aggregate.captured, 300);
    }

    #[test]
    fn what_is_put_away_beside_the_paid_one_is_not_told() {
        let mut story = Story::new(None);
        story.news(1, News::Unreachable).take(Input::Retry(None)).unwrap();
        story.created(2).news(1, looked(None, seen(PaymentState::Authorized)));
        assert_eq!(story.told(), ["checkout.authorized"], "the first one counts after all");
        let none: &[&str] = &[];
        assert_eq!(story.news(2, looked(None, seen(PaymentState::Terminated))).told(), none);
    }

    #[test]
    fn that_a_number_was_shared_is_told_without_the_number() {
        let mut story = Story::new(Some(consent()));
        let told = Seen {
            sub: Some("sub".into()),
            phone_number: PhoneNumber::parse("4791234567"),
            ..seen(PaymentState::Authorized)
        };
        story.created(1).news(1, looked(None, told));
        assert_eq!(story.told(), ["checkout.authorized", "customer.shared"]);
        let text = serde_json::to_string(&story.events).unwrap();
        assert!(!text.contains("4791234567") && !text.contains("sub\""), "{text}");
    }

    #[test]
    fn every_kind_is_written_as_it_is_called() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
