//! Answers as the APIs document them, and with fields that are unknown, missing or malformed.

use kvitt_vipps::{
    Adjustment, Amount, CategoryName, EventKind, OrderDetails, Payment, PaymentEvent, PaymentMethodType, PaymentState,
    QuantityUnit, UserDetails, Userinfo, webhook::Event,
};

use crate::files::{body, raw_body};

#[test]
fn a_payment_is_read_in_full() {
    let payment: Payment = body("payment.json");
    assert_eq!(payment.state, PaymentState::Authorized);
    assert_eq!(payment.amount, Amount::new(49900, "NOK"));
    assert_eq!(payment.aggregate.authorized_amount, Amount::new(49900, "NOK"));
    assert_eq!(payment.aggregate.captured_amount.value, 10000);
    assert_eq!(payment.payment_method, Some(PaymentMethodType::Wallet));
    assert_eq!(payment.profile_sub.as_deref(), Some("c06c4afe-d9e1-4c5d-939a-177d752a0944"));
    assert_eq!(payment.redirect_url.as_deref(), Some("https://landing.vipps.no?token=a-token"));
    assert_eq!(payment.metadata["order"], "7");
    assert_eq!(payment.capture_guaranteed_until, "2026-09-01T07:53:44.812Z".parse().ok());
    let details = payment.user_details.unwrap();
    assert_eq!(details.mobile_number.unwrap().as_str(), "4791234567");
    assert_eq!(details.first_name.as_deref(), Some("Kari"));
    assert_eq!(details.addresses[0].post_code.as_deref(), Some("0155"));
}

#[test]
fn unknown_or_malformed_fields_do_not_fail_a_payment() {
    let payment: Payment = body("payment-strange.json");
    assert_eq!(payment.state, PaymentState::Other("UNDER_REVIEW".to_owned()));
    assert_eq!(payment.amount.value, 6000);
    assert_eq!(payment.aggregate.authorized_amount.value, 6000);
    assert_eq!(payment.payment_method, Some(PaymentMethodType::Other("BANK_TRANSFER".to_owned())));
    assert_eq!(payment.psp_reference.as_deref(), Some("1304787731"));
    assert_eq!(payment.profile_sub, None);
    assert_eq!(payment.capture_guaranteed_until, None);
    let details = payment.user_details.unwrap();
    assert_eq!((details.mobile_number, details.first_name, details.email), (None, None, None));
    assert_eq!(details.addresses.len(), 1);
}

#[test]
fn a_payment_is_read_with_only_its_required_fields() {
    let payment: Payment = body("payment-bare.json");
    assert_eq!((payment.state, payment.user_details, payment.profile_sub), (PaymentState::Created, None, None));

    let mut without: serde_json::Value = body("payment.json");
    without["aggregate"].as_object_mut().unwrap().remove("capturedAmount");
    assert!(serde_json::from_value::<Payment>(without).is_err());
    let mut fraction: serde_json::Value = body("payment.json");
    fraction["amount"]["value"] = 499.5.into();
    assert!(serde_json::from_value::<Payment>(fraction).is_err());
}

#[test]
fn phone_numbers_are_read_in_several_formats() {
    for (json, expected) in [
        (r#"{"mobileNumber":"4791234567"}"#, Some("4791234567")),
        (r#"{"mobileNumber":"+4791234567"}"#, Some("4791234567")),
        (r#"{"mobileNumber":4791234567}"#, Some("4791234567")),
        (r#"{"mobileNumber":"[Expired]"}"#, None),
        (r#"{"mobileNumber":""}"#, None),
        (r#"{"mobileNumber":null}"#, None),
        (r#"{"mobileNumber":"unknown"}"#, None),
        (r"{}", None),
    ] {
        let details: UserDetails = serde_json::from_str(json).unwrap();
        assert_eq!(details.mobile_number.as_ref().map(|number| number.as_str()), expected, "{json}");
    }
}

#[test]
fn events_are_read() {
    let events: Vec<PaymentEvent> = body("events.json");
    assert_eq!(events[0].name, EventKind::Created);
    assert_eq!(events[0].timestamp, "2023-03-27T10:51:44.5333258Z".parse().ok());
    assert_eq!((events[1].amount.value, events[1].success, &events[1].idempotency_key), (10000, false, &None));
    assert_eq!((&events[2].name, events[2].timestamp), (&EventKind::Other("DISPUTED".to_owned()), None));
    assert_eq!(events[2].name.as_str(), "DISPUTED");
}

#[test]
fn an_adjustment_is_read() {
    let adjustment: Adjustment = body("adjustment.json");
    assert_eq!(adjustment.state, PaymentState::Terminated);
    assert_eq!(adjustment.aggregate.cancelled_amount, Amount::new(1000, "NOK"));
}

#[test]
fn userinfo_is_read_before_and_after_it_expires() {
    let userinfo: Userinfo = body("userinfo.json");
    assert_eq!(userinfo.phone_number.unwrap().ending(), "67");
    assert_eq!((userinfo.phone_number_verified, userinfo.email_verified), (Some(true), Some(false)));
    assert_eq!(userinfo.address.unwrap().region.as_deref(), Some("OSLO"));
    assert_eq!(userinfo.other_addresses[0].country, None);

    let expired: Userinfo = body("userinfo-expired.json");
    assert_eq!((expired.phone_number, expired.name), (None, None));
}

#[test]
fn order_details_are_read() {
    let details: OrderDetails = body("order-details.json");
    let category = details.category.unwrap();
    assert_eq!((category.category, category.image_id), (CategoryName::OrderConfirmation, None));
    let receipt = details.receipt.unwrap();
    let line = &receipt.order_lines[0];
    assert_eq!((&*line.id, line.total_amount, line.tax_rate, line.discount), ("17", 1000, Some(2500), None));
    let unit = line.unit_info.as_ref().unwrap();
    assert_eq!((&*unit.quantity, &unit.quantity_unit), ("2.5", &Some(QuantityUnit::Other("YARD".to_owned()))));
    assert_eq!(receipt.bottom_line.receipt_number.as_deref(), Some("123456789"));
}

#[test]
fn a_webhook_is_read() {
    let event = Event::read(&raw_body("webhook-authorized.json")).unwrap();
    assert_eq!((&*event.reference, &event.name), ("acme-shop-123-order123abc", &EventKind::Authorized));
    assert_eq!(event.psp_reference.as_deref(), Some("dd8e0a8e-2b26-40ed-98f1-1d5832fc129f"));
    assert_eq!((event.amount, event.success), (Some(Amount::new(49900, "NOK")), Some(true)));
    assert_eq!(event.sub.as_deref(), Some("c06c4afe-d9e1-4c5d-939a-177d752a0944"));
    assert_eq!(event.user_details.unwrap().mobile_number.unwrap().ending(), "78");
}

#[test]
fn a_webhook_with_malformed_fields_is_read() {
    let event = Event::read(&raw_body("webhook-strange.json")).unwrap();
    assert_eq!((event.msn.as_deref(), &*event.reference), (Some("123456"), "acme-shop-123-order123abc"));
    assert_eq!(event.name, EventKind::Other("RESERVED_AGAIN".to_owned()));
    assert_eq!((event.amount, event.timestamp, event.success, event.user_details), (None, None, Some(false), None));

    for nothing in ["", "{}", "[]", r#"{"name":"AUTHORIZED"}"#, r#"{"reference":"acme-1234"}"#] {
        assert!(Event::read(nothing.as_bytes()).is_err(), "{nothing}");
    }
}

#[test]
fn debug_prints_no_personal_data() {
    let payment: Payment = body("payment.json");
    let userinfo: Userinfo = body("userinfo.json");
    let event = Event::read(&raw_body("webhook-authorized.json")).unwrap();
    let shown = format!("{payment:?} {userinfo:?} {event:?} {:?}", payment.user_details);
    assert!(shown.contains("acme-shop-123-order123abc") && shown.contains("PhoneNumber(…67)"), "{shown}");
    for private in
        ["4791234567", "4712345678", "Kari", "Nordmann", "kari@", "Storgata", "a-token", "c06c4afe", "126684df", "1990"]
    {
        assert!(!shown.contains(private), "{private} in {shown}");
    }
}
