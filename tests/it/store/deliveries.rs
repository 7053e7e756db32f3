//! What a store promises of what the shop is told.

use kvitt::checkout::Moment;
use kvitt::shop::relay::new_secret;
use kvitt::store::Store;
use kvitt::store::deliveries::{Delivery, DeliveryOutcome, DeliveryTry, NewEvent, SettleOutcome};
use kvitt::store::endpoints::NewEndpoint;

use super::{LEASE_MS, NOW, Place};
use crate::shop::Database;

/// Longer than anything fails here.
const PATIENCE_MS: i64 = 5 * 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

of_both! {
    what_was_told_and_tried_in_the_future_is_due_when_the_clock_goes_back
    an_endpoint_is_disabled_once_by_many_who_find_it_gone_at_once
}

async fn endpoint(store: &Store) -> NewEndpoint {
    let endpoint = NewEndpoint::new("https://shop.example/hooks".into(), None);
    store.add_endpoint(&endpoint, &new_secret(), NOW).await.unwrap();
    endpoint
}

/// Tells the endpoint something at that moment; its id.
async fn tell(store: &Store, endpoint: &NewEndpoint, at: Moment) -> String {
    let told = NewEvent::test(&endpoint.id, at).unwrap();
    assert_eq!(store.enqueue_deliveries(&told, Some(&endpoint.id), at).await.unwrap(), 1);
    told.id
}

fn failed(outcome: DeliveryOutcome) -> DeliveryTry {
    DeliveryTry { status: Some(500), error: Some("it answered 500".into()), latency_ms: 1, outcome }
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    let mut ids: Vec<_> = deliveries.iter().map(|delivery| delivery.claim.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

async fn what_was_told_and_tried_in_the_future_is_due_when_the_clock_goes_back(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let endpoint = endpoint(&store).await;
    let ahead = NOW.plus_ms(HOUR_MS);
    let settle = async |at: Moment, wait_ms| {
        let claimed = store.claim_deliveries(1, LEASE_MS, at).await.unwrap().remove(0);
        let tried = failed(DeliveryOutcome::Retry(at.plus_ms(wait_ms)));
        store.settle_delivery(&claimed.claim, &tried, at.plus_ms(-PATIENCE_MS), at).await.unwrap();
    };
    let retried = tell(&store, &endpoint, NOW).await;
    settle(ahead, 60_000).await;
    // This one waits because its endpoint failed, not because the clock was wrong.
    tell(&store, &endpoint, NOW).await;
    settle(NOW, 5_000).await;
    let told = tell(&store, &endpoint, ahead).await;
    assert!(store.claim_deliveries(9, LEASE_MS, NOW).await.unwrap().is_empty());

    store.clock_went_back(NOW).await.unwrap();
    let due = store.claim_deliveries(9, LEASE_MS, NOW).await.unwrap();
    let mut wanted = [retried.as_str(), told.as_str()];
    wanted.sort_unstable();
    assert_eq!(ids(&due), wanted);
    assert_eq!(store.endpoints().await.unwrap()[0].failing_since, Some(NOW));
}

async fn an_endpoint_is_disabled_once_by_many_who_find_it_gone_at_once(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let endpoint = endpoint(&store).await;
    for _ in 0..5 {
        for _ in 0..16 {
            tell(&store, &endpoint, NOW).await;
        }
        let claimed = store.claim_deliveries(16, LEASE_MS, NOW).await.unwrap();
        assert_eq!(claimed.len(), 16);
        let settlements = claimed.into_iter().enumerate().map(|(nth, delivery)| {
            let store = store.clone();
            // Those that arrive lift what those that fail have set.
            let tried = match nth % 4 {
                0 => DeliveryTry { status: Some(204), error: None, latency_ms: 1, outcome: DeliveryOutcome::Delivered },
                _ => failed(DeliveryOutcome::Gone),
            };
            tokio::spawn(
                async move { store.settle_delivery(&delivery.claim, &tried, NOW.plus_ms(-PATIENCE_MS), NOW).await },
            )
        });
        let mut disabled = 0;
        for settlement in settlements.collect::<Vec<_>>() {
            match settlement.await.unwrap().unwrap() {
                SettleOutcome::EndpointDisabled(_) => disabled += 1,
                SettleOutcome::Written => {}
                SettleOutcome::Lost => panic!("nobody else has claimed it"),
            }
        }
        assert_eq!(disabled, 1);
        store.enable_endpoint(&endpoint.id).await.unwrap();
    }
}
