//! Carts at the shop's own prices, signed in its page or opened by its backend; the books of Vipps MobilePay are the judge.

mod backend;
pub(crate) mod signed;

use serde_json::{Value, json};

use crate::shop::Shop;

/// Two mugs at a discount, and the freight: every field that a line may have.
pub(crate) fn mugs_and_freight() -> Value {
    json!({
        "lines": [
            { "sku": "mug", "name": "Krus", "quantity": 2, "unit_price": 24_900, "vat_rate": 2500, "discount": 1_000,
              "total": 48_800, "vat": 9_760, "picture": "https://shop.example/mug.webp", "url": "https://shop.example/mug" },
            { "sku": "freight", "name": "Frakt", "quantity": 1, "unit_price": 9_900, "vat_rate": 2500, "shipping": true },
        ],
        "total": { "value": 58_700, "currency": "NOK" },
    })
}

/// The same with something else at a place.
pub(crate) fn with(mut value: Value, pointer: &str, change: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = change;
    value
}

/// The amount that a payment was created with, and its receipt's lines: what the vendor knows.
async fn booked(shop: &Shop, reference: &str) -> (i64, Vec<Value>) {
    let book = shop.vipps.book(reference).await;
    let lines = book["request"]["receipt"]["orderLines"].as_array().unwrap().clone();
    let total = |line: &Value| {
        let total = line["totalAmount"].as_i64().unwrap();
        assert_eq!(
            total,
            line["totalAmountExcludingTax"].as_i64().unwrap() + line["totalTaxAmount"].as_i64().unwrap(),
            "{line}"
        );
        if line["isReturn"] == true { -total } else { total }
    };
    let amount = book["request"]["amount"]["value"].as_i64().unwrap();
    assert_eq!(lines.iter().map(total).sum::<i64>(), amount, "or the app shows none of them");
    (amount, lines)
}
