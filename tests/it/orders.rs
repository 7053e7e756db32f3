//! The shop lists its orders: in pages, filtered, and only those of its key's sales unit.

use std::collections::HashSet;

use kvitt_wire::{Amount, Currency, Item, NewAttempt, NewCheckout, ShopOrders, State};
use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::shop::{PHONE_NUMBER, Shop, problem, two_mugs_and_a_tea};

/// One mug, in Denmark.
pub(crate) fn a_danish_mug() -> NewCheckout {
    NewCheckout {
        items: vec![Item { sku: "mug".into(), quantity: 1 }],
        signed_cart: None,
        amount: Amount { value: 17_900, currency: Currency::Dkk },
        sales_unit: Some("dk".into()),
        ..two_mugs_and_a_tea()
    }
}

async fn get(shop: &Shop, key: &str, query: &str) -> Response {
    shop.get(&format!("/v1/shop/orders?{query}")).bearer_auth(key).send().await.unwrap()
}

async fn list(shop: &Shop, key: &str, query: &str) -> ShopOrders {
    let answer = get(shop, key, query).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    let text = answer.text().await.unwrap();
    assert!(!text.contains(PHONE_NUMBER));
    serde_json::from_str(&text).unwrap()
}

async fn listed(shop: &Shop, key: &str, query: &str) -> Vec<String> {
    list(shop, key, query).await.orders.into_iter().map(|order| order.reference).collect()
}

#[tokio::test]
async fn orders_are_listed_a_page_at_a_time_the_newest_first() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    assert_eq!(list(&shop, &key, "").await, ShopOrders { orders: Vec::new(), next: None });
    let mut opened = Vec::new();
    for _ in 0..5 {
        opened.insert(0, shop.ordered().await.reference().to_owned());
    }
    assert_eq!(listed(&shop, &key, "").await, opened);
    let first = list(&shop, &key, "limit=2").await;
    // A new order does not move the cursor.
    let newest = shop.ordered().await.reference().to_owned();
    let mut seen: Vec<_> = first.orders.into_iter().map(|order| order.reference).collect();
    let mut next = first.next;
    while let Some(after) = next {
        let page = list(&shop, &key, &format!("limit=2&after={after}")).await;
        seen.extend(page.orders.into_iter().map(|order| order.reference));
        next = page.next;
    }
    assert_eq!(seen, opened);
    assert_eq!(listed(&shop, &key, "limit=1").await, [newest]);
    shop.close().await;
}

#[tokio::test]
async fn an_order_is_listed_with_what_a_packer_needs() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    let found = list(&shop, &key, "").await.orders.remove(0);
    assert_eq!(order.reference(), format!("{}-1", found.order_number));
    assert_eq!((found.state, found.amount.value, found.description.is_empty()), (State::Authorized, 58_700, false));
    let lines: Vec<_> = found.lines.iter().map(|line| (line.sku.as_str(), line.quantity.whole(), line.total)).collect();
    assert_eq!(lines, [("mug", 2, 49_800), ("tea", 1, 8_900)]);
    let consent = found.attempts[0].consent.as_ref().unwrap();
    assert_eq!((consent.scope.as_str(), consent.wording.as_str()), ("phoneNumber", kvitt_wire::CONSENT_WORDING));
    assert!(consent.given_at_ms >= found.created_at_ms - 60_000 && found.capture_deadline.is_some());
    shop.close().await;
}

#[tokio::test]
async fn orders_are_filtered() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    let (mut paid, mut said_no) = (shop.ordered().await, shop.ordered().await);
    shop.vipps.approves(paid.reference()).await;
    paid.becomes(State::Authorized).await;
    let first_try = said_no.reference().to_owned();
    shop.vipps.customer("reject", &first_try).await;
    said_no.becomes(State::Aborted).await;
    let danish = shop.order(&a_danish_mug()).await;
    let (paid, said_no, danish) = (paid.reference(), said_no.reference(), danish.reference());

    for (query, expected) in [
        ("state=authorized", vec![paid]),
        ("state=aborted", vec![said_no]),
        ("state=created", vec![danish]),
        ("state=expired", vec![]),
        ("state=created,aborted", vec![danish, said_no]),
        ("state=authorized&to_capture=false", vec![]),
        ("sales_unit=dk", vec![danish]),
        ("sales_unit=no", vec![said_no, paid]),
        ("sales_unit=dk&state=authorized", vec![]),
        ("to_capture=true", vec![paid]),
        ("to_capture=false&state=aborted", vec![said_no]),
        ("reference=nordlys", vec![danish, said_no, paid]),
        ("reference=Nordlys", vec![]),
    ] {
        assert_eq!(listed(&shop, &key, query).await, expected, "{query}");
    }
    let number = first_try.rsplit_once('-').unwrap().0;
    assert_eq!(listed(&shop, &key, &format!("reference={number}")).await, [said_no]);
    assert_eq!(listed(&shop, &key, &format!("reference={first_try}")).await, [said_no]);

    let all = list(&shop, &key, "").await.orders;
    let at = all[1].created_at_ms;
    let since: HashSet<_> = listed(&shop, &key, &format!("since_ms={at}")).await.into_iter().collect();
    let until: HashSet<_> = listed(&shop, &key, &format!("until_ms={at}")).await.into_iter().collect();
    assert!(since.contains(danish) && since.contains(said_no) && !until.contains(said_no));
    assert!(since.is_disjoint(&until) && since.len() + until.len() == 3);

    // A fully captured order needs no action.
    let capture = shop.post(&format!("/v1/shop/orders/{paid}/capture")).bearer_auth(&key);
    let captured = capture.header("idempotency-key", "parcel").json(&json!({})).send().await.unwrap();
    assert_eq!(captured.status(), StatusCode::OK);
    assert_eq!(listed(&shop, &key, "to_capture=true").await, Vec::<String>::new());
    shop.close().await;
}

#[tokio::test]
async fn invalid_filters_and_cursors_are_refused() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    for (query, status, code) in [
        ("after=nonsense", 400, "bad_cursor"),
        ("after=", 400, "bad_cursor"),
        ("after=AAAA", 400, "bad_cursor"),
        ("limit=0", 400, "malformed_query"),
        ("limit=201", 400, "malformed_query"),
        ("limit=-1", 400, "malformed_query"),
        ("state=paid", 400, "malformed_query"),
        ("since_ms=yesterday", 400, "malformed_query"),
        ("reference=%25", 400, "malformed_query"),
        ("reference=a%00b", 400, "malformed_query"),
        ("sales_unit=se", 422, "unknown_sales_unit"),
    ] {
        problem(get(&shop, &key, query).await, status, code).await;
    }
    problem(shop.get("/v1/shop/orders").send().await.unwrap(), 401, "unauthorized").await;
    shop.close().await;
}

#[tokio::test]
async fn a_key_of_one_sales_unit_sees_no_orders_of_another() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let made = shop.runs(&["keys", "add", "the Danish warehouse", "--sales-unit", "dk"]).await.succeeded();
    let key = made.out.trim();
    let unknown = shop.runs(&["keys", "add", "nobody's", "--sales-unit", "se"]).await;
    assert!(unknown.code == Some(1) && unknown.err.contains("there is no sales unit se"), "{unknown:?}");
    let keys = shop.runs(&["keys", "list"]).await.succeeded().out;
    assert!(keys.contains("sales unit") && keys.contains("dk"), "{keys}");

    let mut paid = shop.ordered().await;
    shop.vipps.approves(paid.reference()).await;
    paid.becomes(State::Authorized).await;
    let danish = shop.order(&a_danish_mug()).await;
    for query in ["", "sales_unit=dk", "reference=nordlys"] {
        assert_eq!(listed(&shop, key, query).await, [danish.reference()], "{query}");
    }
    problem(get(&shop, key, "sales_unit=no").await, 422, "unknown_sales_unit").await;

    let path = |what: &str| format!("/v1/shop/orders/{}{what}", paid.reference());
    problem(shop.get(&path("")).bearer_auth(key).send().await.unwrap(), 404, "not_found").await;
    // A key of another sales unit learns nothing from a reused idempotency key either.
    let all = shop.key("office").await;
    for (key, status) in [(&all[..], StatusCode::OK), (key, StatusCode::NOT_FOUND)] {
        let capture = shop.post(&path("/capture")).bearer_auth(key).header("idempotency-key", "parcel-1");
        assert_eq!(capture.json(&json!({})).send().await.unwrap().status(), status);
    }
    for what in ["/capture", "/cancel", "/refund"] {
        let request = shop.post(&path(what)).bearer_auth(key).header("idempotency-key", what).json(&json!({}));
        problem(request.send().await.unwrap(), 404, "not_found").await;
    }
    assert_eq!(shop.vipps.record(paid.reference()).await["aggregate"]["refundedAmount"]["value"], 0);
    shop.close().await;
}

#[tokio::test]
async fn an_open_order_is_listed_once_it_is_paid() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    let offered = NewCheckout { open: true, terms_accepted: false, consent: None, ..two_mugs_and_a_tea() };
    let order = shop.order(&offered).await;
    assert_eq!(order.seen.state, State::Open);
    assert_eq!(listed(&shop, &key, "").await, Vec::<String>::new());
    assert_eq!(listed(&shop, &key, "state=open").await, Vec::<String>::new());
    let answer = order.retries(&NewAttempt { terms_accepted: true, consent: None }).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(listed(&shop, &key, "").await, [order.reference()]);
    shop.close().await;
}
