//! Orders that came to nothing are deleted with all that belongs to them but the audit, some at once, and no others.

use kvitt::checkout::audit::{Action, Entry};
use kvitt::checkout::{Checkout, Event, Moment, Offer, OfferedBy};
use kvitt::store::events::NewEvent;
use kvitt::store::{Cause, Committed, Store};
use kvitt_wire::State;

use super::{LEASE_MS, NOW, Place, insert, keyed, next_version};
use crate::shop::{Database, operator};

of_both! {
    orders_without_money_are_deleted_and_no_others
    orders_are_deleted_some_at_once
}

/// The nth order with its only payment in this state, and nothing left to do.
async fn ended(store: &Store, nth: u128, change: impl FnOnce(&mut Checkout)) -> Checkout {
    let mut order = next_version(&insert(store, nth).await);
    order.attempts[0].state = State::Expired;
    order.order.payable_until = Some(NOW);
    change(&mut order);
    let claim = store.claim_due(1, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    assert_eq!(store.commit(&order, &[], &Cause::Outbox(claim), NOW).await.unwrap(), Committed::Yes);
    order
}

async fn exists(store: &Store, order: &Checkout) -> bool {
    store.checkout(order.id).await.unwrap().is_some()
}

async fn orders_without_money_are_deleted_and_no_others(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let expired = ended(&store, 1, |_| ()).await;
    let released = ended(&store, 2, |order| order.attempts[0].aggregate.authorized = 100).await;
    let paid = ended(&store, 3, |order| order.attempts[0].state = State::Authorized).await;
    let payable = ended(&store, 4, |order| {
        order.order.offer = Some(Offer::new(OfferedBy::Shop, NOW.plus_ms(1_000)));
    })
    .await;
    let busy = ended(&store, 5, |_| ()).await;
    let claimed = insert(&store, 6).await;
    assert_ne!(claimed.id, busy.id);

    // The first has a key and an event besides.
    let again = next_version(&expired);
    let cause = Cause::Idempotent(keyed("key", "this", &again));
    assert_eq!(store.commit(&again, &[], &cause, NOW).await.unwrap(), Committed::Yes);
    let event = NewEvent::new("capture_due-1", again.id, &Event::capture_due(&again, NOW, NOW)).unwrap();
    store.enqueue_deliveries(&event, None, NOW).await.unwrap();
    assert_eq!(store.order_events(again.id).await.unwrap().len(), 1);
    let position = store.latest_position().await.unwrap();
    let withdrawn = Entry::new(Action::WithdrawRequest, &operator(), NOW);
    store.record(&Entry { checkout_id: Some(expired.id), ..withdrawn }).await.unwrap();

    assert_eq!(store.prune_unpaid_orders(NOW, 10).await.unwrap(), 0, "none is older");
    // The fifth has an effect that nobody could carry out.
    let effects = super::effects(5);
    store.commit(&next_version(&busy), &effects, &Cause::Request, NOW).await.unwrap();
    assert_eq!(store.prune_unpaid_orders(NOW.plus_ms(1), 10).await.unwrap(), 1);
    assert!(!exists(&store, &expired).await);
    assert_eq!(store.checkout_of(expired.current().reference.as_str()).await.unwrap(), None);
    assert_eq!(store.idempotency_record("key").await.unwrap(), None);
    assert!(store.order_events(expired.id).await.unwrap().is_empty());
    assert!(store.events(0, None, 10).await.unwrap().is_empty());
    assert_eq!(store.order_audit(expired.id).await.unwrap()[0].action, "withdraw_request", "the audit stays");
    for kept in [&released, &paid, &payable, &busy, &claimed] {
        assert!(exists(&store, kept).await, "{:?}", kept.current());
    }
    assert_eq!(store.prune_unpaid_orders(NOW.plus_ms(1_001), 10).await.unwrap(), 1, "it can no longer be paid");
    assert!(!exists(&store, &payable).await);
    // Positions are not given twice, so a reader misses nothing.
    let event = NewEvent::new("capture_due-3", paid.id, &Event::capture_due(&paid, NOW, NOW)).unwrap();
    store.enqueue_deliveries(&event, None, NOW).await.unwrap();
    assert_eq!(store.events(position, None, 10).await.unwrap().len(), 1);
    store.close().await;
}

async fn orders_are_deleted_some_at_once(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    for nth in 0..10 {
        ended(&store, nth, |_| ()).await;
    }
    let later = Moment(NOW.0 + 1);
    let mut deleted = Vec::new();
    for _ in 0..4 {
        deleted.push(store.prune_unpaid_orders(later, 4).await.unwrap());
    }
    assert_eq!(deleted, [4, 4, 2, 0]);
    store.close().await;
}
