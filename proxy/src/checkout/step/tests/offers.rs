use super::*;
use crate::checkout::{Customer, Difference, Offer, OfferedBy, differences};

fn offer(by: OfferedBy) -> Offer {
    Offer::standing(by, START.plus_ms(3_600_000))
}

fn opened_with(offer: Offer, number: Option<&str>) -> Story {
    let customer = number.map(|number| Customer {
        sub: Some("sub".into()),
        phone_number: PhoneNumber::parse(number),
        received_at: START,
    });
    let order = Order { terms_accepted_at: None, offer: Some(offer), ..order(ReceiptBy::Create) };
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

fn refused(trouble: &str) -> News {
    News::Refused { trouble: trouble.into() }
}

const NOTHING: &[&str] = &[];

#[test]
fn nothing_is_asked_of_the_vendor_before_somebody_presses_pay() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    assert_eq!((story.kinds(), story.state()), (vec!["lapse"], State::Open));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::TermsNotAccepted));
    assert_eq!(story.take(Input::Pay(Some(consent()))).unwrap().kinds(), ["create_payment"]);
    assert!(create(&story).shares_phone_number && create(&story).flow == Flow::Redirect);
    assert_eq!((story.state(), story.checkout.order.terms_accepted_at), (State::Starting, Some(story.now)));
    assert_eq!(story.checkout.attempts.len(), 1, "the reference that was told is the one that is paid");
    assert_eq!(story.take(Input::Pay(Some(consent()))).unwrap().kinds(), NOTHING, "pressed on the other device too");
}

#[test]
fn what_runs_out_or_is_withdrawn_is_not_paid_any_more() {
    for by in [OfferedBy::Page, OfferedBy::Shop] {
        let mut story = opened_with(offer(by), None);
        assert_eq!(story.news(1, News::Lapsed).kinds(), ["lapse"], "too early, by a clock that was wrong");
        assert_eq!(story.state(), State::Open);
        story.now = START.plus_ms(3_600_000);
        story.news(1, News::Lapsed);
        let told: &[&str] = if by == OfferedBy::Shop { &["checkout.expired"] } else { NOTHING };
        assert_eq!((story.state(), &story.told()[..]), (State::Expired, told), "{by:?}");
        assert_eq!(story.take(Input::Pay(None)).err(), Some(Refusal::OfferEnded));
    }
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    assert_eq!(story.take(Input::Withdraw).unwrap().told(), ["checkout.cancelled"]);
    assert_eq!(story.take(Input::Pay(None)).err(), Some(Refusal::OfferEnded));
    assert_eq!(story.take(Input::Withdraw).unwrap().told(), NOTHING, "once is enough");
    let never_asked: Vec<Difference> = differences(story.checkout.current(), TOTAL, None);
    assert_eq!(never_asked, [], "there is no such payment, and need not be");
}

#[test]
fn time_is_up_for_what_is_offered_and_not_for_what_is_being_paid() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    story.take(Input::Pay(None)).unwrap().created(1);
    story.now = START.plus_ms(3_700_000);
    assert_eq!(story.news(1, News::Lapsed).state(), State::Created);
    story.news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!((story.state(), story.told()), (State::Authorized, vec!["checkout.authorized"]));
    assert_eq!(story.take(Input::Withdraw).err(), Some(Refusal::NotWithdrawable));
}

#[test]
fn what_was_rejected_can_be_paid_after_all_while_the_offer_stands() {
    let mut story = opened_with(offer(OfferedBy::Shop), None);
    story.take(Input::Pay(None)).unwrap().created(1).news(1, looked(None, seen(PaymentState::Aborted)));
    assert_eq!(story.take(Input::Retry(None)).unwrap().kinds(), ["create_payment"], "the terms are accepted already");
    story.created(2).take(Input::Withdraw).unwrap();
    assert_eq!(story.kinds(), ["cancel_payment"]);
    story.news(2, looked(None, seen(PaymentState::Terminated)));
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::OfferEnded));
}

#[test]
fn a_known_customer_is_sent_it_and_no_effect_has_the_number() {
    let story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!((story.kinds(), story.state()), (vec!["create_payment"], State::Starting));
    let create = create(&story);
    assert!(create.flow == Flow::Push && create.with_number && !create.shares_phone_number);
    assert_eq!(create.expires_at, None, "ten minutes, as a rule");
    assert!(!serde_json::to_string(&story.effects[0].effect).unwrap().contains("4791234567"));
    assert!(!serde_json::to_string(&story.checkout).unwrap().contains("4791234567"));
}

#[test]
fn what_may_live_longer_does_and_has_its_receipt() {
    let order =
        |long_living, ms| Offer { push: true, long_living, ..Offer::standing(OfferedBy::Shop, START.plus_ms(ms)) };
    let story = opened_with(order(true, 3_600_000), Some("4791234567"));
    assert_eq!(create(&story).expires_at, Some(START.plus_ms(3_600_000)));
    assert_eq!(story.checkout.current().expires_at, START.plus_ms(3_600_000));
    assert!(create(&story).receipt.is_some());
    assert_eq!(
        create(&opened_with(order(true, 600_000), Some("4791234567"))).expires_at,
        None,
        "no longer than as a rule"
    );
}

#[test]
fn what_the_app_cannot_be_sent_is_behind_the_link_with_the_number_filled_in() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!(story.news(1, refused("vipps_5080")).kinds(), ["lapse"]);
    assert_eq!((story.state(), story.told()), (State::Open, vec![]), "it can still be paid");
    assert_eq!(story.take(Input::Pay(None)).unwrap().kinds(), ["create_payment"]);
    assert!(create(&story).with_number && create(&story).flow == Flow::Redirect);
    assert_eq!(create(&story).reference.as_str(), "shop-abc-2");
    // The vendor knows nobody by it: the customer who waits is led on without it.
    assert_eq!(story.news(2, refused("vipps_7010")).kinds(), ["create_payment"]);
    assert!(!create(&story).with_number && create(&story).reference.as_str() == "shop-abc-3");
    assert_eq!(story.news(3, refused("vipps_7010")).kinds(), NOTHING, "and not for ever");
    assert_eq!((story.state(), story.told()), (State::Failed, vec!["checkout.failed"]));
}

#[test]
fn a_message_that_may_have_been_sent_is_put_away_and_no_order_is_paid_twice() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    assert_eq!(story.news(1, News::Unreachable).kinds(), ["lapse", "cancel_payment"]);
    story.take(Input::Pay(None)).unwrap().created(2);
    story.news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.checkout.current().reference.as_str(), "shop-abc-1");
    story.news(2, looked(None, seen(PaymentState::Authorized)));
    assert!(matches!(story.effects[0].effect, Effect::CancelPayment { unless_authorized: false, .. }));
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.news(1, News::Unreachable).news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.checkout.attempts[1].state, State::Terminated, "what was open is not any more");
}

#[test]
fn who_presses_pay_behind_the_link_is_not_waited_for_in_the_app() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.news(1, News::Created { redirect_url: None });
    assert_eq!(story.take(Input::Retry(None)).err(), Some(Refusal::TermsNotAccepted));
    assert_eq!(story.checkout.attempts.len(), 1, "and it is still in the app");
    assert_eq!(story.take(Input::Pay(None)).unwrap().kinds(), ["cancel_payment", "create_payment"]);
    story.created(2).news(1, looked(None, seen(PaymentState::Terminated)));
    assert_eq!((story.state(), story.told()), (State::Created, vec![]), "what was taken away is nobody's news");
    story.news(2, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(
        (story.checkout.current().reference.as_str(), story.told()),
        ("shop-abc-2", vec!["checkout.authorized"])
    );
}

#[test]
fn what_may_be_in_an_erased_customer_s_app_is_taken_out_of_it() {
    let mut story = opened_with(Offer { push: true, ..offer(OfferedBy::Shop) }, Some("4791234567"));
    story.take(Input::Erase).unwrap();
    assert_eq!(story.news(1, News::Forgotten).kinds(), ["lapse", "cancel_payment"]);
    assert_eq!(story.checkout.attempts[0].trouble.as_deref(), Some("customer_erased"));
}

#[test]
fn an_order_that_a_page_has_opened_is_not_the_shop_s_to_withdraw() {
    let mut story = opened_with(offer(OfferedBy::Page), None);
    assert_eq!(story.take(Input::Withdraw).err(), Some(Refusal::NotWithdrawable));
    assert_eq!(story.checkout.for_shop(None).request, None, "its address is its customer's alone");
}

#[test]
fn what_is_paid_after_weeks_in_the_app_is_captured_by_then_and_not_by_its_first_day() {
    let days = |days: i64| START.plus_ms(days * 24 * 60 * 60 * 1000);
    let waits = Offer { push: true, long_living: true, ..Offer::standing(OfferedBy::Shop, days(30)) };
    let mut story = opened_with(waits, Some("4791234567"));
    story.created(1);
    story.now = days(20);
    story.news(1, looked(None, seen(PaymentState::Authorized)));
    assert_eq!(story.checkout.reservation().unwrap().since, story.now);
}

#[test]
fn an_erased_customer_is_not_told_of() {
    let mut story = opened_with(offer(OfferedBy::Shop), Some("4791234567"));
    assert_eq!(story.checkout.snapshot(String::new()).sharing, kvitt_wire::Sharing::default());
    story.take(Input::Erase).unwrap().take(Input::Pay(None)).unwrap();
    assert!(!create(&story).with_number && story.checkout.customer.is_none());
}
