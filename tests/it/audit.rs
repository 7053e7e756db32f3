//! The audit: who has asked for what, in the order's history, in the list of the API, and on the command line.

use kvitt_wire::{AuditEntries, AuditEntry, Role, ShopOrder, State, Via};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::desk::{Desk, link_with};
use crate::orders::a_danish_mug;
use crate::shop::{LOCAL_RELAY, Order, PHONE_NUMBER, Receiver, Shop, execute, problem};

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    order
}

fn path(order: &Order<'_>, what: &str) -> String {
    format!("/v1/shop/orders/{}{what}", order.reference())
}

/// An operation on an amount, in minor units.
async fn moves(request: RequestBuilder, value: i64) -> Response {
    let amount = json!({ "amount": { "value": value, "currency": "NOK" } });
    request.header("idempotency-key", format!("move-{value}")).json(&amount).send().await.unwrap()
}

async fn shown(shop: &Shop, key: &str, order: &Order<'_>) -> ShopOrder {
    shop.get(&path(order, "")).bearer_auth(key).send().await.unwrap().json().await.unwrap()
}

async fn audit(shop: &Shop, key: &str, query: &str) -> AuditEntries {
    let answer = shop.get(&format!("/v1/shop/audit{query}")).bearer_auth(key).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// What was asked for, by whom, and by which way.
fn who(entry: &AuditEntry) -> (&str, &str, Via) {
    (&entry.action, &entry.by.name, entry.by.via)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_about_an_order_says_who_asked() {
    let shop = Shop::open().await;
    let key = shop.key("the shop's backend").await;
    let siv = Desk::opened(&shop, &link_with(&shop, &["--role", "refund", "--name", "Siv"]).await).await;
    let order = paid(&shop).await;
    for _ in 0..2 {
        let capture = moves(shop.post(&path(&order, "/capture")).bearer_auth(&key), 30_000).await;
        assert_eq!(capture.status(), 200, "a repeat asks for nothing new");
    }
    assert_eq!(moves(siv.posts(&path(&order, "/refund")), 1_000).await.status(), 200);
    assert_eq!(moves(siv.posts(&path(&order, "/refund")), 90_000).await.status(), 409);
    shop.runs(&["orders", "cancel", order.reference()]).await.succeeded();
    let category = json!({ "category": "delivery", "details_url": "https://post.example/1" });
    let categorized = shop.post(&path(&order, "/category")).bearer_auth(&key).json(&category).send().await.unwrap();
    assert!(categorized.status().is_success());
    let seen = shown(&shop, &key, &order).await;
    let erase = format!("{}/v1/shop/customers/{}", shop.url, seen.customer_id.clone().unwrap());
    assert_eq!(shop.http.delete(&erase).bearer_auth(&key).send().await.unwrap().status(), 204);

    let seen = shown(&shop, &key, &order).await;
    let operations: Vec<_> = seen.attempts[0].operations.iter().map(|one| one.by.clone().unwrap()).collect();
    assert_eq!((operations[0].name.as_str(), operations[0].via), ("the shop's backend", Via::Key));
    assert_eq!(operations[0].key.as_deref(), key.split('_').nth(1));
    assert_eq!((operations[1].name.as_str(), operations[1].via, &operations[1].key), ("Siv", Via::Desk, &None));
    assert_eq!(operations[2].via, Via::Command);
    let command = operations[2].name.as_str();
    assert!(command.starts_with("command line"), "{command}");
    let history = seen.audit.unwrap();
    assert_eq!(
        history.iter().map(who).collect::<Vec<_>>(),
        [
            ("capture", "the shop's backend", Via::Key),
            ("refund", "Siv", Via::Desk),
            ("cancel", command, Via::Command),
            ("categorize_order", "the shop's backend", Via::Key),
            ("erase_customer", "the shop's backend", Via::Key),
        ]
    );
    assert_eq!(history[1].amount.unwrap().value, 1_000);
    assert!(history.iter().all(|entry| entry.subject.as_deref() == Some(order.reference())));

    // The list has the newest first, and what concerns no order, too.
    let mut listed = audit(&shop, &key, "").await.entries;
    let text = serde_json::to_string(&listed).unwrap();
    assert!(!text.contains(PHONE_NUMBER) && !text.contains("cus_") && !text.contains(&key), "{text}");
    listed.reverse();
    let about_orders: Vec<_> = listed.iter().filter(|entry| entry.sales_unit.is_some()).cloned().collect();
    assert_eq!(about_orders, history);
    assert!(listed.iter().any(|entry| who(entry) == ("log_in", "Siv", Via::Desk)), "{text}");

    let page = shop.runs(&["orders", "show", order.reference()]).await.succeeded().out;
    assert!(page.contains("Siv") && page.contains("erase_customer"), "{page}");
    let table = shop.runs(&["audit"]).await.succeeded().out;
    assert!(table.contains("refund") && table.contains("10.00 NOK") && table.contains("Siv"), "{table}");
    let printed = shop.runs(&["audit", "--json", "--sales-unit", "no"]).await.succeeded().json();
    assert_eq!(printed["entries"].as_array().unwrap().len(), 5);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_pages_and_a_key_of_one_sales_unit_sees_its_own() {
    let shop = Shop::open().await;
    let (all, danish) = (shop.key("office").await, shop.key_of("Denmark", Some("dk")).await);
    let mut danish_order = shop.order(&a_danish_mug()).await;
    shop.vipps.approves(danish_order.reference()).await;
    danish_order.becomes(State::Authorized).await;
    let capture = shop.post(&path(&danish_order, "/capture")).bearer_auth(&danish);
    assert_eq!(capture.header("idempotency-key", "d").json(&json!({})).send().await.unwrap().status(), 200);
    let order = paid(&shop).await;
    for value in [100, 200, 300] {
        assert_eq!(moves(shop.post(&path(&order, "/capture")).bearer_auth(&all), value).await.status(), 200);
    }
    let own = audit(&shop, &danish, "").await.entries;
    // The key itself is among what concerns its sales unit.
    assert_eq!(own.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["capture", "add_key"]);
    let foreign = shop.get("/v1/shop/audit?sales_unit=no").bearer_auth(&danish).send().await.unwrap();
    problem(foreign, 422, "unknown_sales_unit").await;

    let whole = audit(&shop, &all, "?sales_unit=no").await.entries;
    let values: Vec<_> = whole.iter().map(|entry| entry.amount.unwrap().value).collect();
    assert_eq!(values, [300, 200, 100]);
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = audit(&shop, &all, &format!("?sales_unit=no&limit=1{after}")).await;
        assert_eq!(page.entries.len(), 1);
        pages.extend(page.entries);
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, whole);
    let [newest, oldest] = [whole[0].at_ms, whole[2].at_ms];
    let since = audit(&shop, &all, &format!("?sales_unit=no&since_ms={oldest}&until_ms={}", newest + 1)).await;
    assert_eq!(since.entries, whole);
    assert_eq!(audit(&shop, &all, &format!("?sales_unit=no&until_ms={oldest}")).await.entries, []);
    for (query, code) in [("after=x", "bad_cursor"), ("limit=0", "malformed_query")] {
        let refused = shop.get(&format!("/v1/shop/audit?{query}")).bearer_auth(&all).send().await.unwrap();
        problem(refused, 400, code).await;
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_setting_says_who_asked_and_what_changes_nothing_is_not_recorded() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let key = shop.key("office").await;
    let receiver = Receiver::answering([]).await;
    let posts = async |path: &str, body: Value| {
        let answer =
            shop.post(&format!("/v1/shop/endpoints{path}")).bearer_auth(&key).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, added) = posts("", json!({ "url": receiver.url })).await;
    assert_eq!(status, 201);
    let id = added["id"].as_str().unwrap().to_owned();
    for what in ["rotate", "disable", "enable", "test"] {
        assert!(posts(&format!("/{id}/{what}"), json!({})).await.0 < 300, "{what}");
        assert_eq!(posts(&format!("/ep_none/{what}"), json!({})).await.0, 404, "{what}");
    }
    let replayed = shop.runs(&["deliveries", "replay", &id, "--since", "2026-01-01T00:00:00Z"]).await;
    replayed.succeeded();
    shop.runs(&["endpoints", "remove", &id]).await.succeeded();
    assert_eq!(shop.runs(&["endpoints", "remove", &id]).await.code, Some(1));
    let made = shop.runs(&["keys", "add", "a reader", "--role", "read"]).await.succeeded().out;
    let prefix = made.trim().split('_').nth(1).unwrap().to_owned();
    shop.runs(&["keys", "revoke", &prefix]).await.succeeded();
    assert_eq!(shop.runs(&["keys", "revoke", &prefix]).await.code, Some(1));
    link_with(&shop, &["--name", "Siv", "--role", "ship"]).await;
    shop.runs(&["desk", "--end-all"]).await.succeeded();
    shop.runs(&["desk", "--end-all"]).await.succeeded();
    shop.runs(&["encryption", "rotate"]).await.succeeded();

    let mut entries = audit(&shop, &key, "").await.entries;
    entries.reverse();
    let asked: Vec<_> = entries
        .iter()
        .map(|entry| (entry.action.as_str(), entry.by.via, entry.subject.as_deref(), entry.detail.as_deref()))
        .collect();
    let (by_key, by_command, id) = (Via::Key, Via::Command, Some(id.as_str()));
    assert_eq!(
        asked,
        [
            ("add_key", by_command, key.split('_').nth(1), Some("office, all")),
            ("add_endpoint", by_key, id, None),
            ("rotate_endpoint", by_key, id, None),
            ("disable_endpoint", by_key, id, None),
            ("enable_endpoint", by_key, id, None),
            ("test_endpoint", by_key, id, None),
            ("replay_deliveries", by_command, id, Some("since 2026-01-01T00:00:00Z")),
            ("remove_endpoint", by_command, id, None),
            ("add_key", by_command, Some(prefix.as_str()), Some("a reader, read")),
            ("revoke_key", by_command, Some(prefix.as_str()), None),
            ("add_desk_link", by_command, None, Some("Siv, ship")),
            ("end_desk_sessions", by_command, None, None),
            ("rotate_encryption", by_command, None, None),
        ]
    );
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let key = shop.key("office").await;
    let order = paid(&shop).await;
    let receiver = Receiver::answering([]).await;
    execute(&shop.files.database, "ALTER TABLE audit RENAME TO audit_away").await;
    let capture = moves(shop.post(&path(&order, "/capture")).bearer_auth(&key), 100).await;
    assert!(capture.status().is_server_error());
    let endpoint = shop.post("/v1/shop/endpoints").bearer_auth(&key).json(&json!({ "url": receiver.url }));
    assert!(endpoint.send().await.unwrap().status().is_server_error());
    for arguments in [&["keys", "add", "x"][..], &["desk"], &["customers", "erase", "--reference", order.reference()]] {
        assert_eq!(shop.runs(arguments).await.code, Some(1), "{arguments:?}");
    }
    execute(&shop.files.database, "ALTER TABLE audit_away RENAME TO audit").await;
    let seen = shown(&shop, &key, &order).await;
    assert!(seen.attempts[0].operations.is_empty() && seen.customer_id.is_some());
    assert_eq!(shop.runs(&["endpoints", "list", "--json"]).await.succeeded().json(), json!([]));
    assert_eq!(shop.runs(&["keys", "list", "--json"]).await.succeeded().json().as_array().unwrap().len(), 1);
    // The same request is done once it can be recorded.
    let capture = moves(shop.post(&path(&order, "/capture")).bearer_auth(&key), 100).await;
    assert_eq!(capture.status(), 200);
    assert_eq!(shown(&shop, &key, &order).await.audit.unwrap().len(), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_reads_sees_the_audit() {
    let shop = Shop::open().await;
    let reader = shop.key_with("accounts", Role::Read).await;
    assert_eq!(audit(&shop, &reader, "").await.entries[0].action, "add_key");
    shop.close().await;
}
