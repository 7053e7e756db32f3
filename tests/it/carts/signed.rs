//! Signed carts in the shop's page: a valid one is paid at its prices, any other is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kvitt_wire::{Amount, Cart, Currency, NewCheckout, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{amount_and_lines, mugs_and_freight, with};
use crate::shop::{PHONE_NUMBER, SHOP_ORIGIN, Shop, log, problem, two_mugs_and_a_tea};

const SECRET: &str = "a secret of the scenarios, of 32 bytes or more";
const NEW_SECRET: &str = "another secret of the scenarios, as long as it";
/// Two keys for every sales unit, and one for Denmark only.
pub(crate) const KEYS: &str = r#"cart_key = [
    { name = "2026-11", secret = "a secret of the scenarios, of 32 bytes or more" },
    { name = "2026-12", secret = "another secret of the scenarios, as long as it" },
    { name = "dk", secret = "a secret of the scenarios, of 32 bytes or more", sales_unit = "dk" },
]"#;

pub(crate) async fn open_shop() -> Shop {
    open_shop_with(KEYS).await
}

/// A shop with cart keys and more options.
pub(crate) async fn open_shop_with_options(extra: &str) -> Shop {
    open_shop_with(&format!("{extra}\n{KEYS}")).await
}

async fn open_shop_with(extra: &str) -> Shop {
    log::hide(SECRET);
    log::hide(NEW_SECRET);
    Shop::open_with(extra).await
}

/// A compact JWS, made without a library, as a shop could.
fn jws(secret: &str, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn header(kid: &str) -> Value {
    json!({ "alg": "HS256", "kid": kid, "typ": "kvitt-cart+jwt" })
}

fn claims(shop: &Shop, cart: &Value) -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({ "aud": shop.url, "iat": now, "exp": now + 3_600, "cart": cart })
}

/// A cart as the shop signs it.
pub(crate) fn signed(shop: &Shop, cart: &Value) -> String {
    jws(SECRET, &header("2026-11"), &claims(shop, cart))
}

pub(crate) fn checkout_of(signed_cart: String, value: i64) -> NewCheckout {
    let amount = Amount { value, currency: Currency::Nok };
    NewCheckout { items: Vec::new(), signed_cart: Some(signed_cart), amount, ..two_mugs_and_a_tea() }
}

async fn preview(shop: &Shop, signed_cart: &str) -> Response {
    let request = shop.post("/v1/cart").header("origin", SHOP_ORIGIN);
    request.json(&json!({ "signed_cart": signed_cart })).send().await.unwrap()
}

#[tokio::test]
async fn a_signed_cart_is_paid_at_the_shop_s_prices() {
    let shop = open_shop().await;
    let cart = signed(&shop, &mugs_and_freight());
    let seen: Cart = preview(&shop, &cart).await.json().await.unwrap();
    assert_eq!((seen.total.value, seen.vat, seen.lines.len()), (58_700, 11_740, 2));
    let mut order = shop.order(&checkout_of(cart, 58_700)).await;
    assert_eq!(order.seen.cart, seen, "the customer pays the cart that was shown");
    let (amount, lines) = amount_and_lines(&shop, order.reference()).await;
    assert_eq!((amount, lines.len()), (58_700, 2));
    assert_eq!((&lines[0]["totalAmount"], &lines[0]["discount"]), (&json!(48_800), &json!(1_000)));
    assert_eq!((&lines[0]["productUrl"], &lines[0]["isShipping"]), (&json!("https://shop.example/mug"), &Value::Null));
    assert_eq!(lines[0]["unitInfo"], json!({ "unitPrice": 24_900, "quantity": "2", "quantityUnit": "PCS" }));
    assert_eq!((&lines[1]["isShipping"], &lines[1]["discount"]), (&json!(true), &Value::Null));
    shop.vipps.approves(order.reference()).await;
    let paid = order.becomes(State::Authorized).await;
    assert_eq!((paid.aggregate.authorized, paid.cart.lines[1].shipping), (58_700, true));
    assert!(!PHONE_NUMBER.is_empty());
    shop.close().await;
}

#[tokio::test]
async fn a_rounding_difference_becomes_a_line_that_the_app_accepts() {
    let shop = open_shop().await;
    for (total, rounding) in [(58_701, 1), (58_698, -2)] {
        let cart = with(with(mugs_and_freight(), "/total/value", json!(total)), "/rounding", json!("line"));
        let order = shop.order(&checkout_of(signed(&shop, &cart), total)).await;
        assert_eq!(order.seen.cart.lines[2].total, rounding);
        let (amount, lines) = amount_and_lines(&shop, order.reference()).await;
        assert_eq!(amount, total);
        let returned = if rounding < 0 { json!(true) } else { Value::Null };
        assert_eq!((&lines[2]["totalAmount"], &lines[2]["isReturn"]), (&json!(rounding.abs()), &returned));
        assert_eq!((&lines[2]["name"], &lines[2]["totalTaxAmount"]), (&json!("Avrunding"), &json!(0)));
    }
    shop.close().await;
}

#[tokio::test]
async fn sums_that_do_not_add_up_are_refused_with_the_difference() {
    let shop = open_shop().await;
    for (pointer, value, code, says) in [
        ("/total/value", json!(58_699), "cart_lines_mismatch", "a difference of -1 minor units"),
        ("/lines/0/total", json!(48_803), "line_total_mismatch", "a difference of 3 minor units"),
        ("/lines/0/vat", json!(12_200), "bad_vat", "\"mug\""),
        ("/lines/0/vat_rate", json!(10_001), "bad_line", "vat_rate"),
        ("/lines/0/unit_price", json!(-24_900), "bad_line", "unit_price"),
        ("/lines/0/discount", json!(i64::MAX), "bad_line", "discount"),
        ("/lines", json!([]), "empty_cart", ""),
        ("/total/currency", json!("DKK"), "wrong_currency", ""),
        ("/sales_unit", json!("dk"), "wrong_currency", ""),
        ("/sales_unit", json!("se"), "unknown_sales_unit", ""),
    ] {
        let cart = with(mugs_and_freight(), pointer, value);
        let refused = problem(preview(&shop, &signed(&shop, &cart)).await, 422, code).await;
        assert!(refused.detail.unwrap_or_default().contains(says), "{pointer}");
    }
    // Too much for a rounding difference.
    let cart = with(with(mugs_and_freight(), "/total/value", json!(58_751)), "/rounding", json!("line"));
    problem(preview(&shop, &signed(&shop, &cart)).await, 422, "cart_lines_mismatch").await;
    shop.close().await;
}

#[tokio::test]
async fn a_cart_that_the_shop_did_not_sign_is_refused() {
    let shop = open_shop().await;
    let good = claims(&shop, &mugs_and_freight());
    let now = jiff::Timestamp::now().as_second();
    let cheap = with(with(good.clone(), "/cart/lines/0/unit_price", json!(500)), "/cart/total/value", json!(9_900));
    let own = jws(SECRET, &header("2026-11"), &good);
    let (signed, signature) = own.rsplit_once('.').unwrap();
    let payload = URL_SAFE_NO_PAD.encode(cheap.to_string());
    let tampered = format!("{}.{payload}.{signature}", signed.split_once('.').unwrap().0);
    let none = jws(SECRET, &with(header("2026-11"), "/alg", json!("none")), &good);
    let bare = format!("{}.", none.rsplit_once('.').unwrap().0);
    let made = |change: &Value| jws(SECRET, &header("2026-11"), change);
    for (jws, code) in [
        (tampered, "cart_signature_invalid"),
        (bare, "cart_signature_invalid"),
        (none, "cart_signature_invalid"),
        (jws(NEW_SECRET, &header("2026-11"), &good), "cart_signature_invalid"),
        (jws(SECRET, &header("2025-01"), &good), "unknown_cart_key"),
        (jws(SECRET, &header("dk"), &good), "unknown_cart_key"),
        (jws(SECRET, &with(header("2026-11"), "/typ", json!("JWT")), &good), "malformed_signed_cart"),
        (jws(SECRET, &with(header("2026-11"), "/crit", json!(["b64"])), &good), "malformed_signed_cart"),
        (made(&with(good.clone(), "/exp", json!(now - 61))), "cart_expired"),
        (made(&with(good.clone(), "/exp", json!(now + 2 * 86_400))), "cart_lives_too_long"),
        (made(&with(good.clone(), "/nbf", json!(now + 600))), "cart_not_yet_valid"),
        (made(&with(good.clone(), "/aud", json!("https://pay-test.shop.example"))), "wrong_cart_audience"),
        ("mug:2".to_owned(), "malformed_signed_cart"),
    ] {
        problem(preview(&shop, &jws).await, 422, code).await;
        let opened = shop.post("/v1/checkouts").json(&checkout_of(jws, 58_700)).send().await.unwrap();
        problem(opened, 422, code).await;
    }
    let both = NewCheckout { items: two_mugs_and_a_tea().items, ..checkout_of(own.clone(), 58_700) };
    problem(shop.post("/v1/checkouts").json(&both).send().await.unwrap(), 422, "items_and_signed_cart").await;
    let danish = NewCheckout { sales_unit: Some("dk".into()), ..checkout_of(own.clone(), 58_700) };
    problem(shop.post("/v1/checkouts").json(&danish).send().await.unwrap(), 422, "wrong_sales_unit").await;
    let changed = shop.post("/v1/checkouts").json(&checkout_of(own, 9_900)).send().await.unwrap();
    let changed = problem(changed, 409, "price_changed").await;
    assert_eq!(changed.cart.unwrap().total.value, 58_700, "a new price is refused here too");
    assert_eq!(shop.vipps.records().await.len(), 0);
    shop.close().await;
}

#[tokio::test]
async fn two_cart_keys_are_valid_during_a_rotation() {
    let shop = open_shop().await;
    let claims = claims(&shop, &mugs_and_freight());
    for (secret, kid) in [(SECRET, "2026-11"), (NEW_SECRET, "2026-12")] {
        let order = shop.order(&checkout_of(jws(secret, &header(kid), &claims), 58_700)).await;
        assert_eq!(amount_and_lines(&shop, order.reference()).await.0, 58_700, "{kid}");
    }
    shop.close().await;
    let one = r#"cart_key = [{ name = "2026-12", secret = "another secret of the scenarios, as long as it" }]"#;
    let shop = open_shop_with(one).await;
    let claims = self::claims(&shop, &mugs_and_freight());
    problem(preview(&shop, &jws(SECRET, &header("2026-11"), &claims)).await, 422, "unknown_cart_key").await;
    assert_eq!(preview(&shop, &jws(NEW_SECRET, &header("2026-12"), &claims)).await.status(), StatusCode::OK);
    shop.close().await;
}

#[tokio::test]
async fn a_sales_unit_s_key_signs_for_that_unit_only() {
    let shop = open_shop().await;
    let cart = with(with(mugs_and_freight(), "/sales_unit", json!("dk")), "/total/currency", json!("DKK"));
    let cart = jws(SECRET, &header("dk"), &claims(&shop, &cart));
    let amount = Amount { value: 58_700, currency: Currency::Dkk };
    let order = shop.order(&NewCheckout { amount, ..checkout_of(cart, 58_700) }).await;
    assert_eq!(order.seen.cart.sales_unit, "dk");
    assert_eq!(shop.vipps.record(order.reference()).await["request"]["amount"]["currency"], "DKK");
    shop.close().await;
}

#[tokio::test]
async fn a_form_may_carry_a_signed_cart() {
    let shop = open_shop().await;
    let cart = signed(&shop, &mugs_and_freight());
    let fields = [("signed_cart", cart.as_str()), ("amount", "58700"), ("currency", "NOK"), ("terms_accepted", "yes")];
    let led = shop.post("/pay").header("origin", SHOP_ORIGIN).form(&fields).send().await.unwrap();
    assert_eq!(led.status(), StatusCode::SEE_OTHER);
    let record = shop.vipps.records().await.remove(0);
    assert_eq!(record["request"]["amount"]["value"], 58_700);
    let (content, signature) = cart.rsplit_once('.').unwrap();
    let tampered = format!("{content}.{}", signature.chars().rev().collect::<String>());
    let fields = [("signed_cart", tampered.as_str()), fields[1], fields[2], fields[3]];
    let refused = shop.post("/pay").header("origin", SHOP_ORIGIN).form(&fields).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("cart_signature_invalid"));
    shop.close().await;
}

#[tokio::test]
async fn a_shop_without_a_catalogue_accepts_signed_carts_only() {
    let shop = open_shop_with(&format!("{KEYS}\n# no catalogue")).await;
    problem(shop.get("/v1/cart?items=mug:1").send().await.unwrap(), 422, "unknown_sku").await;
    assert_eq!(preview(&shop, &signed(&shop, &mugs_and_freight())).await.status(), StatusCode::OK);
    shop.close().await;
}

#[tokio::test]
async fn an_order_of_a_signed_cart_ends_with_the_cart() {
    let shop = open_shop().await;
    let expiring = |in_s: i64| {
        let exp = jiff::Timestamp::now().as_second() + in_s;
        let claims = with(claims(&shop, &mugs_and_freight()), "/exp", json!(exp));
        (jws(SECRET, &header("2026-11"), &claims), exp)
    };
    // The shop's clock may be a minute behind, but nobody tries again at a price that is over.
    let (cart, _) = expiring(-30);
    let mut order = shop.order(&checkout_of(cart, 58_700)).await;
    shop.vipps.customer("reject", order.reference()).await;
    order.becomes(State::Aborted).await;
    let again = kvitt_wire::NewAttempt { terms_accepted: true, consent: None };
    problem(order.retries(&again).await, 409, "offer_ended").await;
    // The order that a phone may scan.
    let (cart, exp) = expiring(120);
    let open = NewCheckout { open: true, terms_accepted: false, consent: None, ..checkout_of(cart, 58_700) };
    assert_eq!(shop.order(&open).await.seen.expires_at_ms, exp * 1000);
    // A cart that is valid for longer than an order of a page.
    let (cart, _) = expiring(86_400);
    let long = shop.stored(&shop.order(&checkout_of(cart, 58_700)).await).await;
    let payable_ms = long.payable_until().0 - long.created_at.0;
    assert!((14_390_000..=14_400_000).contains(&payable_ms), "four hours: {payable_ms}");
    shop.close().await;
}
