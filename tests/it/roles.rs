//! What shop keys and sessions of the order desk may do: each route needs a role, and each role may do what the ones before it may.

use kvitt_wire::{DeskSession, Role, ShopOrder, State};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::desk::{Desk, link_with};
use crate::shop::{Order, Shop, execute, problem};

/// A method, a path in which nothing exists, and the least role that the description names.
fn routes() -> Vec<(Method, String, Role)> {
    let description: Value = serde_json::from_str(include_str!("../../proxy/openapi.json")).unwrap();
    let paths = description["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/v1/shop/"));
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| {
            let refusal = operation["responses"]["403"]["description"].as_str().unwrap_or_default();
            let named = |role: &Role| refusal.contains(&format!("the role `{}`", role.as_str()));
            let needs = Role::EVERY.into_iter().find(named).unwrap_or(Role::Read);
            // What changes something and does not say who may do it has been forgotten.
            let reads = method == "get" || operation["operationId"] == "find_customers";
            assert_eq!(reads, needs == Role::Read, "{method} {path}: {refusal}");
            let path = path.replace("{reference}", "none-1").replace("{id}", "none").replace("{delivery}", "none");
            (method.to_uppercase().parse().unwrap(), path, needs)
        })
    });
    operations.collect()
}

async fn moves(shop: &Shop, key: &str, order: &Order<'_>, what: &str, value: i64) -> Response {
    let request = shop.post(&format!("/v1/shop/orders/{}/{what}", order.reference())).bearer_auth(key);
    let amount = json!({ "amount": { "value": value, "currency": "NOK" } });
    request.header("idempotency-key", format!("{what}-{value}")).json(&amount).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_the_roles_below_the_one_that_it_names() {
    let shop = Shop::open().await;
    let routes = routes();
    assert!(routes.len() > 20, "{routes:?}");
    for role in Role::EVERY {
        let key = shop.key_with(role.as_str(), role).await;
        for (method, path, needs) in &routes {
            let request = shop.http.request(method.clone(), format!("{}{path}", shop.url)).bearer_auth(&key);
            let request = if method == Method::POST { request.json(&json!({})) } else { request };
            let answer = request.send().await.unwrap();
            if role < *needs {
                let refused = problem(answer, 403, "role_not_allowed").await;
                let detail = refused.detail.unwrap();
                assert!(detail.contains(needs.as_str()) && detail.contains(role.as_str()), "{detail}");
            } else {
                assert_ne!(answer.status(), 403, "{method} {path} as {role:?}");
            }
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ships_without_refunding_and_a_refused_request_moves_nothing() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let made = shop.runs(&["keys", "add", "the packing table", "--role", "ship"]).await.succeeded();
    let (packer, refunder) = (made.out.trim().to_owned(), shop.key_with("accounts", Role::Refund).await);
    let reader = shop.key_with("the dashboard", Role::Read).await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    problem(moves(&shop, &reader, &order, "capture", 40_000).await, 403, "role_not_allowed").await;
    assert_eq!(moves(&shop, &packer, &order, "capture", 30_000).await.status(), 200);
    // Under the key of somebody's capture, too.
    problem(moves(&shop, &reader, &order, "capture", 30_000).await, 403, "role_not_allowed").await;
    problem(moves(&shop, &packer, &order, "refund", 1_000).await, 403, "role_not_allowed").await;
    assert_eq!(moves(&shop, &refunder, &order, "refund", 1_000).await.status(), 200);
    let shown = shop.get(&format!("/v1/shop/orders/{}", order.reference())).bearer_auth(&reader).send().await.unwrap();
    let shown: ShopOrder = shown.json().await.unwrap();
    assert_eq!((shown.aggregate.captured, shown.aggregate.refunded), (30_000, 1_000));

    let listed = shop.runs(&["keys", "list", "--json"]).await.succeeded().json();
    let roles: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["ship", "refund", "read"]);
    let table = shop.runs(&["keys", "list"]).await.succeeded().out;
    assert!(table.lines().any(|line| line.contains("the packing table") && line.contains("ship")), "{table}");
    for wrong in [["--role", "owner"], ["--sales-unit", "se"]] {
        assert_ne!(shop.runs(&[&["keys", "add", "x"][..], &wrong].concat()).await.code, Some(0), "{wrong:?}");
    }
    assert_ne!(shop.runs(&["keys", "add", "two\nlines"]).await.code, Some(0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_sessions_of_an_earlier_release_may_do_everything() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let rows = "INSERT INTO shop_keys (prefix, name, secret_hash, created_at) VALUES ('earlier0', 'earlier', 'x', 1); \
                INSERT INTO shop_keys (prefix, name, role, secret_hash, created_at) VALUES ('later000', 'later', 'owner', 'y', 2)";
    execute(&shop.files.database, rows).await;
    let store = shop.store().await;
    let roles: Vec<_> = store.shop_keys().await.unwrap().into_iter().map(|key| key.role).collect();
    store.close().await;
    assert_eq!(roles, [Role::All, Role::Read], "a role of a newer release may do the least");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_link_has_a_role_a_name_and_a_sales_unit() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let order = shop.ordered().await;
    let with = link_with(&shop, &["--role", "ship", "--name", "Siv", "--sales-unit", "no"]).await;
    let siv = Desk::opened(&shop, &with).await;
    let seen: DeskSession = siv.gets("/desk/session").send().await.unwrap().json().await.unwrap();
    assert_eq!((seen.role, seen.name.as_str(), seen.sales_unit.as_deref()), (Role::Ship, "Siv", Some("no")));
    assert_eq!(seen.rights, ["read", "capture", "cancel", "categorize"]);
    assert_eq!(seen.sales_units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>(), ["no"]);
    let refund = format!("/v1/shop/orders/{}/refund", order.reference());
    let refund = siv.posts(&refund).header("idempotency-key", "r-1").json(&json!({})).send().await.unwrap();
    problem(refund, 403, "role_not_allowed").await;
    let dane = Desk::opened(&shop, &link_with(&shop, &["--sales-unit", "dk"]).await).await;
    let foreign = dane.gets(&format!("/v1/shop/orders/{}", order.reference())).send().await.unwrap();
    problem(foreign, 404, "not_found").await;

    // A session that was opened with a key has the key's role.
    let reader = Desk::opened(&shop, &json!({ "key": shop.key_with("the dashboard", Role::Read).await })).await;
    let seen: DeskSession = reader.gets("/desk/session").send().await.unwrap().json().await.unwrap();
    assert_eq!((seen.role, seen.name.as_str(), seen.rights), (Role::Read, "the dashboard", vec!["read".to_owned()]));
    assert_ne!(shop.runs(&["desk", "--sales-unit", "se"]).await.code, Some(0));
    shop.close().await;
}
