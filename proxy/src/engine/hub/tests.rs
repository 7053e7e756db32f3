use std::cell::Cell;

use futures_util::FutureExt;
use kvitt_wire::{Amount, Brand, Cart, Currency, Language, Line, PaymentSources};
use uuid::Uuid;

use super::*;
use crate::checkout::{self, Moment, Opening, Order, Private, ReceiptBy};

const ID: CheckoutId = CheckoutId(Uuid::from_u128(1));

/// The checkout at a version.
fn at(version: u32) -> Checkout {
    let order = Order {
        number: "shop-abc".into(),
        cart: Cart {
            sales_unit: "no".into(),
            shop: "Shop".into(),
            brand: Brand::Vipps,
            vat: 0,
            lines: vec![Line::default()],
            total: Amount { value: 100, currency: Currency::Nok },
            terms_url: "https://shop.example/terms".into(),
            asks_phone_number: false,
            payment_sources: PaymentSources::default(),
        },
        description: "Mug".into(),
        language: Language::Nb,
        return_url: None,
        landing_return_url: Private("https://pay.example/return/token".into()),
        receipt: ReceiptBy::Create,
        terms_accepted_at: Some(Moment(0)),
        payable_until: None,
        offer: None,
    };
    let opening = Opening { order, consent: None, customer: None };
    Checkout { version, ..checkout::open(ID, "trace".into(), opening, Moment(0)).checkout }
}

/// The version that a subscriber gets at once, after this one; `None` when it would wait.
fn next(subscription: &mut Subscription, after: u32) -> Option<u32> {
    let newer = subscription.newer_than(after).now_or_never()?;
    Some(newer.expect("it has not ended").checkout.version)
}

#[test]
fn a_subscriber_gets_the_newest_state_once() {
    let hub = Hub::default();
    hub.publish(&at(1));
    let mut subscription = hub.subscribe(ID);
    subscription.has_read(&at(1));
    assert_eq!(next(&mut subscription, 1), None);
    hub.publish(&at(2));
    hub.publish(&at(3));
    hub.publish(&at(2));
    assert_eq!(next(&mut subscription, 1), Some(3));
    assert_eq!(next(&mut subscription, 3), None);
}

#[test]
fn a_state_is_rendered_once_for_all() {
    let hub = Hub::default();
    let mut subscriptions = [hub.subscribe(ID), hub.subscribe(ID)];
    hub.publish(&at(2));
    let rendered = Cell::new(0);
    for subscription in &mut subscriptions {
        let published = subscription.newer_than(1).now_or_never().flatten().unwrap();
        let text = published.rendered(|checkout| {
            rendered.set(rendered.get() + 1);
            Bytes::from(checkout.version.to_string())
        });
        assert_eq!(text, "2");
    }
    assert_eq!(rendered.get(), 1);
}

#[test]
fn what_one_subscriber_reads_the_others_get() {
    let hub = Hub::default();
    let (mut early, late) = (hub.subscribe(ID), hub.subscribe(ID));
    early.has_read(&at(1));
    assert!(hub.lacks(ID, 2) && !hub.lacks(ID, 1));
    // Another process has committed meanwhile.
    late.has_read(&at(2));
    assert_eq!(next(&mut early, 1), Some(2));
    assert!(!hub.lacks(ID, 2));
}

#[test]
fn counts_follow_the_subscriptions() {
    let hub = Hub::default();
    let other = CheckoutId(Uuid::from_u128(2));
    let subscriptions = (hub.subscribe(ID), hub.subscribe(ID), hub.subscribe(other));
    assert_eq!((hub.subscribers(), hub.subscribers_of(ID), hub.subscribers_of(other)), (3, 2, 1));
    drop(subscriptions);
    assert_eq!((hub.subscribers(), hub.subscribers_of(ID)), (0, 0));
    assert!(hub.subscribed().is_empty() && !hub.lacks(ID, 1));
}

#[test]
fn subscriptions_end_when_the_checkout_is_deleted_and_when_the_hub_is_closed() {
    let hub = Hub::default();
    let mut waits_for_its_creation = hub.subscribe(ID);
    hub.end(ID);
    assert_eq!(next(&mut waits_for_its_creation, 0), None);
    waits_for_its_creation.has_read(&at(1));
    hub.end(ID);
    assert!(waits_for_its_creation.newer_than(1).now_or_never().unwrap().is_none());
    let mut open = hub.subscribe(CheckoutId(Uuid::from_u128(2)));
    hub.close();
    assert!(open.newer_than(0).now_or_never().unwrap().is_none());
    assert!(hub.subscribe(CheckoutId(Uuid::from_u128(3))).newer_than(0).now_or_never().unwrap().is_none());
}
