//! Carts at the shop's own prices, signed for its page or opened by its backend. The records of Vipps MobilePay decide.

mod backend;
mod kinds;
pub(crate) mod signed;

use serde_json::{Value, json};

use crate::shop::Shop;

/// Two mugs at a discount, and the freight. Together they have every field of a line.
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

/// The value with a change at a pointer.
pub(crate) fn with(mut value: Value, pointer: &str, change: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = change;
    value
}

/// The amount and the receipt's lines of a payment, by the records of Vipps MobilePay.
async fn amount_and_lines(shop: &Shop, reference: &str) -> (i64, Vec<Value>) {
    let record = shop.vipps.record(reference).await;
    let lines = record["request"]["receipt"]["orderLines"].as_array().unwrap().clone();
    let total = |line: &Value| {
        let total = line["totalAmount"].as_i64().unwrap();
        assert_eq!(
            total,
            line["totalAmountExcludingTax"].as_i64().unwrap() + line["totalTaxAmount"].as_i64().unwrap(),
            "{line}"
        );
        if line["isReturn"] == true { -total } else { total }
    };
    let amount = record["request"]["amount"]["value"].as_i64().unwrap();
    assert_eq!(lines.iter().map(total).sum::<i64>(), amount, "the app shows lines only if they add up");
    (amount, lines)
}
