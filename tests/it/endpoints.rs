//! The shop's backend manages its own endpoints and reads their deliveries.

use kvitt_wire::{ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, State};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{LOCAL_RELAY, Order, Receiver, Shop, eventually, log, problem};

/// The shop's developer.
struct Developer<'a> {
    shop: &'a Shop,
    key: String,
}

impl<'a> Developer<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, key: shop.key("developer").await }
    }

    async fn sends(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}/v1/shop/endpoints{path}", self.shop.url);
        let request = self.shop.http.request(method, url).bearer_auth(&self.key);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        request.send().await.unwrap()
    }

    async fn posts(&self, path: &str, body: Option<Value>) -> Response {
        self.sends(Method::POST, path, body).await
    }

    async fn adds(&self, body: Value) -> ShopEndpoint {
        let added = self.posts("", Some(body)).await;
        assert_eq!(added.status(), StatusCode::CREATED);
        let added: ShopEndpoint = added.json().await.unwrap();
        log::hide(added.secret.as_ref().unwrap());
        added
    }

    async fn enqueues(&self, path: &str, body: Option<Value>) -> Value {
        let answer = self.posts(path, body).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{path}");
        answer.json().await.unwrap()
    }

    async fn deliveries(&self, id: &str, query: &str) -> ShopDeliveries {
        self.sends(Method::GET, &format!("/{id}/deliveries?{query}"), None).await.json().await.unwrap()
    }

    /// Waits until no delivery is waiting. Returns all deliveries.
    async fn settled(&self, id: &str) -> Vec<ShopDelivery> {
        eventually("no delivery is waiting", || async {
            let all = self.deliveries(id, "").await.deliveries;
            all.iter().all(|delivery| delivery.state != "waiting").then_some(all)
        })
        .await
    }
}

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order
}

#[tokio::test]
async fn a_shop_adds_tests_and_manages_its_endpoints() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let developer = Developer::of(&shop).await;
    let receiver = Receiver::answering([]).await;
    let added = developer.adds(json!({ "url": receiver.url, "events": ["checkout.authorized"] })).await;
    let (id, secret) = (&added.id, added.secret.as_ref().unwrap());
    let listed: ShopEndpoints = developer.sends(Method::GET, "", None).await.json().await.unwrap();
    assert_eq!(listed.endpoints, [ShopEndpoint { secret: None, ..added.clone() }], "the secret is shown once");
    assert_eq!((added.state.as_str(), added.events.as_ref().unwrap().len()), ("fine", 1));

    paid(&shop).await;
    assert!(receiver.receives_event("checkout.authorized").await.is_signed_with(secret));
    let delivered = developer.settled(id).await.remove(0);
    assert_eq!((delivered.r#type.as_str(), delivered.state.as_str()), ("checkout.authorized", "delivered"));
    assert!(delivered.status == Some(204) && delivered.latency_ms.is_some() && delivered.tries == 1);

    let test = developer.enqueues(&format!("/{id}/test"), None).await;
    assert_eq!(receiver.receives_event("endpoint.test").await.id(), test["id"]);
    let again = developer.enqueues(&format!("/{id}/deliveries/{}/replay", delivered.id), None).await;
    assert_eq!(again["events"], 1);
    assert_eq!(receiver.receives(3).await[2].id(), delivered.id);

    let rotated: ShopEndpoint = developer.posts(&format!("/{id}/rotate"), None).await.json().await.unwrap();
    let new = rotated.secret.unwrap();
    log::hide(&new);
    assert!(&new != secret && rotated.previous_until_ms.is_some());
    developer.enqueues(&format!("/{id}/test"), None).await;
    let received = receiver.receives(4).await.remove(3);
    assert!(received.is_signed_with(&new) && received.is_signed_with(secret), "both secrets sign for a day");

    let page = developer.deliveries(id, "limit=2").await;
    let rest = developer.deliveries(id, &format!("limit=2&after={}", page.next.unwrap())).await;
    let ids: Vec<_> = page.deliveries.iter().chain(&rest.deliveries).map(|delivery| delivery.id.clone()).collect();
    let all: Vec<_> = developer.settled(id).await.into_iter().map(|delivery| delivery.id).collect();
    assert_eq!((ids, rest.next), (all, None));

    let removed = developer.sends(Method::DELETE, &format!("/{id}"), None).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    problem(developer.sends(Method::DELETE, &format!("/{id}"), None).await, 404, "not_found").await;
    shop.close().await;
}

#[tokio::test]
async fn a_replay_delivers_what_an_endpoint_missed() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let developer = Developer::of(&shop).await;
    let receiver = Receiver::answering([]).await;
    let wanted = json!({ "url": receiver.url, "events": ["checkout.authorized"] });
    let before = paid(&shop).await;
    let id = developer.adds(wanted).await.id;
    let disabled: ShopEndpoint = developer.posts(&format!("/{id}/disable"), None).await.json().await.unwrap();
    assert_eq!((disabled.state.as_str(), disabled.disabled_reason.as_deref()), ("disabled", Some("by hand")));
    let missed = paid(&shop).await;
    for (path, body) in [("test", None), ("replay", Some(json!({ "since_ms": 0 })))] {
        problem(developer.posts(&format!("/{id}/{path}"), body).await, 409, "endpoint_disabled").await;
    }
    let enabled: ShopEndpoint = developer.posts(&format!("/{id}/enable"), None).await.json().await.unwrap();
    assert_eq!(enabled.state, "fine");
    let replayed = developer.enqueues(&format!("/{id}/replay"), Some(json!({ "since_ms": 0 }))).await;
    assert_eq!(replayed["events"], 2, "only events that it subscribes to");
    let received = receiver.receives(2).await;
    let mut about: Vec<_> = received.iter().map(|received| received.json()["data"]["reference"].clone()).collect();
    about.sort_by_key(Value::to_string);
    let mut orders = [json!(before.reference()), json!(missed.reference())];
    orders.sort_by_key(Value::to_string);
    assert_eq!(about, orders);
    assert_eq!(developer.settled(&id).await.len(), 2);
    shop.close().await;
}

#[tokio::test]
async fn impossible_endpoint_requests_are_refused() {
    let shop = Shop::open().await;
    let developer = Developer::of(&shop).await;
    for url in ["http://shop.example/hooks", "https://10.0.0.1/hooks", "https://me:too@shop.example/", "hooks", ""] {
        problem(developer.posts("", Some(json!({ "url": url }))).await, 422, "bad_endpoint").await;
    }
    let unknown = json!({ "url": "https://shop.example/hooks", "events": ["checkout.paid"] });
    let unknown = problem(developer.posts("", Some(unknown)).await, 422, "unknown_event").await;
    assert!(unknown.detail.unwrap().contains("checkout.authorized"));
    problem(developer.posts("", Some(json!({ "uri": "x" }))).await, 400, "malformed_json").await;
    let id = developer.adds(json!({ "url": "https://shop.example/hooks" })).await.id;
    for path in ["rotate", "enable", "disable", "test", "deliveries/evt_1/replay"] {
        problem(developer.posts(&format!("/ep_none/{path}"), None).await, 404, "not_found").await;
    }
    problem(developer.posts(&format!("/{id}/deliveries/evt_none/replay"), None).await, 404, "not_found").await;
    let deliveries = async |query: &str| developer.sends(Method::GET, &format!("/{id}/deliveries?{query}"), None).await;
    problem(deliveries("after=!").await, 400, "bad_cursor").await;
    problem(deliveries("limit=0").await, 400, "malformed_query").await;
    // Endpoints receive events of every sales unit.
    let made = shop.runs(&["keys", "add", "Norwegian", "--sales-unit", "no"]).await.succeeded();
    let limited = Developer { shop: &shop, key: made.out.trim().to_owned() };
    problem(limited.sends(Method::GET, "", None).await, 404, "not_found").await;
    problem(limited.posts(&format!("/{id}/rotate"), None).await, 404, "not_found").await;
    shop.close().await;
}

#[tokio::test]
async fn the_same_address_twice_is_warned_of() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let developer = Developer::of(&shop).await;
    let receiver = Receiver::answering([]).await;
    let (paid, refunded) = (json!(["checkout.authorized"]), json!(["payment.refunded"]));
    let first = developer.adds(json!({ "url": receiver.url, "events": paid })).await;
    let other_events = developer.adds(json!({ "url": receiver.url, "events": refunded })).await;
    assert!(first.same_url_as.is_empty() && other_events.same_url_as.is_empty(), "they have no event in common");
    let all = developer.adds(json!({ "url": receiver.url })).await;
    assert_eq!(all.same_url_as, [first.id.clone(), other_events.id.clone()]);
    for id in [&first.id, &all.id] {
        developer.posts(&format!("/{id}/disable"), None).await;
    }
    let added = shop.runs(&["endpoints", "add", &receiver.url]).await.succeeded();
    log::hide(added.out.lines().nth(1).unwrap());
    assert!(added.err.contains(&format!("warning: {} has the same URL", other_events.id)), "{}", added.err);
    assert_eq!(added.err.matches("warning").count(), 1, "a disabled endpoint receives nothing");
    shop.close().await;
}
