//! Events are delivered to the shop's backend: signed, at least once, under one id, and to public addresses only.

mod failures;
mod operator;

use std::collections::HashSet;

use kvitt_wire::State;
use serde_json::{Value, json};

use crate::shop::{Answer, Database, LOCAL_RELAY, Order, PHONE_NUMBER, Receiver, Shop, dump, eventually};

async fn paid(shop: &Shop) -> Order<'_> {
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    order
}

/// An endpoint's deliveries, as the command lists them.
async fn listed(shop: &Shop, endpoint: &str, arguments: &[&str]) -> Vec<Value> {
    let command = [&["deliveries", "list", endpoint, "--json"], arguments].concat();
    shop.runs(&command).await.succeeded().json().as_array().unwrap().clone()
}

/// Waits until the endpoint's only delivery is as wanted.
async fn delivery(shop: &Shop, endpoint: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually("the delivery", || async { listed(shop, endpoint, &[]).await.into_iter().next().filter(&wanted) }).await
}

async fn tests(shop: &Shop, endpoint: &str) -> String {
    shop.runs(&["endpoints", "test", endpoint]).await.succeeded().out.trim().to_owned()
}

#[tokio::test]
async fn a_paid_order_is_delivered_once_signed_and_without_the_number() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    let mut order = paid(&shop).await;
    order.follows(|checkout| checkout.sharing.phone_number_ending.is_some(), "shared").await;
    receiver.receives_event("customer.shared").await;
    let delivery = receiver.receives_event("checkout.authorized").await;
    let payload = delivery.json();
    let data = &payload["data"];
    assert_eq!((&data["reference"], &data["state"]), (&json!(order.reference()), &json!("authorized")));
    assert_eq!((&data["aggregate"]["authorized"], &data["currency"]), (&json!(58_700), &json!("NOK")));
    assert_eq!(
        (&data["sales_unit"], &data["order_number"].as_str().unwrap().starts_with("nordlys-")),
        (&json!("no"), &true)
    );
    assert!(payload["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(delivery.header("content-type"), "application/json");
    let trace_id = data["trace_id"].as_str().unwrap();
    assert_eq!(trace_id, shop.stored(&order).await.trace_id);
    assert!(delivery.header("traceparent").starts_with(&format!("00-{trace_id}-")));

    for received in receiver.received() {
        assert!(received.is_signed_with(&endpoint.secret));
        assert!(
            !received.body.contains(PHONE_NUMBER) && !received.body.contains(&order.seen.token),
            "{}",
            received.body
        );
    }
    let delivered = || async {
        let all = listed(&shop, &endpoint.id, &[]).await;
        all.iter().all(|one| !one["delivered_at"].is_null()).then_some(all)
    };
    let all = eventually("both are delivered", delivered).await;
    assert_eq!((all.len(), &all[0]["last_status"], &all[0]["tries"]), (2, &json!(204), &json!(1)));
    assert_eq!(receiver.received().len(), 2, "once each");
    let metrics = shop.metrics().await;
    assert!(metrics.contains("\nkvitt_deliveries_total{outcome=\"delivered\"} 2\n"), "{metrics}");
    assert!(metrics.contains("\nkvitt_deliveries_waiting 0\n"), "{metrics}");
    assert!(!dump(&shop.files.database).await.contains(&endpoint.secret[6..]), "the secret is encrypted");
    shop.close().await;
}

#[tokio::test]
async fn each_final_state_and_each_operation_is_delivered() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([]).await;
    shop.adds_endpoint(&receiver).await;
    for (does, kind) in [("reject", "checkout.aborted"), ("expire", "checkout.expired")] {
        let order = shop.ordered().await;
        shop.vipps.customer(does, order.reference()).await;
        assert_eq!(receiver.receives_event(kind).await.json()["data"]["reference"], order.reference());
    }
    let mut order = shop.ordered().await;
    order.cancels().await;
    receiver.receives_event("checkout.cancelled").await;

    let order = paid(&shop).await;
    let part = |value| kvitt_vipps::Amount { value, currency: "NOK".into() };
    shop.vipps.client.capture(order.reference(), "capture-1", part(8_700)).await.unwrap();
    assert_eq!(receiver.receives_event("payment.captured").await.json()["data"]["aggregate"]["captured"], 8_700);
    shop.vipps.client.refund(order.reference(), "refund-1", part(700)).await.unwrap();
    assert_eq!(receiver.receives_event("payment.refunded").await.json()["data"]["aggregate"]["refunded"], 700);
    shop.vipps.client.cancel(order.reference(), "cancel-1", kvitt_vipps::CancelScope::Remainder).await.unwrap();
    assert_eq!(receiver.receives_event("payment.cancelled").await.json()["data"]["aggregate"]["cancelled"], 50_000);
    shop.close().await;
}

#[tokio::test]
async fn an_endpoint_gets_only_the_events_it_subscribed_to() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let (some, all) = (Receiver::answering([]).await, Receiver::answering([]).await);
    let wants = shop.adds_endpoint_with(&some, &["--event", "customer.shared", "--event", "payment.captured"]).await;
    shop.adds_endpoint(&all).await;
    let unknown = shop.runs(&["endpoints", "add", &some.url, "--event", "checkout.paid"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("there is no event checkout.paid, but checkout.authorized,"), "{unknown:?}");
    paid(&shop).await;
    all.receives_event("checkout.authorized").await;
    assert_eq!(some.receives_event("customer.shared").await.id(), all.receives_event("customer.shared").await.id());
    assert_eq!(some.received().len(), 1);
    shop.runs(&["endpoints", "remove", &wants.id]).await.succeeded();
    let left = shop.runs(&["endpoints", "list", "--json"]).await.succeeded().json();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["url"]), (1, &json!(all.url)));
    shop.close().await;
}

#[tokio::test]
async fn without_endpoints_no_delivery_is_queued() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    paid(&shop).await;
    let metrics = shop.metrics().await;
    assert!(metrics.contains("\nkvitt_deliveries_waiting 0\n"), "{metrics}");
    // An endpoint that is added later receives later events only.
    let receiver = Receiver::answering([]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    assert!(listed(&shop, &endpoint.id, &[]).await.is_empty());
    shop.close().await;
}

#[tokio::test]
async fn of_two_proxies_one_delivers_each_event() {
    let mut shop = Shop::open_on(Database::Postgres, LOCAL_RELAY).await;
    shop.opens_another_proxy().await;
    let receiver = Receiver::answering([]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    let store = shop.store().await;
    let now = kvitt::base::clock::now();
    for _ in 0..60 {
        let event = kvitt::store::events::NewEvent::test(&endpoint.id, now).unwrap();
        assert_eq!(store.enqueue_deliveries(&event, Some(&endpoint.id), now).await.unwrap(), 1);
    }
    let waiting = || async { (store.relay_depths(now).await.unwrap().waiting == 0).then_some(()) };
    eventually("all are delivered", waiting).await;
    store.close().await;
    let received = receiver.received();
    let ids: HashSet<_> = received.iter().map(|received| received.id().to_owned()).collect();
    assert_eq!((received.len(), ids.len()), (60, 60));
    shop.close().await;
}
