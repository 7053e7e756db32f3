//! Invalid requests of a page: each is answered with a problem that has a stable code, and nothing is stored.

use kvitt_wire::{Amount, Currency, NewCheckout};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::shop::{SHOP_ORIGIN, Shop, problem, two_mugs_and_a_tea};

async fn refused(shop: &Shop, body: impl Into<reqwest::Body>, status: u16, code: &str) -> kvitt_wire::Problem {
    let request = shop.post("/v1/checkouts").header("origin", SHOP_ORIGIN).header("content-type", "application/json");
    problem(request.body(body).send().await.unwrap(), status, code).await
}

async fn nothing_was_stored(shop: Shop) {
    assert_eq!(shop.vipps.records().await.len(), 0);
    let metrics = shop.metrics().await;
    assert!(!metrics.contains("kvitt_checkouts{"), "{metrics}");
    shop.close().await;
}

#[tokio::test]
async fn invalid_orders_are_refused() {
    let shop = Shop::open().await;
    let changed = |path: &str, value: Value| {
        let mut body = serde_json::to_value(two_mugs_and_a_tea()).unwrap();
        *body.pointer_mut(path).unwrap() = value;
        body.to_string()
    };
    for (path, value, status, code) in [
        ("/items/0/sku", json!("cup"), 422, "unknown_sku"),
        ("/items/0/sku", json!("x".repeat(5_000)), 422, "unknown_sku"),
        ("/items/0/quantity", json!(0), 422, "bad_quantity"),
        ("/items/0/quantity", json!(1_000), 422, "bad_quantity"),
        ("/items/0/quantity", json!(4_000_000_000_u32), 422, "bad_quantity"),
        ("/items/0/quantity", json!(-1), 400, "malformed_json"),
        ("/items/0/quantity", json!(1.5), 400, "malformed_json"),
        ("/items", json!([]), 422, "empty_cart"),
        ("/amount/currency", json!("DKK"), 422, "wrong_currency"),
        ("/amount/currency", json!("XYZ"), 400, "malformed_json"),
        ("/amount/value", json!(58_700.5), 400, "malformed_json"),
        ("/amount/value", json!(-58_700), 409, "price_changed"),
        ("/terms_accepted", json!(false), 422, "terms_not_accepted"),
        ("/terms_accepted", json!("yes"), 400, "malformed_json"),
        ("/consent/wording", json!(""), 422, "bad_wording"),
        ("/consent/wording", json!("2025-01"), 422, "bad_wording"),
        ("/language", json!(1), 400, "malformed_json"),
        ("/return_url", json!("https://evil.example/"), 422, "bad_return_url"),
        ("/return_url", json!("https://shop.example@evil.example/"), 422, "bad_return_url"),
        ("/return_url", json!("https://user@shop.example/"), 422, "bad_return_url"),
        ("/return_url", json!("javascript:alert(1)"), 422, "bad_return_url"),
        ("/return_url", json!("/relative"), 422, "bad_return_url"),
    ] {
        refused(&shop, changed(path, value), status, code).await;
    }
    let many: Vec<_> = (0..101).map(|_| json!({ "sku": "mug", "quantity": 1 })).collect();
    refused(&shop, changed("/items", json!(many)), 422, "too_many_lines").await;
    // Items of one sku are added up.
    let heavy: Vec<_> = (0..3).map(|_| json!({ "sku": "mug", "quantity": 999 })).collect();
    refused(&shop, changed("/items", json!(heavy)), 422, "bad_quantity").await;
    let body = NewCheckout { sales_unit: Some("se".into()), ..two_mugs_and_a_tea() };
    refused(&shop, serde_json::to_string(&body).unwrap(), 422, "unknown_sales_unit").await;
    nothing_was_stored(shop).await;
}

#[tokio::test]
async fn unreadable_bodies_are_refused() {
    let shop = Shop::open().await;
    for body in ["", "{", "null", "[]", "\u{0}", "{\"items\": 1}"] {
        refused(&shop, body, 400, "malformed_json").await;
    }
    refused(&shop, "x".repeat(70_000), 413, "body_too_large").await;
    let text = shop.post("/v1/checkouts").header("content-type", "text/plain").body("{}").send().await.unwrap();
    problem(text, 415, "unsupported_media_type").await;
    let callback = shop.post("/callbacks/vipps/no").body("x".repeat(70_000)).send().await.unwrap();
    problem(callback, 413, "body_too_large").await;
    nothing_was_stored(shop).await;
}

#[tokio::test]
async fn a_changed_price_comes_with_the_new_cart() {
    let shop = Shop::open().await;
    let amount = Amount { value: 50_000, currency: Currency::Nok };
    let body = NewCheckout { amount, ..two_mugs_and_a_tea() };
    let problem = refused(&shop, serde_json::to_string(&body).unwrap(), 409, "price_changed").await;
    assert_eq!(problem.cart.unwrap(), shop.cart().await);
    nothing_was_stored(shop).await;
}

#[tokio::test]
async fn carts_without_a_price_are_refused() {
    let shop = Shop::open().await;
    for (query, status, code) in [
        ("", 400, "malformed_query"),
        ("?items=", 422, "empty_cart"),
        ("?items=mug", 422, "malformed_items"),
        ("?items=mug:many", 422, "bad_quantity"),
        ("?items=mug:0", 422, "bad_quantity"),
        ("?items=cup:1", 422, "unknown_sku"),
        ("?items=mug:1&sales_unit=se", 422, "unknown_sales_unit"),
    ] {
        problem(shop.get(&format!("/v1/cart{query}")).send().await.unwrap(), status, code).await;
    }
    nothing_was_stored(shop).await;
}

#[tokio::test]
async fn unknown_tokens_are_answered_404() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    let (id, secret) = order.seen.token.split_at(22);
    let forged = format!("{id}{}", secret.chars().rev().collect::<String>());
    for token in ["x", "..%2f..", &"A".repeat(44), &"A".repeat(5_000), &forged] {
        for path in ["", "/events"] {
            let response = shop.get(&format!("/v1/checkouts/{token}{path}")).send().await.unwrap();
            problem(response, 404, "not_found").await;
        }
        let url = format!("{}/v1/checkouts/{token}", shop.url);
        problem(shop.http.delete(&url).send().await.unwrap(), 404, "not_found").await;
        let attempt = shop.http.post(format!("{url}/attempts")).json(&json!({})).send().await.unwrap();
        problem(attempt, 404, "not_found").await;
    }
    shop.close().await;
}

#[tokio::test]
async fn foreign_origins_are_refused() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    for origin in ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"] {
        let answer =
            shop.post("/v1/checkouts").header("origin", origin).json(&two_mugs_and_a_tea()).send().await.unwrap();
        assert!(answer.headers().get("access-control-allow-origin").is_none());
        problem(answer, 403, "origin_not_allowed").await;
        let read = shop.get(&order.path()).header("origin", origin).send().await.unwrap();
        problem(read, 403, "origin_not_allowed").await;
    }
    for origin in [SHOP_ORIGIN, &shop.url] {
        let read = shop.get(&order.path()).header("origin", origin).send().await.unwrap();
        assert_eq!(read.status(), StatusCode::OK);
        assert_eq!(read.headers()["access-control-allow-origin"], origin);
    }
    let preflight = shop
        .http
        .request(reqwest::Method::OPTIONS, format!("{}/v1/checkouts", shop.url))
        .header("origin", SHOP_ORIGIN)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success());
    assert_eq!(preflight.headers()["access-control-allow-origin"], SHOP_ORIGIN);
    assert_eq!(shop.vipps.records().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_refused() {
    let shop = Shop::open().await;
    problem(shop.get("/nothing").send().await.unwrap(), 404, "not_found").await;
    for path in ["/v1/checkouts/%ff", "/v1/checkouts/%ff/events", "/callbacks/vipps/%ff"] {
        let method = if path.starts_with("/callbacks") { reqwest::Method::POST } else { reqwest::Method::GET };
        let response = shop.http.request(method, format!("{}{path}", shop.url)).send().await.unwrap();
        problem(response, 404, "not_found").await;
    }
    problem(shop.get("/index.html").send().await.unwrap(), 404, "not_found").await;
    problem(shop.get("/pkg/../Cargo.toml").send().await.unwrap(), 404, "not_found").await;
    let deleted = shop.http.delete(format!("{}/v1/cart", shop.url)).send().await.unwrap();
    problem(deleted, 405, "method_not_allowed").await;
    for path in ["/healthz", "/readyz", "/openapi.json", "/pages.css"] {
        let response = shop.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    nothing_was_stored(shop).await;
}
