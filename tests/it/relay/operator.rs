//! An operator rotates secrets and replays events, and a due capture is delivered once.

use serde_json::json;

use super::{LOCAL_RELAY, Receiver, Shop, listed, paid, tests};

#[tokio::test]
async fn during_a_rotation_both_secrets_sign() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([]).await;
    let added = shop.adds_endpoint(&receiver).await;
    let rotated = shop.runs(&["endpoints", "rotate", &added.id]).await.succeeded();
    let new = rotated.out.trim();
    crate::shop::log::hide(new);
    assert!(new.starts_with("whsec_") && new != added.secret);
    tests(&shop, &added.id).await;
    let received = receiver.receives(1).await;
    assert!(received[0].is_signed_with(&added.secret) && received[0].is_signed_with(new));

    crate::shop::execute(&shop.files.database, "UPDATE endpoints SET previous_until = 1").await;
    tests(&shop, &added.id).await;
    let received = receiver.receives(2).await;
    assert!(!received[1].is_signed_with(&added.secret) && received[1].is_signed_with(new));
    let unknown = shop.runs(&["endpoints", "rotate", "ep_none"]).await;
    assert!(unknown.code == Some(1) && unknown.err.contains("there is no endpoint ep_none"), "{unknown:?}");
    shop.close().await;
}

#[tokio::test]
async fn a_delivered_event_can_be_replayed() {
    let shop = Shop::open_with(LOCAL_RELAY).await;
    let receiver = Receiver::answering([]).await;
    let added = shop.adds_endpoint(&receiver).await;
    let (first, second) = (tests(&shop, &added.id).await, tests(&shop, &added.id).await);
    receiver.receives(2).await;
    crate::shop::eventually("both are stored", || async {
        listed(&shop, &added.id, &[]).await.iter().all(|one| !one["delivered_at"].is_null()).then_some(())
    })
    .await;
    let replay = ["deliveries", "replay", &added.id];
    let one = shop.runs(&[&replay[..], &["--delivery", &first]].concat()).await.succeeded();
    assert_eq!(one.out, "1 to be delivered again\n");
    assert_eq!(receiver.receives(3).await[2].id(), first);
    let since = shop.runs(&[&replay[..], &["--since", "2020-01-01T00:00:00Z"]].concat()).await.succeeded();
    assert_eq!(since.out, "2 to be delivered again\n");
    assert!(receiver.receives(5).await[3..].iter().any(|received| received.id() == second));
    let none = shop.runs(&[&replay[..], &["--since", "2100-01-01T00:00:00Z"]].concat()).await.succeeded();
    assert_eq!(none.out, "0 to be delivered again\n");
    let table = shop.runs(&["deliveries", "list", &added.id]).await.succeeded().out;
    assert!(table.starts_with("event ") && table.contains("endpoint.test") && table.contains("204"), "{table}");
    assert!(!shop.runs(&["endpoints", "list"]).await.succeeded().out.contains(&added.secret));
    shop.close().await;
}

#[tokio::test]
async fn capture_due_is_delivered_once() {
    let extra = format!("capture.warn_days = 8\ncapture.every_ms = 50\n{LOCAL_RELAY}");
    let shop = Shop::open_with(&extra).await;
    let receiver = Receiver::answering([]).await;
    shop.adds_endpoint(&receiver).await;
    let order = paid(&shop).await;
    let due = receiver.receives_event("payment.capture_due").await.json();
    assert_eq!(due["data"]["reference"], order.reference());
    let in_ms = due["data"]["capture_by_ms"].as_i64().unwrap() - kvitt::base::clock::now().0;
    assert_eq!((in_ms + 60_000) / 86_400_000, 7, "the days of the guarantee");
    let part = |value| kvitt_vipps::Amount { value, currency: "NOK".into() };
    shop.vipps.client.capture(order.reference(), "capture-1", part(8_700)).await.unwrap();
    receiver.receives_event("payment.captured").await;
    let times =
        receiver.received().iter().filter(|received| received.json()["type"] == json!("payment.capture_due")).count();
    assert_eq!(times, 1);
    shop.close().await;
}
