//! Shop keys: created, shown once, revoked, limited, and required for every order.

use std::process::Command;

use kvitt_wire::{ShopOrder, State};
use reqwest::{Response, StatusCode};

use crate::shop::{PHONE_NUMBER, Shop, problem};

/// Requests an order with this `Authorization`.
async fn get(shop: &Shop, reference: &str, authorization: &str) -> Response {
    let request = shop.get(&format!("/v1/shop/orders/{reference}"));
    let request = if authorization.is_empty() { request } else { request.header("authorization", authorization) };
    request.send().await.unwrap()
}

async fn is_refused(shop: &Shop, authorization: &str) {
    let refused = get(shop, "nordlys-none-1", authorization).await;
    assert_eq!(refused.headers()["www-authenticate"], "Bearer", "{authorization}");
    problem(refused, 401, "unauthorized").await;
}

/// Runs a command. Returns its standard output, or its standard error if it fails.
fn kvitt(shop: &Shop, arguments: &[&str]) -> Result<String, String> {
    let mut kvitt = Command::new(env!("CARGO_BIN_EXE_kvitt-under-test"));
    let output = kvitt.args(arguments).arg("--config").arg(&shop.files.config).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test]
async fn an_order_is_shown_without_what_its_customer_shared() {
    let shop = Shop::open().await;
    let key = format!("Bearer {}", shop.key("warehouse").await);
    let mut order = shop.ordered().await;
    let first = order.reference().to_owned();
    shop.vipps.customer("reject", &first).await;
    order.becomes(State::Aborted).await;
    order.retried().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;

    // The reference of either attempt finds the order.
    for reference in [&first, order.reference()] {
        let text = get(&shop, reference, &key).await.text().await.unwrap();
        let shown: ShopOrder = serde_json::from_str(&text).unwrap();
        assert_eq!((shown.reference.as_str(), shown.state), (order.reference(), State::Authorized));
        assert_eq!((shown.amount.value, shown.aggregate.authorized, shown.aggregate.captured), (58_700, 58_700, 0));
        let attempts: Vec<_> =
            shown.attempts.iter().map(|attempt| (attempt.reference.as_str(), attempt.state)).collect();
        assert_eq!(attempts, [(first.as_str(), State::Aborted), (order.reference(), State::Authorized)]);
        assert!(!text.contains(PHONE_NUMBER) && !text.contains(&order.seen.token), "{text}");
    }
    for unknown in ["nordlys-none-1", "x", "%00", "nordlys-%00-1", "%ff", &"x".repeat(5_000)] {
        problem(get(&shop, unknown, &key).await, 404, "not_found").await;
    }
    problem(
        shop.post(&format!("/v1/shop/orders/{first}")).header("authorization", &key).send().await.unwrap(),
        405,
        "method_not_allowed",
    )
    .await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_shown_once_listed_and_revoked() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let made = kvitt(&shop, &["keys", "add", "the warehouse"]).unwrap();
    let key = made.trim();
    let (prefix, secret) = key.strip_prefix("kvitt_").unwrap().split_once('_').unwrap();
    let listed = kvitt(&shop, &["keys", "list"]).unwrap();
    assert!(listed.contains(prefix) && listed.contains("the warehouse") && listed.contains("never"), "{listed}");
    assert!(!listed.contains(secret));
    let store = shop.store().await;
    assert!(!format!("{:?}", store.shop_keys().await.unwrap()).contains(secret), "the secret is not stored");

    let bearer = format!("Bearer {key}");
    problem(get(&shop, "nordlys-none-1", &bearer).await, 404, "not_found").await;
    let used = store.shop_keys().await.unwrap()[0].used_at;
    assert!(used.is_some());
    problem(get(&shop, "nordlys-none-1", &bearer).await, 404, "not_found").await;
    assert_eq!(store.shop_keys().await.unwrap()[0].used_at, used, "stored at most once a minute");
    store.close().await;

    assert_eq!(kvitt(&shop, &["keys", "revoke", prefix]).unwrap(), format!("revoked {prefix}\n"));
    is_refused(&shop, &bearer).await;
    let again = kvitt(&shop, &["keys", "revoke", prefix]).unwrap_err();
    assert!(again.contains("revoked already"), "{again}");
    shop.close().await;
}

#[tokio::test]
async fn a_request_without_a_key_is_unauthorized() {
    let shop = Shop::open().await;
    let key = shop.key("warehouse").await;
    // A secret may contain `_` itself, so the text after the last one is not always all of it.
    let (prefix, secret) = key.strip_prefix("kvitt_").unwrap().split_once('_').unwrap();
    let mirrored: String = secret.chars().rev().collect();
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer kvitt_",
        "Bearer x",
        &key,
        &format!("Basic {key}"),
        &format!("Bearer {key}x"),
        &format!("Bearer kvitt_{prefix}_{mirrored}"),
        &format!("Bearer kvitt_00000000_{secret}"),
    ] {
        is_refused(&shop, authorization).await;
    }
    assert_eq!(get(&shop, "nordlys-none-1", &format!("bearer {key}")).await.status(), StatusCode::NOT_FOUND);
    shop.close().await;
}

#[tokio::test]
async fn keys_are_rate_limited_and_guesses_count_by_address() {
    let shop = Shop::open_with("limits.requests_per_key = 2\nlimits.requests_per_address = 1").await;
    let (one, other) = (shop.key("warehouse").await, shop.key("accounts").await);
    let (one, other) = (format!("Bearer {one}"), format!("Bearer {other}"));
    for _ in 0..2 {
        problem(get(&shop, "nordlys-none-1", &one).await, 404, "not_found").await;
    }
    let too_often = get(&shop, "nordlys-none-1", &one).await;
    assert!(too_often.headers().contains_key("retry-after"));
    problem(too_often, 429, "rate_limited").await;
    is_refused(&shop, "Bearer guess").await;
    problem(get(&shop, "nordlys-none-1", "Bearer guess").await, 429, "rate_limited").await;
    problem(get(&shop, "nordlys-none-1", &other).await, 404, "not_found").await;
    shop.close().await;
}
