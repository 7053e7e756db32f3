//! Several lines of one sku are captured and refunded by their pieces.

use kvitt_wire::{Cart, Item, NewCheckout, State};
use serde_json::{Value, json};

use super::Warehouse;
use crate::carts::signed::{checkout_of, open_shop, signed};
use crate::shop::{Shop, problem, two_mugs_and_a_tea};

fn mugs(value: i64, quantities: &[u32]) -> Value {
    let lines: Vec<_> = quantities.iter().map(|quantity| json!({ "sku": "mug", "quantity": quantity })).collect();
    json!({ "amount": { "value": value, "currency": "NOK" }, "lines": lines })
}

/// Three mugs of a paid order are shipped and returned; there is no fourth.
async fn three_mugs_are_shipped(shop: &Shop, request: &NewCheckout) {
    let warehouse = Warehouse::of(shop).await;
    let mut order = shop.order(request).await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let reference = order.reference();
    warehouse.does(reference, "capture", &mugs(10_000, &[1])).await;
    let too_many = warehouse.sends(reference, "capture", "four", &mugs(30_000, &[2, 1])).await;
    let refused = problem(too_many, 409, "exceeds_what_was_ordered").await;
    assert!(refused.detail.unwrap().contains("there are 2 of \"mug\" left"));
    warehouse.does(reference, "capture", &mugs(20_000, &[1, 1])).await;
    warehouse.does(reference, "refund", &mugs(30_000, &[3])).await;
    let again = warehouse.sends(reference, "refund", "again", &mugs(1, &[1])).await;
    assert_eq!(again.status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_one_sku_become_one_line() {
    let shop = Shop::open().await;
    let cart: Cart = shop.get("/v1/cart?items=mug:1,tea:1,mug:2").send().await.unwrap().json().await.unwrap();
    let lines: Vec<_> = cart.lines.iter().map(|line| (line.sku.as_str(), line.quantity.whole())).collect();
    assert_eq!((lines, cart.total.value), (vec![("mug", 3), ("tea", 1)], 83_600));
    problem(shop.get("/v1/cart?items=mug:999,mug:1").send().await.unwrap(), 422, "bad_quantity").await;
    problem(shop.get("/v1/cart?items=mug:1,mug:0").send().await.unwrap(), 422, "bad_quantity").await;

    let mug = |quantity| Item { sku: "mug".into(), quantity };
    let request = NewCheckout { items: vec![mug(1), mug(2)], amount: amount(74_700), ..two_mugs_and_a_tea() };
    three_mugs_are_shipped(&shop, &request).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lines_of_one_sku_are_shipped_by_their_pieces() {
    let shop = open_shop().await;
    let line = |name: &str, quantity: u32, unit_price: u32| json!({ "sku": "mug", "name": name, "quantity": quantity, "unit_price": unit_price, "vat_rate": 2500 });
    let cart = json!({
        "lines": [line("Mug, engraved Kari", 1, 20_000), line("Mug, engraved Ola", 2, 10_000)],
        "total": { "value": 40_000, "currency": "NOK" },
    });
    three_mugs_are_shipped(&shop, &checkout_of(signed(&shop, &cart), 40_000)).await;
    shop.close().await;
}

fn amount(value: i64) -> kvitt_wire::Amount {
    kvitt_wire::Amount { value, currency: kvitt_wire::Currency::Nok }
}
