use kvitt_wire::Cart;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::shop::tests::CONFIG;
use super::*;

const KEY: &str = "secret-of-the-seed-with-32-bytes-or-more";
const NOW: Moment = Moment(1_800_000_000_000);

fn mac(key: &[u8], signed: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(signed.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn signed_with(key: &str, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(payload));
    format!("{signed}.{}", mac(key.as_bytes(), &signed))
}

fn header() -> Value {
    json!({ "alg": "HS256", "kid": "2026-11", "typ": TYP })
}

fn payload() -> Value {
    let line = json!({ "sku": "mug", "name": "Krus", "quantity": 2, "unit_price": 24_900, "vat_rate": 2500 });
    let cart = json!({ "lines": [line], "total": { "value": 49_800, "currency": "NOK" } });
    json!({ "aud": "https://pay.shop.example", "exp": NOW.0 / 1000 + 600, "cart": cart })
}

fn with(mut value: Value, pointer: &str, change: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = change;
    value
}

fn checked(jws: &str) -> Result<Cart, CartError> {
    from_signed(&CONFIG.shop, &CONFIG.sales_units, jws, None, NOW).map(|priced| priced.cart)
}

fn refusal(jws: &str) -> SignedCartError {
    match checked(jws) {
        Err(CartError::Signed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_vector_of_rfc_7515_verifies() {
    // RFC 7515, appendix A.1.
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = URL_SAFE_NO_PAD.decode(key).unwrap();
    let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                  cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    assert!(is_valid(&key, signed, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    assert!(!is_valid(&key, signed, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXg"));
    assert!(!is_valid(&key, signed, ""), "nor is a part of it enough");
}

#[test]
fn a_signed_cart_is_accepted() {
    let cart = checked(&signed_with(KEY, &header(), &payload())).unwrap();
    assert_eq!((cart.total.value, cart.vat, cart.sales_unit.as_str()), (49_800, 9_960, "no"));
}

#[test]
fn a_wrong_field_is_named() {
    let float = with(payload(), "/cart/lines/0/unit_price", json!(24_900.0));
    match refusal(&signed_with(KEY, &header(), &float)) {
        SignedCartError::Malformed(why) => assert!(why.contains("cart.lines[0].unit_price"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    for (change, why) in [
        (with(header(), "/alg", json!("none")), "BadSignature"),
        (with(header(), "/alg", json!("RS256")), "BadSignature"),
        (with(header(), "/alg", json!("hs256")), "BadSignature"),
        (with(header(), "/alg", json!("HS512")), "BadSignature"),
        (with(header(), "/typ", json!("JWT")), "Malformed"),
        (with(header(), "/crit", json!(["exp"])), "Malformed"),
        (with(header(), "/b64", json!(false)), "Malformed"),
        (with(header(), "/jwk", json!({ "kty": "oct", "k": "AAAA" })), "Malformed"),
        (with(header(), "/kid", json!("2026-12")), "UnknownKey"),
        (with(header(), "/kid", json!("")), "UnknownKey"),
        (with(header(), "/kid", json!(1)), "Malformed"),
        (json!({ "alg": "HS256", "typ": TYP }), "Malformed"),
        (json!([]), "Malformed"),
    ] {
        let found = refusal(&signed_with(KEY, &change, &payload()));
        assert!(format!("{found:?}").starts_with(why), "{change}: {found:?}");
    }
    let unsigned = signed_with(KEY, &with(header(), "/alg", json!("none")), &payload());
    let unsigned = &unsigned[..=unsigned.rfind('.').unwrap()];
    assert!(matches!(refusal(unsigned), SignedCartError::BadSignature(_)));
}

#[test]
fn a_key_signs_under_its_own_name_and_for_its_own_sales_unit() {
    let other = "secret-of-the-seed-for-one-sales-unit";
    assert!(matches!(refusal(&signed_with(other, &header(), &payload())), SignedCartError::BadSignature(_)));
    let own = with(header(), "/kid", json!("of-no"));
    assert!(checked(&signed_with(other, &own, &payload())).is_ok());
    let foreign = with(header(), "/kid", json!("of-dk"));
    let found = refusal(&signed_with("secret-of-the-seed-for-another-unit-", &foreign, &payload()));
    assert_eq!(found, SignedCartError::KeyForOtherUnit("no".into()));
    let jws = signed_with(KEY, &header(), &payload());
    let sales_unit_of = |unit| {
        from_signed(&CONFIG.shop, &CONFIG.sales_units, &jws, Some(unit), NOW).map(|priced| priced.unit.name.clone())
    };
    assert_eq!(sales_unit_of("no").unwrap(), "no");
    assert_eq!(sales_unit_of("dk"), Err(SignedCartError::OtherSalesUnit("no".into()).into()));
}

#[test]
fn times_and_audience_are_checked() {
    let at = |name: &str, seconds: i64| {
        let change = json!(NOW.0 / 1000 + seconds);
        checked(&signed_with(KEY, &header(), &with(payload(), &format!("/{name}"), change)))
    };
    // The clocks may be a minute apart.
    assert!(at("exp", -59).is_ok() && at("exp", 86_400 + 60).is_ok());
    assert_eq!(at("exp", -60), Err(SignedCartError::Expired { ago_ms: 60_000 }.into()));
    assert_eq!(at("exp", 86_400 + 61), Err(SignedCartError::LifetimeTooLong { max_ms: 86_400_000 }.into()));
    for name in ["nbf", "iat"] {
        assert!(at(name, 60).is_ok() && at(name, -1_000_000).is_ok());
        assert_eq!(at(name, 61), Err(SignedCartError::NotYet.into()));
    }
    for far in [i64::MIN, i64::MAX] {
        for name in ["exp", "nbf", "iat"] {
            let _ = checked(&signed_with(KEY, &header(), &with(payload(), &format!("/{name}"), json!(far))));
        }
    }
    let elsewhere = with(payload(), "/aud", json!("https://pay-test.shop.example"));
    assert!(matches!(refusal(&signed_with(KEY, &header(), &elsewhere)), SignedCartError::WrongAudience(_)));
    let slash = with(payload(), "/aud", json!("https://pay.shop.example/"));
    assert!(matches!(refusal(&signed_with(KEY, &header(), &slash)), SignedCartError::WrongAudience(_)));
}

#[test]
fn the_payload_is_parsed_strictly() {
    for change in [
        with(payload(), "/exp", Value::Null),
        with(payload(), "/exp", json!(1.8e9)),
        with(payload(), "/expires", json!(1)),
        with(payload(), "/cart/totl", json!(1)),
        with(payload(), "/cart/lines/0/discuont", json!(1)),
        with(payload(), "/cart/lines/0/quantity", json!(-1)),
        json!("cart"),
    ] {
        let found = refusal(&signed_with(KEY, &header(), &change));
        assert!(matches!(found, SignedCartError::Malformed(_)), "{change}: {found:?}");
    }
    let jws = signed_with(KEY, &header(), &payload());
    for text in ["", ".", "..", "...", "a.b.c", &format!("{jws}."), &format!("{jws}="), &format!(" {jws}")] {
        assert!(checked(text).is_err(), "{text}");
    }
    let drift = with(payload(), "/cart/total/value", json!(49_799));
    let found = checked(&signed_with(KEY, &header(), &drift));
    assert_eq!(found, Err(CartError::Drift { lines: 49_800, total: 49_799 }), "a signature makes no sum right");
}

proptest! {
    #[test]
    fn any_changed_character_is_refused(place in 0_usize..10_000, letter in "[A-Za-z0-9_.-]") {
        let jws = signed_with(KEY, &header(), &payload());
        let mut altered = jws.clone();
        let place = place % jws.len();
        altered.replace_range(place..=place, &letter);
        prop_assert!(altered == jws || checked(&altered).is_err());
    }

    #[test]
    fn unsigned_text_is_refused(text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(checked(&text).is_err());
    }
}
