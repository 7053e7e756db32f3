//! The shop's backend opens an order, and a page pays it by its token.

use kvitt_wire::{ConsentGiven, Language, NewAttempt, ShopCheckout, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::{amount_and_lines, mugs_and_freight, with};
use crate::shop::{Order, SHOP_ORIGIN, Shop, log, problem};

pub(super) async fn post_order(shop: &Shop, bearer: &str, key: &str, body: &Value) -> Response {
    let request = shop.post("/v1/shop/checkouts").bearer_auth(bearer).header("idempotency-key", key);
    request.json(body).send().await.unwrap()
}

#[tokio::test]
async fn an_order_of_the_backend_is_paid_by_its_token() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let body = json!({
        "cart": mugs_and_freight(), "language": "nb", "return_url": format!("{SHOP_ORIGIN}/thanks"),
        "description": "Ordre 1001", "expires_in_s": 600,
    });
    let answer = post_order(&shop, &bearer, "order-1001", &body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let opened: ShopCheckout = answer.json().await.unwrap();
    assert_eq!(opened.url, format!("{}/pay/{}", shop.url, opened.token));
    assert_eq!(shop.vipps.records().await.len(), 0, "no payment before the customer pays");

    let mut order = Order::of(&shop, &opened.token).await;
    assert_eq!((order.seen.state, order.seen.cart.total.value), (State::Open, 58_700));
    assert_eq!(order.seen.expires_at_ms, opened.expires_at_ms);
    // The widget speaks another language than the order.
    let consent = Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: Some(Language::Da) });
    let hasty = order.retries(&NewAttempt { terms_accepted: false, consent: consent.clone() }).await;
    problem(hasty, 422, "terms_not_accepted").await;
    let answer = order.retries(&NewAttempt { terms_accepted: true, consent }).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    order.seen = answer.json().await.unwrap();
    assert_eq!((order.seen.state, order.reference()), (State::Created, opened.reference.as_str()));

    let (amount, lines) = amount_and_lines(&shop, order.reference()).await;
    assert_eq!((amount, lines.len()), (58_700, 2));
    let request = shop.vipps.record(order.reference()).await["request"].clone();
    assert_eq!(
        (&request["paymentDescription"], &request["profile"]["scope"]),
        (&json!("Ordre 1001"), &json!("phoneNumber"))
    );
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let stored = shop.stored(&order).await.attempts.remove(0).consent.unwrap();
    assert_eq!(stored.language, Language::Da, "the text is the one that was shown");
    assert!(stored.text.unwrap().starts_with("Del mit telefonnummer med"));
    shop.close().await;
}

#[tokio::test]
async fn a_repeated_request_opens_one_order() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let body = json!({ "cart": mugs_and_freight() });
    let first: ShopCheckout = post_order(&shop, &bearer, "order-1", &body).await.json().await.unwrap();
    let again = post_order(&shop, &bearer, "order-1", &body).await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<ShopCheckout>().await.unwrap(), first);
    let other = json!({ "cart": mugs_and_freight(), "description": "Another" });
    problem(post_order(&shop, &bearer, "order-1", &other).await, 422, "idempotency_key_reused").await;
    let second: ShopCheckout = post_order(&shop, &bearer, "order-2", &body).await.json().await.unwrap();
    assert_ne!((second.token, second.reference), (first.token, first.reference));
    shop.close().await;
}

#[tokio::test]
async fn a_shop_decides_whether_it_asks_for_the_number() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let body = json!({ "cart": mugs_and_freight(), "asks_phone_number": false });
    let opened: ShopCheckout = post_order(&shop, &bearer, "order-1", &body).await.json().await.unwrap();
    let mut order = Order::of(&shop, &opened.token).await;
    assert!(!order.seen.cart.asks_phone_number);
    let consent = Some(ConsentGiven { wording: kvitt_wire::CONSENT_WORDING.into(), language: None });
    order.seen = order.retries(&NewAttempt { terms_accepted: true, consent }).await.json().await.unwrap();
    let record = shop.vipps.record(order.reference()).await;
    assert_eq!(record["request"]["profile"], Value::Null, "a page cannot request more than the shop does");
    shop.close().await;
}

#[tokio::test]
async fn an_invalid_cart_is_refused_and_opens_nothing() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let good = json!({ "cart": mugs_and_freight() });
    for (pointer, value, status, code) in [
        ("/cart/total/value", json!(58_701), 422, "cart_lines_mismatch"),
        ("/cart/lines/0/total", json!(1), 422, "line_total_mismatch"),
        ("/cart/lines/0/quantity", json!("two"), 400, "malformed_json"),
        ("/cart/lines/0/discuont", json!(1), 400, "malformed_json"),
        ("/cart/sales_unit", json!("se"), 422, "unknown_sales_unit"),
        ("/cart/sales_unit", json!("dk"), 422, "wrong_currency"),
        ("/return_url", json!("https://evil.example/"), 422, "bad_return_url"),
        ("/description", json!("ab"), 422, "bad_description"),
        ("/description", json!("a\u{0}b\u{0}c"), 422, "bad_description"),
        ("/expires_in_s", json!(59), 422, "bad_expiry"),
        ("/expires_in_s", json!(15_552_001), 422, "bad_expiry"),
        ("/expires_in_s", json!(-1), 400, "malformed_json"),
    ] {
        problem(post_order(&shop, &bearer, "order-1", &with(good.clone(), pointer, value)).await, status, code).await;
    }
    let keyless = shop.post("/v1/shop/checkouts").bearer_auth(&bearer).json(&good).send().await.unwrap();
    problem(keyless, 400, "idempotency_key_required").await;
    problem(post_order(&shop, "kvitt_abcdefgh_no", "order-1", &good).await, 401, "unauthorized").await;
    let metrics = shop.metrics().await;
    assert!(!metrics.contains("kvitt_checkouts{"), "{metrics}");
    shop.close().await;
}

#[tokio::test]
async fn an_order_speaks_the_language_that_is_nearest_to_the_tag() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    for (tag, heading) in [("nb_NO", "Å betale"), ("nn", "Å betale"), ("DA", "At betale"), ("de-AT", "To pay")] {
        let body = json!({ "cart": mugs_and_freight(), "language": tag });
        let opened: ShopCheckout = post_order(&shop, &bearer, tag, &body).await.json().await.unwrap();
        let page = shop.http.get(&opened.url).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(heading), "{tag}: {page}");
        log::hide(&opened.token);
    }
    shop.close().await;
}

#[tokio::test]
async fn texts_are_counted_in_characters_and_a_long_description_is_cut_at_a_word() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let named = with(mugs_and_freight(), "/lines/0/name", json!("Blåbær ".repeat(28).trim()));
    let described = json!({ "cart": named.clone(), "description": "Rød grøt og fløte ".repeat(7) });
    for (key, body) in [("names", json!({ "cart": named })), ("description", described)] {
        let opened: ShopCheckout = post_order(&shop, &bearer, key, &body).await.json().await.unwrap();
        let mut order = Order::of(&shop, &opened.token).await;
        let pays = NewAttempt { terms_accepted: true, consent: None };
        order.seen = order.retries(&pays).await.json().await.unwrap();
        assert_eq!(order.seen.state, State::Created, "Vipps MobilePay accepts it");
        let record = shop.vipps.record(order.reference()).await;
        let shown = record["request"]["paymentDescription"].as_str().unwrap();
        assert!(shown.chars().count() <= 100 && shown.ends_with('…') && !shown.ends_with(" …"), "{shown}");
        let last = shown.trim_end_matches('…').rsplit(' ').next().unwrap();
        assert!(["Blåbær", "Rød", "grøt", "og", "fløte"].contains(&last), "a whole word: {shown}");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_refusal_names_the_field_and_what_was_expected() {
    let shop = Shop::open().await;
    let bearer = shop.key("backend").await;
    let good = json!({ "cart": mugs_and_freight() });
    for (pointer, value, says) in [
        ("/cart/lines/0/vat", json!(9_000), "9760"),
        ("/cart/lines/1/vat_rate", json!(25), "25 % is 2500"),
        ("/cart/lines/0/unit_price", json!(24_900.0), "cart.lines[0].unit_price"),
        ("/cart/lines/0/name", json!("Krus\nmed hank"), "name"),
    ] {
        let answer = post_order(&shop, &bearer, "order-1", &with(good.clone(), pointer, value)).await;
        let problem: kvitt_wire::Problem = answer.json().await.unwrap();
        let detail = problem.detail.unwrap();
        assert!(detail.contains(says), "{pointer}: {detail}");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_key_of_one_sales_unit_opens_for_no_other() {
    let shop = Shop::open().await;
    let danish = shop.key_of("backend", Some("dk")).await;
    let good = json!({ "cart": with(mugs_and_freight(), "/sales_unit", json!("no")) });
    problem(post_order(&shop, &danish, "order-1", &good).await, 422, "unknown_sales_unit").await;
    let own = json!({ "cart": with(mugs_and_freight(), "/total/currency", json!("DKK")) });
    let opened: ShopCheckout = post_order(&shop, &danish, "order-1", &own).await.json().await.unwrap();
    assert_eq!(
        Order::of(&shop, &opened.token).await.seen.cart.sales_unit,
        "dk",
        "the key's own sales unit is the default"
    );
    shop.close().await;
}
