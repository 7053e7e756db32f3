use super::*;
use crate::checkout::{Customer, Difference, Offer, OfferedBy, differences};

fn offer(by: OfferedBy) -> Offer {
    Offer::new(by, START.plus_ms(3_600_000))
}

fn opened_with(offer: Offer, number: Option<&str>) -> Story {
    opened_by(ReceiptBy::Create, offer, number)
}

fn opened_by(receipt: ReceiptBy, offer: Offer, number: Option<&str>) -> Story {
    let customer = number.map(|number| Customer {
        sub: Some("sub".into()),
        phone_number: PhoneNumber::parse(number),
        received_at: START,
    });
    let order = Order { terms_accepted_at: None, offer: Some(offer), ..order(receipt) };
    let opening = Opening { order, consent: None, customer };
    Story::of(open(CheckoutId(Uuid::from_u128(7)), "trace".into(), opening, START))
}

fn create(story: &Story) -> &CreatePayment {
    let created = story.effects.iter().find_map(|planned| match &planned.effect {
        Effect::CreatePayment(create) => Some(create),
        _ => None,
    });
    created.expect("a payment is to be created")
}

fn refused(trouble: &str) -> Update {
    Update::CreateRefused { trouble: trouble.into() }
}

const NOTHING: &[&str] = &[];

#[test]
fn no_payment_is_requested_before_the_customer_pays() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    assert_eq!((story.kinds(), story.state()), (vec!["lapse"], State::Open));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::TermsNotAccepted));
    assert_eq!(story.take(Input::Pay(Some(consent()))).unwrap().kinds(), ["create_payment"]);
    assert!(create(&story).shares_phone_number && create(&story).flow == Flow::Redirect);
    assert_eq!((story.state(), story.checkout.order.terms_accepted_at), (State::Starting, Some(story.now)));
    assert_eq!(story.checkout.attempts.len(), 1, "the published reference is the one that is paid");
    assert_eq!(story.take(Input::Pay(Some(consent()))).unwrap().kinds(), NOTHING, "paid on a second device too");
}

#[test]
fn an_expired_or_withdrawn_offer_cannot_be_paid() {
    for by in [OfferedBy::Page, OfferedBy::Shop] {
        let mut story = opened_with(offer(by), None);
        assert_eq!(story.update(1, Update::OfferExpired).kinds(), ["lapse"], "a wrong clock fired the timer early");
        assert_eq!(story.state(), State::Open);
        story.now = START.plus_ms(3_600_000);
        story.update(1, Update::OfferExpired);
        let expected: &[&str] = if by == OfferedBy::Shop { &["checkout.expired"] } else { NOTHING };
        assert_eq!((story.state(), &story.event_kinds()[..]), (State::Expired, expected), "{by:?}");
        assert_eq!(story.take(Input::Pay(None)).err(), Some(Refusal::OfferEnded));
    }
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    assert_eq!(story.take(Input::Withdraw).unwrap().event_kinds(), ["checkout.cancelled"]);
    assert_eq!(story.take(Input::Pay(None)).err(), Some(Refusal::OfferEnded));
    assert_eq!(story.take(Input::Withdraw).unwrap().event_kinds(), NOTHING, "a second withdrawal changes nothing");
    let never_requested: Vec<Difference> = differences(story.checkout.current(), TOTAL, None);
    assert_eq!(never_requested, [], "a payment that was never requested is not missing");
}

#[test]
fn no_attempt_begins_after_the_order_s_time() {
    let mut story = Story::new(None);
    story.created(1).update(1, polled(None, payment(PaymentState::Expired)));
    // Orders of earlier releases have the default time, from their opening on.
    for (payable_until, end) in [(Some(START.plus_ms(3_600_000)), 3_600_000), (None, 4 * 3_600_000)] {
        let mut order = story.clone();
        order.checkout.order.payable_until = payable_until;
        order.now = START.plus_ms(end - 1_000);
        for input in [Input::Retry(None), Input::Pay(None)] {
            assert_eq!(order.clone().take(input).err(), Some(Refusal::OfferEnded));
        }
        order.now = START.plus_ms(end - 1_001);
        assert_eq!(order.take(Input::Retry(None)).unwrap().created(2).state(), State::Created);
        order.now = START.plus_ms(end);
        order.update(2, polled(None, payment(PaymentState::Authorized)));
        assert_eq!(order.state(), State::Authorized, "a payment that was begun in time is paid");
    }
}

#[test]
fn an_offer_expires_but_not_a_payment_that_was_requested() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    story.take(Input::Pay(None)).unwrap().created(1);
    story.now = START.plus_ms(3_700_000);
    assert_eq!(story.update(1, Update::OfferExpired).state(), State::Created);
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!((story.state(), story.event_kinds()), (State::Authorized, vec!["checkout.authorized"]));
    assert_eq!(story.take(Input::Withdraw).err(), Some(Refusal::NotWithdrawable));
}

#[test]
fn a_rejected_payment_can_be_retried_while_the_offer_is_open() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    story.take(Input::Pay(None)).unwrap().created(1).update(1, polled(None, payment(PaymentState::Aborted)));
    assert_eq!(story.take(Input::Retry(None)).unwrap().kinds(), ["create_payment"], "the terms are accepted already");
    story.created(2).take(Input::Withdraw).unwrap();
    assert_eq!(story.kinds(), ["cancel_payment"]);
    story.update(2, polled(None, payment(PaymentState::Terminated)));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::OfferEnded));
}

#[test]
fn a_push_to_a_known_customer_keeps_the_number_out_of_the_effect() {
    let story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!((story.kinds(), story.state()), (vec!["create_payment"], State::Starting));
    let create = create(&story);
    assert!(create.flow == Flow::Push && create.with_number && !create.shares_phone_number);
    assert_eq!(create.expires_at, None, "the default of ten minutes");
    assert!(!serde_json::to_string(&story.effects[0].effect).unwrap().contains("4791234567"));
    assert!(!serde_json::to_string(&story.checkout).unwrap().contains("4791234567"));
}

#[test]
fn a_long_living_payment_has_the_offers_expiry_and_a_receipt() {
    let order = |long_living, ms| Offer { push: true, long_living, ..Offer::new(OfferedBy::Shop, START.plus_ms(ms)) };
    let story = opened_with(order(true, 3_600_000), Some("4791234567"));
    assert_eq!(create(&story).expires_at, Some(START.plus_ms(3_600_000)));
    assert_eq!(story.checkout.current().expires_at, START.plus_ms(3_600_000));
    assert!(create(&story).receipt.is_some());
    assert_eq!(
        create(&opened_with(order(true, 600_000), Some("4791234567"))).expires_at,
        None,
        "too short for a long-living payment"
    );
}

#[test]
fn a_long_living_payment_has_its_receipt_in_one_way() {
    let offer = Offer { push: true, long_living: true, ..offer(OfferedBy::Shop) };
    let mut story = opened_by(ReceiptBy::OrderManagement, offer.clone(), Some("4791234567"));
    assert!(create(&story).receipt.is_some());
    assert_eq!(story.created(1).kinds(), ["look"], "not a second time");
    // The payment by link lives ten minutes.
    story.take(Input::Pay(None)).unwrap();
    assert_eq!(create(&story).receipt, None);
    assert_eq!(story.created(2).kinds(), ["look", "send_receipt"]);

    let mut story = opened_by(ReceiptBy::None, offer.clone(), Some("4791234567"));
    assert!(create(&story).receipt.is_some(), "it would be refused without");
    assert_eq!(story.created(1).kinds(), ["look"]);
    // A payment that an earlier release requested.
    let mut story = opened_by(ReceiptBy::OrderManagement, Offer { push: false, ..offer }, None);
    story.take(Input::Pay(None)).unwrap();
    story.checkout.attempts[0].receipt_by = None;
    assert_eq!(story.created(1).kinds(), ["look", "send_receipt"]);
}

#[test]
fn after_a_failed_push_the_order_is_payable_by_link_with_the_number_filled_in() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!(story.update(1, refused("vipps_5080")).kinds(), ["lapse"]);
    assert_eq!((story.state(), story.event_kinds()), (State::Open, vec![]), "it can still be paid");
    assert_eq!(story.take(Input::Pay(None)).unwrap().kinds(), ["create_payment"]);
    assert!(create(&story).with_number && create(&story).flow == Flow::Redirect);
    assert_eq!(create(&story).reference.as_str(), "shop-abc-2");
    // Vipps MobilePay does not know the number: the waiting customer goes on without it.
    assert_eq!(story.update(2, refused("vipps_7010")).kinds(), ["create_payment"]);
    assert!(!create(&story).with_number && create(&story).reference.as_str() == "shop-abc-3");
    assert_eq!(story.update(3, refused("vipps_7010")).kinds(), NOTHING, "but only once");
    assert_eq!((story.state(), story.event_kinds()), (State::Failed, vec!["checkout.failed"]));
}

#[test]
fn a_push_that_may_have_been_sent_is_cancelled_and_no_order_is_paid_twice() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!(story.update(1, Update::CreateTimedOut).kinds(), ["lapse", "cancel_payment"]);
    story.take(Input::Pay(None)).unwrap().created(2);
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
    story.update(2, polled(None, payment(PaymentState::Authorized)));
    assert!(matches!(story.effects[0].effect, Effect::CancelPayment { unless_authorized: false, .. }));
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.update(1, Update::CreateTimedOut).update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.checkout.attempts[1].state, State::Terminated, "the open attempt is closed");
}

#[test]
fn paying_by_link_cancels_the_push_in_the_app() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.update(1, Update::Created { redirect_url: None });
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::TermsNotAccepted));
    assert_eq!(story.checkout.attempts.len(), 1, "and it is still in the app");
    assert_eq!(story.take(Input::Pay(None)).unwrap().kinds(), ["cancel_payment", "create_payment"]);
    story.created(2).update(1, polled(None, payment(PaymentState::Terminated)));
    assert_eq!((story.state(), story.event_kinds()), (State::Created, vec![]), "the cancelled push makes no event");
    story.update(2, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(
        (story.checkout.current().reference.as_str(), story.event_kinds()),
        ("shop-abc-2", vec!["checkout.authorized"])
    );
}

#[test]
fn a_push_to_an_erased_customer_is_cancelled() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.take(Input::Erase).unwrap();
    assert_eq!(story.update(1, Update::CustomerErased).kinds(), ["lapse", "cancel_payment"]);
    assert_eq!(story.checkout.attempts[0].trouble.as_deref(), Some("customer_erased"));
}

#[test]
fn the_shop_cannot_withdraw_an_order_that_a_page_has_opened() {
    let mut story = opened_with(offer(OfferedBy::Page), None);
    assert_eq!(story.take(Input::Withdraw).err(), Some(Refusal::NotWithdrawable));
    assert_eq!(story.checkout.for_shop(None).request, None, "only its customer knows its address");
}

#[test]
fn the_capture_deadline_of_a_long_living_payment_counts_from_its_authorization() {
    let days = |days: i64| START.plus_ms(days * 24 * 60 * 60 * 1000);
    let long = Offer { push: true, long_living: true, ..Offer::new(OfferedBy::Shop, days(30)) };
    let mut story = opened_with(long, Some("4791234567"));
    story.created(1);
    story.now = days(20);
    story.update(1, polled(None, payment(PaymentState::Authorized)));
    assert_eq!(story.checkout.reservation().unwrap().since, story.now);
}

#[test]
fn the_number_of_an_erased_customer_is_not_sent() {
    let mut story = opened_with(offer(OfferedBy::Shop), Some("4791234567"));
    assert_eq!(story.checkout.snapshot(String::new()).sharing, kvitt_wire::Sharing::default());
    story.take(Input::Erase).unwrap().take(Input::Pay(None)).unwrap();
    assert!(!create(&story).with_number && story.checkout.customer.is_none());
}
