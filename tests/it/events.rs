//! The event log: complete, in order, each event once, for a backend that polls or follows the stream.

use futures_util::StreamExt;
use kvitt::checkout::EventKind;
use kvitt_wire::{ShopOrder, State};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::orders::a_danish_mug;
use crate::shop::{Database, LOCAL_RELAY, Order, PHONE_NUMBER, Receiver, Shop, TIMEOUT, eventually, problem};

async fn get(shop: &Shop, key: &str, query: &str) -> Response {
    shop.get(&format!("/v1/shop/events?{query}")).bearer_auth(key).send().await.unwrap()
}

/// The events after a cursor, and the next one.
async fn log(shop: &Shop, key: &str, query: &str) -> (Vec<Value>, String) {
    let answer = get(shop, key, query).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    let answer: Value = answer.json().await.unwrap();
    (answer["events"].as_array().unwrap().clone(), answer["next"].as_str().unwrap().to_owned())
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

async fn shared(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    order
}

/// The event stream, as a shop's backend reads it.
struct Followed {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
    last_id: String,
}

impl Followed {
    async fn open(shop: &Shop, proxy: &str, key: &str, last_id: Option<&str>) -> Self {
        let mut request = shop.http.get(format!("{proxy}/v1/shop/events/stream")).bearer_auth(key);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let last_id = response.headers()["kvitt-cursor"].to_str().unwrap().to_owned();
        let body = Box::pin(response.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec())));
        Self { body, text: String::new(), last_id }
    }

    async fn reads(&mut self) -> bool {
        let read = tokio::time::timeout(TIMEOUT, self.body.next()).await.expect("the stream continues or ends");
        let Some(Ok(bytes)) = read else { return false };
        self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        true
    }

    /// The next event; none when the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let Some(id) = field("id:") {
                    self.last_id = id.to_owned();
                }
                let data = field("data:").map(|data| serde_json::from_str(data).unwrap());
                self.text = rest.to_owned();
                if data.is_some() {
                    return data;
                }
            }
            if !self.reads().await {
                return None;
            }
        }
    }
}

#[tokio::test]
async fn events_are_logged_without_any_endpoint() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    assert_eq!(log(&shop, &key, "").await, (Vec::new(), "0".to_owned()));
    let order = shared(&shop).await;
    let reference = order.reference();
    let (events, next) = log(&shop, &key, "").await;
    assert_eq!(kinds(&events), ["checkout.authorized", "customer.shared"]);
    let data = &events[0]["data"];
    assert_eq!((&data["reference"], &data["aggregate"]["authorized"]), (&json!(reference), &json!(58_700)));
    assert!(events[0]["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert!(!json!(events).to_string().contains(PHONE_NUMBER));
    assert_eq!(log(&shop, &key, &format!("after={next}")).await, (Vec::new(), next.clone()));

    let capture = shop.post(&format!("/v1/shop/orders/{reference}/capture")).bearer_auth(&key);
    let part = json!({ "amount": { "value": 8_700, "currency": "NOK" } });
    assert_eq!(capture.header("idempotency-key", "parcel").json(&part).send().await.unwrap().status(), 200);
    let (later, _) = log(&shop, &key, &format!("after={next}")).await;
    assert_eq!((kinds(&later), &later[0]["data"]["aggregate"]["captured"]), (vec!["payment.captured"], &json!(8_700)));
    // The pages have the same events.
    let (mut one_by_one, mut after) = (Vec::new(), "0".to_owned());
    while let (events, next) = log(&shop, &key, &format!("limit=1&after={after}")).await
        && !events.is_empty()
    {
        one_by_one.extend(events);
        after = next;
    }
    assert_eq!(one_by_one, log(&shop, &key, "").await.0);

    let shown = shop.get(&format!("/v1/shop/orders/{reference}")).bearer_auth(&key).send().await.unwrap();
    let timeline = shown.json::<ShopOrder>().await.unwrap().events.unwrap();
    let kinds: Vec<_> = timeline.iter().map(|event| (event.r#type.as_str(), event.aggregate.captured)).collect();
    assert_eq!(kinds, [("checkout.authorized", 0), ("customer.shared", 0), ("payment.captured", 8_700)]);
    assert_eq!(timeline[0].id, events[0]["id"].as_str().unwrap());
    shop.close().await;
}

#[tokio::test]
async fn the_log_and_the_endpoints_name_an_event_alike() {
    let shop = Shop::open_with(&format!("{LOCAL_RELAY}\ncapture.warn_days = 8\ncapture.every_ms = 50")).await;
    let key = shop.key("office").await;
    let receiver = Receiver::answering([]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    shop.runs(&["endpoints", "test", &endpoint.id]).await.succeeded();
    let order = shared(&shop).await;
    // A scheduled job finds the due capture many times. The event is logged and delivered once.
    for kind in ["payment.capture_due", "customer.shared", "endpoint.test"] {
        receiver.receives_event(kind).await;
    }
    let (events, _) = log(&shop, &key, "").await;
    let mut named: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    let received = receiver.received().into_iter().filter(|received| received.kind() != "endpoint.test");
    let mut received: Vec<_> = received.map(|received| received.id().to_owned()).collect();
    named.sort();
    received.sort();
    assert_eq!((named, 3), (received.clone(), received.len()), "a test event goes to its own endpoint only");
    assert_eq!(events[2]["data"]["reference"], order.reference());
    shop.close().await;
}

#[tokio::test]
async fn the_stream_of_events_resumes_at_the_cursor() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    shared(&shop).await;
    let mut live = Followed::open(&shop, &shop.url, &key, None).await;
    let place = live.last_id.clone();
    let order = shared(&shop).await;
    for kind in ["checkout.authorized", "customer.shared"] {
        let event = live.next().await.unwrap();
        assert_eq!((&event["type"], &event["data"]["reference"]), (&json!(kind), &json!(order.reference())));
        assert!(event["id"].as_str().unwrap().starts_with("evt_"));
    }
    let mut again = Followed::open(&shop, &shop.url, &key, Some(&place)).await;
    assert_eq!(again.next().await.unwrap()["data"]["reference"], order.reference());
    let mut whole = Followed::open(&shop, &shop.url, &key, Some("0")).await;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(whole.next().await.unwrap());
    }
    assert_eq!(seen, log(&shop, &key, "").await.0);
    assert_eq!(whole.last_id, live.last_id);
    // Stopping the proxy ends the streams.
    shop.close().await;
    assert!(live.next().await.is_none() && whole.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let shop = Shop::open().await;
    let key = shop.key("office").await;
    let mut live = Followed::open(&shop, &shop.url, &key, None).await;
    let prefix = key.split('_').nth(1).unwrap();
    shop.runs(&["keys", "revoke", prefix]).await.succeeded();
    assert!(live.next().await.is_none());
    shop.close().await;
}

#[tokio::test]
async fn invalid_cursors_and_filters_of_the_log_are_refused() {
    let shop = Shop::open_with("limits.shop_streams = 1").await;
    let key = shop.key("office").await;
    for (query, code) in [("after=x", "bad_cursor"), ("after=-1", "bad_cursor"), ("limit=0", "malformed_query")] {
        problem(get(&shop, &key, query).await, 400, code).await;
    }
    let stream = || shop.get("/v1/shop/events/stream").bearer_auth(&key);
    problem(stream().header("last-event-id", "x").send().await.unwrap(), 400, "bad_cursor").await;
    let _open = Followed::open(&shop, &shop.url, &key, None).await;
    problem(stream().send().await.unwrap(), 429, "rate_limited").await;
    problem(shop.get("/v1/shop/events").send().await.unwrap(), 401, "unauthorized").await;
    shop.close().await;
}

#[tokio::test]
async fn a_key_of_one_sales_unit_sees_its_events_only() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let made = shop.runs(&["keys", "add", "the Danish warehouse", "--sales-unit", "dk"]).await.succeeded();
    let key = made.out.trim();
    let mut live = Followed::open(&shop, &shop.url, key, None).await;
    shared(&shop).await;
    let mut danish = shop.order(&a_danish_mug()).await;
    shop.vipps.customer("reject", danish.reference()).await;
    danish.becomes(State::Aborted).await;
    let event = live.next().await.unwrap();
    assert_eq!((&event["data"]["sales_unit"], &event["type"]), (&json!("dk"), &json!("checkout.aborted")));
    assert_eq!(log(&shop, key, "").await.0, [event]);
    shop.close().await;
}

#[tokio::test]
async fn a_stream_at_one_proxy_has_the_events_of_another() {
    let mut shop = Shop::open_on(Database::Postgres, "").await;
    let other = shop.opens_another_proxy().await;
    let key = shop.key("office").await;
    let mut live = Followed::open(&shop, &other, &key, None).await;
    let order = shared(&shop).await;
    assert_eq!(live.next().await.unwrap()["data"]["reference"], order.reference());
    shop.close().await;
}

/// Transactions commit in another order than they begin. An event that commits late must not be skipped by a cursor.
#[tokio::test]
async fn a_late_commit_is_not_skipped_by_a_cursor() {
    let shop = Shop::open_on(Database::Postgres, "").await;
    let key = shop.key("office").await;
    let late = "INSERT INTO events (id, kind, payload, at) \
         VALUES ('evt_late', 'checkout.expired', '{\"type\":\"checkout.expired\",\"timestamp\":\"\",\"data\":{}}', 1)";
    let mut slow = PgConnection::connect(&shop.files.database).await.unwrap();
    let mut transaction = slow.begin().await.unwrap();
    sqlx::query(late).execute(&mut *transaction).await.unwrap();
    let mut live = Followed::open(&shop, &shop.url, &key, None).await;
    shared(&shop).await;
    let (events, next) = log(&shop, &key, "").await;
    assert_eq!(kinds(&events), ["checkout.authorized", "customer.shared"], "an uncommitted event is not read");
    transaction.commit().await.unwrap();
    slow.close().await.unwrap();
    let (late, _) = log(&shop, &key, &format!("after={next}")).await;
    assert_eq!((late.len(), &late[0]["id"]), (1, &json!("evt_late")));
    for kind in ["checkout.authorized", "customer.shared", "checkout.expired"] {
        assert_eq!(live.next().await.unwrap()["type"], kind);
    }
    shop.close().await;
}

/// Each of many concurrent readers and writers: every reader sees every event once, in one order.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_readers_miss_no_event() {
    const EVENTS: usize = 120;
    let shop = Shop::open().await;
    shop.is_ready().await;
    let store = shop.store().await;
    let order = shop.ordered().await;
    let checkout = shop.stored(&order).await;
    let now = kvitt::base::clock::now();
    let writes = (0..EVENTS).map(|nth| {
        let event = kvitt::checkout::Event::capture_due(&checkout, now, now);
        assert_eq!(event.kind, EventKind::PaymentCaptureDue);
        let event = kvitt::store::events::NewEvent::new(&format!("{nth}"), checkout.id, &event).unwrap();
        let store = &store;
        async move {
            store.enqueue_deliveries(&event, None, now).await.unwrap();
        }
    });
    let read = || async {
        let (mut seen, mut after) = (Vec::new(), 0);
        while seen.len() < EVENTS {
            let more = || async { Some(store.events(after, None, 7).await.unwrap()).filter(|read| !read.is_empty()) };
            let read = eventually("more events", more).await;
            after = read.last().unwrap().position;
            seen.extend(read.into_iter().map(|logged| logged.id));
        }
        seen
    };
    // More writers than connections would wait for one longer than they may.
    let writes = futures_util::stream::iter(writes).for_each_concurrent(8, |write| write);
    let ((), one, other) = tokio::join!(writes, read(), read());
    assert_eq!(one, other);
    let once: std::collections::HashSet<_> = one.iter().collect();
    assert_eq!(once.len(), EVENTS);
    store.close().await;
    shop.close().await;
}
