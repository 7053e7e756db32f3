//! `GET /v1/shop/warnings` lists what needs manual action, until it is resolved.

use kvitt_wire::{ShopWarning, ShopWarnings, State};
use serde_json::json;

use crate::orders::a_danish_mug;
use crate::shop::{Answer, LOCAL_RELAY, Receiver, Shop, eventually};

async fn warned(shop: &Shop, key: &str) -> Vec<ShopWarning> {
    let answer = shop.get("/v1/shop/warnings").bearer_auth(key).send().await.unwrap();
    answer.json::<ShopWarnings>().await.unwrap().warnings
}

fn kinds(warnings: &[ShopWarning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.kind.as_str()).collect()
}

#[tokio::test]
async fn warnings_are_listed_until_they_are_resolved() {
    // A reservation is guaranteed for a week, so each capture is due at once.
    let shop = Shop::open_with(&format!("{LOCAL_RELAY}\ncapture.warn_days = 8")).await;
    let key = shop.key("office").await;
    assert!(warned(&shop, &key).await.is_empty());
    let made = shop.runs(&["keys", "add", "Danish", "--sales-unit", "dk"]).await.succeeded();
    let danish_key = made.out.trim();

    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let mut danish = shop.order(&a_danish_mug()).await;
    shop.vipps.approves(danish.reference()).await;
    danish.becomes(State::Authorized).await;
    let due = warned(&shop, &key).await;
    assert_eq!(kinds(&due), ["capture_due", "capture_due"]);
    assert!(due[0].at_ms.is_some() && !due[0].detail.is_empty());
    let theirs = warned(&shop, danish_key).await;
    assert_eq!((theirs.len(), theirs[0].reference.as_deref()), (1, Some(danish.reference())));

    let receiver = Receiver::answering([Answer::Status(500), Answer::Status(410)]).await;
    let endpoint = shop.adds_endpoint(&receiver).await;
    shop.runs(&["endpoints", "test", &endpoint.id]).await.succeeded();
    let disabled = || async {
        let warnings = warned(&shop, &key).await;
        warnings.into_iter().find(|warning| warning.kind == "endpoint_disabled")
    };
    let disabled = eventually("it is disabled", disabled).await;
    assert_eq!(disabled.endpoint.as_deref(), Some(&endpoint.id[..]));
    assert!(disabled.detail.contains("410 Gone"), "{disabled:?}");
    assert_eq!(kinds(&warned(&shop, danish_key).await), ["capture_due"], "endpoints belong to the whole shop");

    for order in [&order, &danish] {
        let capture = shop.post(&format!("/v1/shop/orders/{}/capture", order.reference())).bearer_auth(&key);
        let captured = capture.header("idempotency-key", order.reference()).json(&json!({})).send().await.unwrap();
        assert_eq!(captured.status(), 200);
    }
    assert_eq!(kinds(&warned(&shop, &key).await), ["endpoint_disabled"]);
    shop.close().await;
}
