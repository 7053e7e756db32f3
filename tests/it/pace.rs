//! The proxy keeps within the rate limits of Vipps MobilePay, however often customers return or cancel and webhooks come. The emulator has
//! the same limits.

use kvitt_wire::State;
use serde_json::{Value, json};

use crate::shop::Shop;

fn refused_as_too_many(calls: &[Value]) -> usize {
    calls.iter().filter(|call| call["status"] == 429).count()
}

#[tokio::test]
async fn many_returns_and_webhooks_cause_no_429() {
    let shop = Shop::open_with("polling.every_ms = 1").await;
    let mut order = shop.ordered().await;
    for nth in 0..200 {
        let event = json!({
            "msn": "123456", "reference": order.reference(), "pspReference": format!("event-{nth}"), "name": "AUTHORIZED",
            "amount": { "currency": "NOK", "value": 58_700 }, "timestamp": "2026-01-19T16:26:32.099Z", "success": true,
        });
        shop.vipps.sends_webhook(&shop, &event.to_string()).await;
        shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap();
    }
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let polls = shop.vipps.calls("GET", order.reference()).await;
    assert!(polls.len() >= 50, "the limit permits 50 calls at once, and there were {}", polls.len());
    assert_eq!(refused_as_too_many(&polls), 0);
    shop.close().await;
}

#[tokio::test]
async fn repeated_cancels_cause_no_429() {
    let shop = Shop::open_with("limits.wait_ms = 100").await;
    let mut order = shop.ordered().await;
    // Polling fails, so that the cancellation stays pending and can be repeated.
    shop.vipps.fails("GET", order.reference(), 1_000, json!({ "status": 503 })).await;
    for _ in 0..20 {
        order.cancels().await;
    }
    let cancels = shop.vipps.calls("POST", "/cancel").await;
    assert_eq!((cancels.len(), refused_as_too_many(&cancels)), (3, 0), "the fourth call is delayed");
    shop.vipps.nothing_fails().await;
    order.becomes(State::Terminated).await;
    shop.close().await;
}
