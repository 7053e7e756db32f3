//! The contract of the store for deliveries to the shop's endpoints.

use kvitt::checkout::Moment;
use kvitt::checkout::audit::{Action, Entry};
use kvitt::shop::relay::new_secret;
use kvitt::store::Store;
use kvitt::store::deliveries::{Delivery, DeliveryOutcome, DeliveryTry, SettleOutcome};
use kvitt::store::endpoints::NewEndpoint;
use kvitt::store::events::NewEvent;

use super::{LEASE_MS, NOW, Place};
use crate::shop::{Database, operator};

/// Longer than any failure here.
const DISABLE_AFTER_MS: i64 = 5 * 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

of_both! {
    deliveries_scheduled_in_the_future_are_due_when_the_clock_goes_back
    concurrent_failures_disable_an_endpoint_once
}

async fn endpoint(store: &Store) -> NewEndpoint {
    let endpoint = NewEndpoint::new("https://shop.example/hooks".into(), None);
    store.add_endpoint(&endpoint, &new_secret(), &Entry::new(Action::AddEndpoint, &operator(), NOW)).await.unwrap();
    endpoint
}

/// Enqueues an event for the endpoint at this moment. Returns its id.
async fn enqueue(store: &Store, endpoint: &NewEndpoint, at: Moment) -> String {
    let event = NewEvent::test(&endpoint.id, at).unwrap();
    assert_eq!(store.enqueue_deliveries(&event, Some(&endpoint.id), at).await.unwrap(), 1);
    event.id
}

fn failed(outcome: DeliveryOutcome) -> DeliveryTry {
    DeliveryTry { status: Some(500), error: Some("it answered 500".into()), latency_ms: 1, outcome }
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    let mut ids: Vec<_> = deliveries.iter().map(|delivery| delivery.claim.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

async fn deliveries_scheduled_in_the_future_are_due_when_the_clock_goes_back(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let endpoint = endpoint(&store).await;
    let ahead = NOW.plus_ms(HOUR_MS);
    let settle = async |at: Moment, wait_ms| {
        let claimed = store.claim_deliveries(1, LEASE_MS, at).await.unwrap().remove(0);
        let tried = failed(DeliveryOutcome::Retry(at.plus_ms(wait_ms)));
        store.settle_delivery(&claimed.claim, &tried, at.plus_ms(-DISABLE_AFTER_MS), at).await.unwrap();
    };
    let retried = enqueue(&store, &endpoint, NOW).await;
    settle(ahead, 60_000).await;
    // This delivery waits for its retry, and not because of the clock.
    enqueue(&store, &endpoint, NOW).await;
    settle(NOW, 5_000).await;
    let planned = enqueue(&store, &endpoint, ahead).await;
    assert!(store.claim_deliveries(9, LEASE_MS, NOW).await.unwrap().is_empty());

    store.clock_went_back(NOW).await.unwrap();
    let due = store.claim_deliveries(9, LEASE_MS, NOW).await.unwrap();
    let mut wanted = [retried.as_str(), planned.as_str()];
    wanted.sort_unstable();
    assert_eq!(ids(&due), wanted);
    assert_eq!(store.endpoints().await.unwrap()[0].failing_since, Some(NOW));
}

async fn concurrent_failures_disable_an_endpoint_once(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let endpoint = endpoint(&store).await;
    for _ in 0..5 {
        for _ in 0..16 {
            enqueue(&store, &endpoint, NOW).await;
        }
        let claimed = store.claim_deliveries(16, LEASE_MS, NOW).await.unwrap();
        assert_eq!(claimed.len(), 16);
        let settlements = claimed.into_iter().enumerate().map(|(nth, delivery)| {
            let store = store.clone();
            // Deliveries that succeed reset what failed ones have set.
            let tried = match nth % 4 {
                0 => DeliveryTry { status: Some(204), error: None, latency_ms: 1, outcome: DeliveryOutcome::Delivered },
                _ => failed(DeliveryOutcome::Gone),
            };
            tokio::spawn(async move {
                store.settle_delivery(&delivery.claim, &tried, NOW.plus_ms(-DISABLE_AFTER_MS), NOW).await
            })
        });
        let mut disabled = 0;
        for settlement in settlements.collect::<Vec<_>>() {
            match settlement.await.unwrap().unwrap() {
                SettleOutcome::EndpointDisabled(_) => disabled += 1,
                SettleOutcome::Written => {}
                SettleOutcome::Lost => panic!("no other handle has claimed it"),
            }
        }
        assert_eq!(disabled, 1);
        store.enable_endpoint(&endpoint.id, &Entry::new(Action::EnableEndpoint, &operator(), NOW)).await.unwrap();
    }
}
