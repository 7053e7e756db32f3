//! Carts as real shops have them: gift cards, returns, totals in whole kroner, decimal quantities, many long lines.

use kvitt_wire::{NewAttempt, Quantity, ShopCheckout, ShopOrder, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::backend::post_order;
use super::{amount_and_lines, mugs_and_freight, with};
use crate::shop::{Order, SHOP_ORIGIN, Shop, log, problem};

/// An order of the shop's backend, paid by the customer.
struct Sold<'a> {
    shop: &'a Shop,
    bearer: String,
    opened: ShopCheckout,
    order: Order<'a>,
}

impl<'a> Sold<'a> {
    async fn with(shop: &'a Shop, cart: &Value) -> Self {
        let bearer = shop.key("backend").await;
        let answer = post_order(shop, &bearer, "order-1", &json!({ "cart": cart, "language": "nb" })).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let opened: ShopCheckout = answer.json().await.unwrap();
        log::hide(&opened.token);
        let mut order = Order::of(shop, &opened.token).await;
        let pays = NewAttempt { terms_accepted: true, consent: None };
        order.seen = order.retries(&pays).await.json().await.unwrap();
        shop.vipps.approves(order.reference()).await;
        order.becomes(State::Authorized).await;
        Self { shop, bearer, opened, order }
    }

    async fn page(&self) -> String {
        let url = self.opened.url.replace("/pay/", "/return/");
        self.shop.http.get(url).send().await.unwrap().text().await.unwrap()
    }

    async fn shown(&self) -> ShopOrder {
        let path = format!("/v1/shop/orders/{}", self.order.reference());
        self.shop.get(&path).bearer_auth(&self.bearer).send().await.unwrap().json().await.unwrap()
    }

    async fn captures(&self, key: &str, amount: i64, lines: Value) -> Response {
        let path = format!("/v1/shop/orders/{}/capture", self.order.reference());
        let body = json!({ "amount": { "value": amount, "currency": "NOK" }, "lines": lines });
        let request = self.shop.post(&path).bearer_auth(&self.bearer).header("idempotency-key", key);
        request.json(&body).send().await.unwrap()
    }

    async fn captures_all(&self, amount: i64, lines: Value) {
        let answer = self.captures("all", amount, lines).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let record = self.shop.vipps.record(self.order.reference()).await;
        assert_eq!(record["aggregate"]["capturedAmount"]["value"], amount);
    }
}

#[tokio::test]
async fn a_gift_card_pays_a_part_and_the_vat_stays_whole() {
    let shop = Shop::open().await;
    let cart = with(mugs_and_freight(), "/payment_sources", json!({ "gift_card": 20_000, "voucher": 700 }));
    let sold = Sold::with(&shop, &with(cart.clone(), "/total/value", json!(38_000))).await;
    let record = shop.vipps.record(sold.order.reference()).await;
    assert_eq!(record["request"]["amount"]["value"], 38_000);
    let receipt = &record["request"]["receipt"];
    assert_eq!(receipt["bottomLine"]["paymentSources"], json!({ "giftCard": 20_000, "voucher": 700 }));
    let vat: i64 =
        receipt["orderLines"].as_array().unwrap().iter().map(|line| line["totalTaxAmount"].as_i64().unwrap()).sum();
    assert_eq!((vat, sold.order.seen.cart.vat, sold.order.seen.cart.paid_otherwise()), (11_740, 11_740, 20_700));
    let page = sold.page().await;
    assert!(page.contains("Gavekort eller annen betaling") && page.contains("−207,00\u{a0}kr"), "{page}");
    assert_eq!(sold.shown().await.payment_sources.gift_card, 20_000);
    sold.captures_all(38_000, json!([{ "sku": "mug", "quantity": 2 }, { "sku": "freight", "quantity": 1 }])).await;

    let unpaid = json!({ "cart": cart });
    problem(post_order(&shop, &sold.bearer, "order-2", &unpaid).await, 422, "cart_lines_mismatch").await;
    let negative = with(unpaid, "/cart/payment_sources/gift_card", json!(-1));
    problem(post_order(&shop, &sold.bearer, "order-2", &negative).await, 422, "bad_payment_sources").await;
    shop.close().await;
}

#[tokio::test]
async fn a_return_is_a_negative_line() {
    let shop = Shop::open().await;
    let mut cart = with(mugs_and_freight(), "/total/value", json!(48_700));
    let bowl = json!({ "sku": "bowl", "name": "Retur: bolle", "quantity": 2, "unit_price": -5_000, "vat_rate": 2500 });
    cart["lines"].as_array_mut().unwrap().push(bowl);
    let sold = Sold::with(&shop, &cart).await;
    let (amount, lines) = amount_and_lines(&shop, sold.order.reference()).await;
    assert_eq!(amount, 48_700);
    let returned = &lines[2];
    assert_eq!((&returned["isReturn"], &returned["totalAmount"]), (&json!(true), &json!(10_000)));
    assert_eq!((&returned["totalTaxAmount"], &returned["unitInfo"]["unitPrice"]), (&json!(2_000), &json!(5_000)));
    assert_eq!(sold.order.seen.cart.vat, 9_740, "the VAT of what comes back is taken off");
    let page = sold.page().await;
    assert!(page.contains("−100,00\u{a0}kr"), "{page}");
    let all =
        json!([{ "sku": "mug", "quantity": 2 }, { "sku": "freight", "quantity": 1 }, { "sku": "bowl", "quantity": 2 }]);
    sold.captures_all(48_700, all).await;
    shop.close().await;
}

#[tokio::test]
async fn a_total_is_rounded_to_whole_kroner_on_a_line() {
    let shop = Shop::open().await;
    let cart = with(mugs_and_freight(), "/lines/1/unit_price", json!(9_850));
    let cart = with(cart, "/rounding", json!("line"));
    let sold = Sold::with(&shop, &with(cart.clone(), "/total/value", json!(58_700))).await;
    let (amount, lines) = amount_and_lines(&shop, sold.order.reference()).await;
    let rounding = &lines[2];
    assert_eq!((amount, &rounding["name"], &rounding["totalAmount"]), (58_700, &json!("Avrunding"), &json!(50)));
    let more = json!({ "cart": with(cart, "/total/value", json!(58_701)) });
    problem(post_order(&shop, &sold.bearer, "order-2", &more).await, 422, "cart_lines_mismatch").await;
    shop.close().await;
}

#[tokio::test]
async fn a_quantity_may_have_decimals_and_is_captured_in_parts() {
    let shop = Shop::open().await;
    let cheese = json!({
        "sku": "cheese", "name": "Brunost", "quantity": "1.25", "unit": "kg", "unit_price": 19_900, "vat_rate": 1500,
    });
    let cart = json!({ "lines": [cheese], "total": { "value": 24_875, "currency": "NOK" } });
    let sold = Sold::with(&shop, &cart).await;
    let (amount, lines) = amount_and_lines(&shop, sold.order.reference()).await;
    assert_eq!(amount, 24_875);
    assert_eq!(lines[0]["unitInfo"], json!({ "unitPrice": 19_900, "quantity": "1.25", "quantityUnit": "KG" }));
    assert!(sold.page().await.contains("1,25\u{a0}kg × Brunost"));

    let some = |quantity: Value| json!([{ "sku": "cheese", "quantity": quantity }]);
    assert_eq!(sold.captures("half", 9_950, some(json!("0.5"))).await.status(), StatusCode::OK);
    problem(sold.captures("more", 9_950, some(json!(1))).await, 409, "exceeds_what_was_ordered").await;
    problem(sold.captures("float", 9_950, some(json!(0.5))).await, 400, "malformed_json").await;
    problem(sold.captures("none", 9_950, some(json!("0"))).await, 422, "bad_lines").await;
    assert_eq!(sold.captures("rest", 14_925, some(json!("0.75"))).await.status(), StatusCode::OK);
    let operations = &sold.shown().await.attempts[0].operations;
    let captured: Vec<_> = operations.iter().map(|operation| operation.lines[0].quantity).collect();
    assert_eq!(captured, ["0.5", "0.75"].map(|text| text.parse::<Quantity>().unwrap()));

    for wrong in [json!(1.25), json!("1,25"), json!("1.2345"), json!("two"), json!(-1)] {
        let body = json!({ "cart": with(cart.clone(), "/lines/0/quantity", wrong) });
        problem(post_order(&shop, &sold.bearer, "order-2", &body).await, 400, "malformed_json").await;
    }
    shop.close().await;
}

#[tokio::test]
async fn a_backend_s_cart_may_be_larger_than_other_bodies() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let url = format!("{SHOP_ORIGIN}/{}", "a".repeat(1_900));
    let cup = json!({ "name": "Krus", "quantity": 1, "unit_price": 100, "vat_rate": 2500, "url": url });
    let lines: Vec<_> = (0..100).map(|nth| with(cup.clone(), "/sku", json!(format!("a{nth}")))).collect();
    let cart = json!({ "lines": lines, "total": { "value": 10_000, "currency": "NOK" } });
    let body = json!({ "cart": cart });
    assert!(body.to_string().len() > 3 * 65_536);
    assert_eq!(post_order(&shop, &bearer, "order-1", &body).await.status(), StatusCode::CREATED);
    let request = shop.post("/v1/shop/payment-requests").bearer_auth(&bearer).header("idempotency-key", "request-1");
    assert_eq!(request.json(&body).send().await.unwrap().status(), StatusCode::CREATED);
    let page = shop.post("/v1/checkouts").json(&body).send().await.unwrap();
    problem(page, 413, "body_too_large").await;
    let huge = json!({ "cart": "x".repeat(1_100_000) });
    problem(post_order(&shop, &bearer, "order-2", &huge).await, 413, "body_too_large").await;
    shop.close().await;
}
