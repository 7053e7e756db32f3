//! The contract of the store, checked on SQLite and PostgreSQL. Several handles on one database stand for several proxies.

use std::collections::BTreeSet;

use kvitt::checkout::{
    Checkout, CheckoutId, Customer, Effect, Moment, Opening, Order, PhoneNumber, Planned, Private, ReceiptBy, Step,
};
use kvitt::store::{Cause, Committed, Error, IdempotencyRecord, Secret, Store, Webhook};
use kvitt_wire::{Amount, Brand, Cart, Currency, Language, PaymentSources, State};
use tempfile::TempDir;
use uuid::Uuid;

use crate::shop::{Database, beside, vault};

const NOW: Moment = Moment(1_700_000_000_000);
const LEASE_MS: i64 = 1_000;

/// A new database.
pub(crate) struct Place {
    pub(crate) url: String,
    _folder: TempDir,
}

impl Place {
    pub(crate) fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: database.make(folder.path()), _folder: folder }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, &vault()).await.unwrap()
    }

    /// A second handle.
    pub(crate) async fn opens_beside(&self) -> Store {
        beside(&self.url).await
    }
}

/// The nth checkout, with its first effect.
pub(crate) fn opened(nth: u128) -> Step {
    let price = Amount { value: 24_900, currency: Currency::Nok };
    let cart = Cart {
        sales_unit: "no".into(),
        shop: "Nordlys Keramikk".into(),
        brand: Brand::Vipps,
        lines: Vec::new(),
        total: price,
        vat: 0,
        terms_url: "https://shop.example/terms".into(),
        asks_phone_number: true,
        payment_sources: PaymentSources::default(),
    };
    let order = Order {
        number: format!("nordlys-{nth}"),
        cart,
        description: "1 × Stoneware mug".into(),
        language: Language::Nb,
        return_url: None,
        landing_return_url: Private("https://pay.shop.example/return/token".into()),
        receipt: ReceiptBy::None,
        terms_accepted_at: Some(NOW),
        payable_until: None,
        offer: None,
    };
    let opening = Opening { order, consent: None, customer: None };
    kvitt::checkout::open(CheckoutId(Uuid::from_u128(nth)), "trace".into(), opening, NOW)
}

/// Stores the nth checkout.
pub(crate) async fn insert(store: &Store, nth: u128) -> Checkout {
    let Step { checkout, effects } = opened(nth);
    let committed = store.insert(&checkout, &Secret("hush".into()), &effects, &Cause::Request, 0, NOW).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    checkout
}

pub(crate) fn next_version(checkout: &Checkout) -> Checkout {
    Checkout { version: checkout.version + 1, ..checkout.clone() }
}

pub(crate) fn webhook(nth: u32) -> Webhook {
    Webhook {
        sales_unit: "no".into(),
        reference: format!("nordlys-{nth}-1"),
        name: "AUTHORIZED".into(),
        event_id: format!("event-{nth}"),
        note: None,
    }
}

fn keyed(key: &str, fingerprint: &str, checkout: &Checkout) -> IdempotencyRecord {
    IdempotencyRecord { key: key.into(), fingerprint: fingerprint.into(), checkout_id: checkout.id }
}

fn effects(nth: u128) -> Vec<Planned> {
    opened(nth).effects
}

macro_rules! of_both {
    ($($promise:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $promise() { super::$promise(super::Database::Sqlite).await })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $promise() { super::$promise(super::Database::Postgres).await })*
        }
    };
}

// After the macro, which they use.
mod claims;
mod deliveries;
mod plans;
mod retention;

of_both! {
    what_is_stored_is_read_back
    of_concurrent_commits_of_a_version_one_succeeds_and_the_others_store_nothing
    a_new_database_can_be_opened_concurrently
    commits_of_a_batch_succeed_or_fail_one_by_one
    a_webhook_is_accepted_once
    a_webhook_is_claimed_by_one
    an_effect_is_claimed_by_one_until_its_lease_ends
    an_effect_waits_for_its_time
    a_deferred_effect_counts_no_try
    what_was_planned_in_the_future_is_due_when_the_clock_goes_back
    a_lease_by_a_wrong_clock_is_ignored
    a_parked_effect_is_not_claimed_and_is_counted
    a_cause_is_settled_with_its_commit
    a_new_owner_releases_the_claims_of_the_last_one
    a_chore_is_one_proxy_s_until_its_lease_or_its_period_is_over
    an_idempotency_key_is_used_once_and_for_its_request
}

async fn what_is_stored_is_read_back(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let first = insert(&store, 1).await;
    insert(&store, 2).await;
    store.ping().await.unwrap();

    let stored = store.checkout(first.id).await.unwrap().unwrap();
    assert_eq!((&stored.checkout, stored.secret.0.as_str()), (&first, "hush"));
    assert!(store.checkout(CheckoutId(Uuid::from_u128(3))).await.unwrap().is_none());
    assert_eq!(store.checkout_of(first.current().reference.as_str()).await.unwrap(), Some(first.id));
    assert_eq!(store.checkout_of("nobody-1").await.unwrap(), None);
    assert_eq!(store.phases().await.unwrap(), [(State::Starting, 2)]);

    let customer =
        Customer { sub: Some("sub".into()), phone_number: PhoneNumber::parse("4791234567"), received_at: NOW };
    let second = Checkout { customer: Some(customer), ..next_version(&first) };
    assert_eq!(store.commit(&second, &[], &Cause::Request, NOW).await.unwrap(), Committed::Yes);
    store.close().await;

    let store = place.open().await;
    assert_eq!(store.checkout(first.id).await.unwrap().unwrap().checkout, second);
    let ids = [first.id, CheckoutId(Uuid::from_u128(3))];
    assert_eq!(store.versions(&ids).await.unwrap(), [(first.id, 2)], "there is no third one");
    store.close().await;
}

async fn of_concurrent_commits_of_a_version_one_succeeds_and_the_others_store_nothing(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let first = insert(&store, 1).await;
    let before = store.depths(NOW).await.unwrap().outbox;
    let mut rivals = Vec::new();
    for _ in 0..8 {
        let (rival, next) = (place.opens_beside().await, next_version(&first));
        rivals.push(tokio::spawn(async move { rival.commit(&next, &effects(1), &Cause::Request, NOW).await.unwrap() }));
    }
    let mut committed = 0;
    for rival in rivals {
        committed += u32::from(rival.await.unwrap() == Committed::Yes);
    }
    assert_eq!(committed, 1);
    assert_eq!(store.depths(NOW).await.unwrap().outbox, before + 1);
    assert_eq!(store.commit(&next_version(&first), &[], &Cause::Request, NOW).await.unwrap(), Committed::Conflict);
}

async fn a_new_database_can_be_opened_concurrently(database: Database) {
    let place = Place::new(database);
    let vault = vault();
    let opened = futures_util::future::join_all((0..8).map(|_| Store::open(&place.url, &vault))).await;
    let (stores, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!(stores.len(), if database == Database::Sqlite { 1 } else { 8 });
    assert!(refused.iter().all(|refused| matches!(refused, Err(Error::InUse))), "{refused:?}");
    for (store, nth) in stores.iter().flatten().zip(1..) {
        insert(store, nth).await;
        store.close().await;
    }
}

async fn commits_of_a_batch_succeed_or_fail_one_by_one(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let mut firsts = Vec::new();
    for nth in 1..=20 {
        firsts.push(insert(&store, nth).await);
    }
    let before = store.depths(NOW).await.unwrap().outbox;
    let twice = firsts.iter().chain(&firsts).map(|first| async {
        let id = first.id.0.as_u128();
        store.commit(&next_version(first), &effects(id), &Cause::Request, NOW).await.unwrap()
    });
    // Among them is one that the database refuses.
    let Step { checkout, effects } = opened(7);
    let other = Secret("other".into());
    let (committed, again) = tokio::join!(
        futures_util::future::join_all(twice),
        store.insert(&checkout, &other, &effects, &Cause::Request, 0, NOW)
    );
    assert!(again.is_err(), "it exists already");
    assert_eq!(committed.iter().filter(|outcome| **outcome == Committed::Yes).count(), 20);
    assert_eq!(committed.iter().filter(|outcome| **outcome == Committed::Conflict).count(), 20);
    assert_eq!(store.depths(NOW).await.unwrap().outbox, before + 20);
    assert_eq!(store.checkout(checkout.id).await.unwrap().unwrap().secret.0, "hush");
    store.close().await;
}

async fn a_webhook_is_accepted_once(database: Database) {
    let place = Place::new(database);
    let (one, other) = (place.open().await, place.opens_beside().await);
    let inbox = async || one.depths(NOW).await.unwrap().inbox;
    one.accept_webhooks(&[webhook(1), webhook(1), webhook(2)], 0, NOW).await.unwrap();
    assert_eq!(inbox().await, 2);
    other.accept_webhooks(&[webhook(2)], 0, NOW).await.unwrap();
    one.accept_webhooks(&[], 0, NOW).await.unwrap();
    assert_eq!(inbox().await, 2);
    // Each handle gets all of them, in opposite order.
    let there: Vec<_> = (0..500).map(webhook).collect();
    let back: Vec<_> = there.iter().rev().cloned().collect();
    for _ in 0..4 {
        let (one, other) = tokio::join!(one.accept_webhooks(&there, 0, NOW), other.accept_webhooks(&back, 0, NOW));
        one.unwrap();
        other.unwrap();
    }
    assert_eq!(inbox().await, 500);
    let done = one.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().remove(0);
    one.settle(&Cause::Inbox(vec![done.id]), "nothing new", NOW).await.unwrap();
    one.accept_webhooks(&there, 0, NOW).await.unwrap();
    assert_eq!(inbox().await, 499, "a processed webhook is still known");
    while one.prune_webhooks(NOW.plus_ms(1), 100).await.unwrap() > 0 {}
    one.accept_webhooks(&there, 0, NOW).await.unwrap();
    assert_eq!(inbox().await, 500, "until it is pruned");
}

async fn a_webhook_is_claimed_by_one(database: Database) {
    let place = Place::new(database);
    let (one, other) = (place.open().await, place.opens_beside().await);
    let all: Vec<_> = (0..5).map(webhook).collect();
    one.accept_webhooks(&all, 0, NOW).await.unwrap();
    let first = one.claim_webhooks(3, LEASE_MS, NOW).await.unwrap();
    let rest = other.claim_webhooks(3, LEASE_MS, NOW).await.unwrap();
    let names: Vec<_> = first.iter().chain(&rest).map(|waiting| waiting.reference.as_str()).collect();
    assert_eq!(names, ["nordlys-0-1", "nordlys-1-1", "nordlys-2-1", "nordlys-3-1", "nordlys-4-1"], "oldest first");
    assert!(one.claim_webhooks(3, LEASE_MS, NOW).await.unwrap().is_empty());
    one.settle(&Cause::Inbox(vec![first[0].id]), "nothing new", NOW).await.unwrap();
    let later = NOW.plus_ms(LEASE_MS);
    assert_eq!(other.claim_webhooks(9, LEASE_MS, later).await.unwrap()[..2], first[1..]);
    assert_eq!(other.depths(NOW).await.unwrap().inbox, 4);
}

async fn an_effect_is_claimed_by_one_until_its_lease_ends(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    for nth in 0..40 {
        insert(&store, nth).await;
    }
    let mut rivals = Vec::new();
    for _ in 0..4 {
        let rival = place.opens_beside().await;
        rivals.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = rival.claim_due(3, LEASE_MS, NOW).await.unwrap();
                assert!(claimed.len() <= 3 && claimed.iter().all(|claimed| claimed.claim.tries == 1));
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|claimed| claimed.claim.id));
            }
        }));
    }
    let mut claimed = Vec::new();
    for rival in rivals {
        claimed.extend(rival.await.unwrap());
    }
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), claimed.len(), "two have the same");
    // A handle claims nothing when the rest is locked by another, so some may be left.
    claimed.extend(store.claim_due(40, LEASE_MS, NOW).await.unwrap().into_iter().map(|claimed| claimed.claim.id));
    assert_eq!(claimed.len(), 40);
    assert_eq!(store.next_due(NOW).await.unwrap(), Some(NOW.plus_ms(LEASE_MS)));

    assert!(store.claim_due(40, LEASE_MS, NOW.plus_ms(LEASE_MS - 1)).await.unwrap().is_empty());
    let again = store.claim_due(40, LEASE_MS, NOW.plus_ms(LEASE_MS)).await.unwrap();
    assert_eq!((again.len(), again[0].claim.tries), (40, 2), "expired claims are taken over");
    assert_eq!(again[0].effect, effects(again[0].checkout_id.0.as_u128())[0].effect);
}

async fn an_effect_waits_for_its_time(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    insert(&store, 1).await;
    let claim = store.claim_due(1, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    let later = NOW.plus_ms(60_000);
    store.postpone(&claim, later).await.unwrap();
    assert_eq!(store.next_due(NOW).await.unwrap(), Some(later));
    assert!(store.claim_due(1, LEASE_MS, later.plus_ms(-1)).await.unwrap().is_empty());
    assert_eq!(store.depths(later.plus_ms(7)).await.unwrap().overdue_ms, 7);
    assert_eq!(store.claim_due(1, LEASE_MS, later).await.unwrap()[0].claim.id, claim.id);
    store.postpone(&claim, later.plus_ms(60_000)).await.unwrap();
    assert_eq!(store.next_due(later).await.unwrap(), Some(later.plus_ms(LEASE_MS)), "it is claimed until then");
}

async fn a_lease_by_a_wrong_clock_is_ignored(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    insert(&store, 1).await;
    store.accept_webhooks(&[webhook(1)], 0, NOW).await.unwrap();
    let an_hour_ahead = NOW.plus_ms(3_600_000);
    assert_eq!(store.claim_due(1, LEASE_MS, an_hour_ahead).await.unwrap().len(), 1);
    assert_eq!(store.claim_webhooks(1, LEASE_MS, an_hour_ahead).await.unwrap().len(), 1);
    assert_eq!(store.claim_due(1, LEASE_MS, NOW).await.unwrap().len(), 1);
    assert_eq!(store.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().len(), 1);
    // The clocks of two proxies may differ a little.
    let a_little_behind = NOW.plus_ms(-LEASE_MS / 2);
    assert_eq!(store.claim_due(1, LEASE_MS, a_little_behind).await.unwrap().len(), 0);
    assert_eq!(store.claim_webhooks(1, LEASE_MS, a_little_behind).await.unwrap().len(), 0);
}

async fn what_was_planned_in_the_future_is_due_when_the_clock_goes_back(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let ahead = NOW.plus_ms(3_600_000);
    let [first, second] = [opened(1), opened(2)];
    let poll = |order: &Checkout, due_at| {
        let effect = Effect::Poll { reference: order.current().reference.clone(), round: None };
        [Planned { effect, due_at }]
    };
    let secret = Secret("hush".into());
    store
        .insert(&first.checkout, &secret, &poll(&first.checkout, ahead.plus_ms(2_000)), &Cause::Request, 0, ahead)
        .await
        .unwrap();
    store
        .insert(&second.checkout, &secret, &poll(&second.checkout, NOW.plus_ms(9_000)), &Cause::Request, 0, NOW)
        .await
        .unwrap();
    assert!(store.claim_due(9, LEASE_MS, NOW).await.unwrap().is_empty());
    store.clock_went_back(NOW).await.unwrap();
    let due = store.claim_due(9, LEASE_MS, NOW).await.unwrap();
    assert_eq!(due.iter().map(|claimed| claimed.checkout_id).collect::<Vec<_>>(), [first.checkout.id]);
}

async fn a_deferred_effect_counts_no_try(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    insert(&store, 1).await;
    let late = store.claim_due(1, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    let claim = store.claim_due(1, LEASE_MS, NOW.plus_ms(LEASE_MS)).await.unwrap().remove(0).claim;
    let later = NOW.plus_ms(60_000);
    store.defer(&late, later.plus_ms(60_000)).await.unwrap();
    assert_eq!(store.next_due(NOW).await.unwrap(), Some(NOW.plus_ms(2 * LEASE_MS)), "it is claimed until then");
    store.defer(&claim, later).await.unwrap();
    assert_eq!(store.next_due(NOW).await.unwrap(), Some(later));
    assert!(store.claim_due(1, LEASE_MS, later.plus_ms(-1)).await.unwrap().is_empty());
    assert_eq!(store.claim_due(1, LEASE_MS, later).await.unwrap()[0].tries, 2, "the claim before counted no try");
    store.settle(&Cause::Outbox(late), "too late", later).await.unwrap();
    assert_eq!(store.depths(later).await.unwrap().outbox, 1, "a lost claim stays lost");
}

async fn a_parked_effect_is_not_claimed_and_is_counted(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    insert(&store, 1).await;
    let claim = store.claim_due(1, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    store.park(&claim, "refused").await.unwrap();
    let depths = store.depths(NOW.plus_ms(5)).await.unwrap();
    assert_eq!((depths.outbox, depths.parked, depths.overdue_ms), (0, 1, 0));
    assert_eq!(store.next_due(NOW).await.unwrap(), None);
    assert!(store.claim_due(1, LEASE_MS, NOW.plus_ms(LEASE_MS)).await.unwrap().is_empty());
}

async fn a_cause_is_settled_with_its_commit(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let first = insert(&store, 1).await;
    let lost = store.claim_due(1, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    let claim = store.claim_due(1, LEASE_MS, NOW.plus_ms(LEASE_MS)).await.unwrap().remove(0).claim;
    store.accept_webhooks(&[webhook(1)], 0, NOW).await.unwrap();
    let waiting = store.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().remove(0);

    let second = next_version(&first);
    let late = store.commit(&second, &effects(1), &Cause::Outbox(lost.clone()), NOW).await.unwrap();
    assert_eq!(late, Committed::Lost);
    store.settle(&Cause::Outbox(lost), "too late", NOW).await.unwrap();
    let depths = store.depths(NOW).await.unwrap();
    assert_eq!((depths.outbox, store.versions(&[first.id]).await.unwrap()[0].1), (1, 1), "nothing was stored");
    store.commit(&second, &[], &Cause::Outbox(claim), NOW).await.unwrap();
    assert_eq!(store.depths(NOW).await.unwrap().outbox, 0);
    let late = store.commit(&second, &effects(1), &Cause::Inbox(vec![waiting.id]), NOW).await.unwrap();
    assert_eq!(late, Committed::Conflict);
    assert_eq!(store.depths(NOW).await.unwrap().inbox, 1, "a stale commit settles nothing");
    store.commit(&next_version(&second), &[], &Cause::Inbox(vec![waiting.id]), NOW).await.unwrap();
    assert_eq!(store.depths(NOW).await.unwrap().inbox, 0);
}

async fn a_new_owner_releases_the_claims_of_the_last_one(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    insert(&store, 1).await;
    store.accept_webhooks(&[webhook(1)], 0, NOW).await.unwrap();
    assert_eq!(store.claim_due(1, LEASE_MS, NOW).await.unwrap().len(), 1);
    assert_eq!(store.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().len(), 1);
    let beside = place.opens_beside().await;
    assert!(beside.claim_due(1, LEASE_MS, NOW).await.unwrap().is_empty(), "a command releases nothing");
    let refused = Store::open(&place.url, &vault()).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(refused.contains("in use by another proxy"), database == Database::Sqlite, "{refused}");
    assert!(store.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().is_empty(), "nor does one that is refused");
    store.close().await;
    let started = place.open().await;
    // The leases of a server's other proxies decide.
    let free = usize::from(database == Database::Sqlite);
    assert_eq!(started.claim_due(1, LEASE_MS, NOW).await.unwrap().len(), free);
    assert_eq!(started.claim_webhooks(1, LEASE_MS, NOW).await.unwrap().len(), free);
}

async fn a_chore_is_one_proxy_s_until_its_lease_or_its_period_is_over(database: Database) {
    let place = Place::new(database);
    let (one, other) = (place.open().await, place.opens_beside().await);
    let claim = async |store: &Store, at: i64| store.claim_chore("sweep", 10_000, LEASE_MS, Moment(at)).await.unwrap();

    let (first, second) = tokio::join!(claim(&one, NOW.0), claim(&other, NOW.0));
    assert!(first != second, "one of two concurrent claims succeeds");
    assert!(!claim(&one, NOW.0 + LEASE_MS - 1).await);
    assert!(claim(&other, NOW.0 + LEASE_MS).await, "the lease has expired");

    other.postpone_chore("sweep", Moment(NOW.0 + 10_000)).await.unwrap();
    assert!(!claim(&one, NOW.0 + 9_999).await);
    assert!(claim(&one, NOW.0 + 10_000).await);
    assert!(one.claim_chore("another", 10_000, LEASE_MS, NOW).await.unwrap());

    // Scheduled by a clock that was a year fast, and is correct now.
    one.postpone_chore("sweep", Moment(NOW.0 + 365 * 86_400_000)).await.unwrap();
    assert!(claim(&other, NOW.0 + 10_001).await, "it does not wait for a year");
    assert!(!claim(&one, NOW.0 + 10_001).await);
    one.close().await;
    other.close().await;
}

async fn an_idempotency_key_is_used_once_and_for_its_request(database: Database) {
    let place = Place::new(database);
    let (ours, theirs) = (place.open().await, place.opens_beside().await);
    let (one, two) = (opened(1), opened(2));
    let insert = async |store: &Store, step: &Step, cause: &Cause| {
        store.insert(&step.checkout, &Secret("hush".into()), &step.effects, cause, 0, NOW).await.unwrap()
    };
    let first = keyed("key", "this", &one.checkout);
    assert_eq!(insert(&ours, &one, &Cause::Idempotent(first.clone())).await, Committed::Yes);
    let second = keyed("key", "that", &two.checkout);
    assert_eq!(insert(&theirs, &two, &Cause::Idempotent(second)).await, Committed::Lost);
    assert!(ours.checkout(two.checkout.id).await.unwrap().is_none(), "nothing of the second is stored");
    assert_eq!(theirs.idempotency_record("key").await.unwrap(), Some((first, NOW)));
    assert_eq!(theirs.idempotency_record("another").await.unwrap(), None);

    let next = next_version(&one.checkout);
    let again = keyed("key", "more", &one.checkout);
    assert_eq!(ours.commit(&next, &[], &Cause::Idempotent(again), NOW).await.unwrap(), Committed::Lost);
    assert_eq!(ours.checkout(next.id).await.unwrap().unwrap().checkout.version, one.checkout.version);
    let other = keyed("another", "more", &one.checkout);
    assert_eq!(ours.commit(&next, &[], &Cause::Idempotent(other), NOW.plus_ms(1)).await.unwrap(), Committed::Yes);

    assert_eq!(ours.prune_idempotency_keys(NOW.plus_ms(1), 100).await.unwrap(), 1);
    assert_eq!(ours.idempotency_record("key").await.unwrap(), None);
    assert!(ours.idempotency_record("another").await.unwrap().is_some());
    ours.close().await;
    theirs.close().await;
}
