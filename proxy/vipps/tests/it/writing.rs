//! The requests that are sent, byte for byte; and that a stored request is sent again unchanged.

use std::collections::BTreeMap;

use kvitt_vipps::{
    Amount, BottomLine, CreatePayment, Customer, CustomerInteraction, Metadata, OrderLine, PhoneNumber, Profile,
    QrContent, QrFormat, QuantityUnit, Receipt, UnitInfo, UserFlow,
};
use serde_json::json;

pub(crate) fn receipt() -> Receipt {
    let line = OrderLine {
        name: "Stoneware mug".to_owned(),
        id: "mug".to_owned(),
        total_amount: 49800,
        total_amount_excluding_tax: 39840,
        total_tax_amount: 9960,
        tax_rate: Some(2500),
        unit_info: Some(UnitInfo {
            unit_price: 24900,
            quantity: "2".to_owned(),
            quantity_unit: Some(QuantityUnit::Pieces),
        }),
        discount: None,
        product_url: None,
        is_return: None,
        is_shipping: Some(false),
    };
    let bottom_line = BottomLine { receipt_number: Some("7".to_owned()), ..BottomLine::new("NOK") };
    Receipt { order_lines: vec![line], bottom_line }
}

fn everything() -> CreatePayment {
    let metadata = BTreeMap::from([("order".to_owned(), "7".to_owned())]);
    CreatePayment {
        return_url: Some("https://pay.shop.example/return/a-secret-token".to_owned()),
        payment_description: Some("Two mugs".to_owned()),
        profile: Some(Profile::phone_number()),
        receipt: Some(receipt()),
        customer: Some(Customer::PhoneNumber(PhoneNumber::parse("4791234567").unwrap())),
        customer_interaction: Some(CustomerInteraction::Present),
        minimum_user_age: Some(18),
        expires_at: Some("2026-12-01T12:00:00Z".parse().unwrap()),
        metadata: Metadata::try_from(metadata).unwrap(),
        receipt_url: Some("https://shop.example/receipts/7".to_owned()),
        qr_format: Some(QrFormat { format: QrContent::Png, size: Some(1024) }),
        ..CreatePayment::new(Amount::new(49800, "NOK"), "acme-7-1", UserFlow::WebRedirect)
    }
}

#[test]
fn absent_optional_fields_are_omitted() {
    let request = CreatePayment::new(Amount::new(49800, "NOK"), "acme-7-1", UserFlow::PushMessage);
    assert_eq!(
        serde_json::to_string(&request).unwrap(),
        concat!(
            r#"{"amount":{"value":49800,"currency":"NOK"},"paymentMethod":{"type":"WALLET"},"#,
            r#""reference":"acme-7-1","userFlow":"PUSH_MESSAGE"}"#
        )
    );
}

#[test]
fn every_field_has_its_json_name() {
    assert_eq!(
        serde_json::to_value(everything()).unwrap(),
        json!({
            "amount": { "value": 49800, "currency": "NOK" },
            "paymentMethod": { "type": "WALLET" },
            "reference": "acme-7-1",
            "userFlow": "WEB_REDIRECT",
            "returnUrl": "https://pay.shop.example/return/a-secret-token",
            "paymentDescription": "Two mugs",
            "profile": { "scope": "phoneNumber" },
            "receipt": {
                "orderLines": [{
                    "name": "Stoneware mug",
                    "id": "mug",
                    "totalAmount": 49800,
                    "totalAmountExcludingTax": 39840,
                    "totalTaxAmount": 9960,
                    "taxRate": 2500,
                    "unitInfo": { "unitPrice": 24900, "quantity": "2", "quantityUnit": "PCS" },
                    "isShipping": false
                }],
                "bottomLine": { "currency": "NOK", "receiptNumber": "7" }
            },
            "customer": { "phoneNumber": "4791234567" },
            "customerInteraction": "CUSTOMER_PRESENT",
            "minimumUserAge": 18,
            "expiresAt": "2026-12-01T12:00:00Z",
            "metadata": { "order": "7" },
            "receiptUrl": "https://shop.example/receipts/7",
            "qrFormat": { "format": "IMAGE/PNG", "size": 1024 }
        })
    );
}

#[test]
fn a_stored_request_is_sent_unchanged() {
    for request in [everything(), CreatePayment::new(Amount::new(1, "DKK"), "acme-7-2", UserFlow::Qr)] {
        let stored = serde_json::to_string(&request).unwrap();
        let read: CreatePayment = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, request);
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
    let stored = serde_json::to_string(&receipt()).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(&stored).unwrap(), receipt());
}

#[test]
fn debug_prints_no_customer() {
    let shown = format!("{:?}", everything());
    assert!(shown.contains("acme-7-1") && shown.contains("Stoneware mug"), "{shown}");
    assert!(!shown.contains("4791234567") && !shown.contains("a-secret-token"), "{shown}");
    for customer in
        [Customer::PersonalQr("https://qr.vipps.no/p/private".to_owned()), Customer::Token("private".to_owned())]
    {
        assert!(!format!("{customer:?}").contains("private"));
    }
}

#[test]
fn metadata_over_its_limits_is_refused() {
    let pairs = |count: usize, key: usize, value: usize| {
        let pair = |index: usize| (format!("{index}{}", "k".repeat(key - 1)), "v".repeat(value));
        Metadata::try_from((0..count).map(pair).collect::<BTreeMap<_, _>>())
    };
    assert!(pairs(5, 100, 500).is_ok());
    assert!(pairs(6, 1, 1).is_err());
    assert!(pairs(1, 101, 1).is_err());
    assert!(pairs(1, 1, 501).is_err());
}
