//! What a commit claims: effects that are due at once, and webhooks that are accepted.

use kvitt::checkout::{Effect, Planned, Reference, Step};
use kvitt::store::queues::EffectFilter;
use kvitt::store::{Cause, Committed, Secret, Webhook, born_claimed};

use super::{Database, LEASE_MS, NOW, Place, insert, next_version, opened, webhook};

of_both! {
    an_effect_that_is_due_at_once_is_born_claimed
    a_payment_has_one_chain_of_polls
    a_webhook_is_born_claimed_unless_there_is_nothing_to_process
    several_webhooks_are_settled_by_one_commit
    a_checkout_is_found_by_any_of_its_payments
    a_webhook_of_a_payment_is_found_at_any_proxy
    polls_of_a_sales_unit_are_brought_forward
}

async fn an_effect_that_is_due_at_once_is_born_claimed(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let Step { checkout, mut effects } = opened(1);
    let reference = checkout.current().reference.clone();
    let later = NOW.plus_ms(10 * LEASE_MS);
    effects.push(Planned { effect: Effect::Poll { reference, round: Some(1) }, due_at: later });
    let secret = Secret("hush".into());
    let inserted = store.insert(&checkout, &secret, &effects, &Cause::Request, LEASE_MS, NOW).await.unwrap();
    assert_eq!(inserted, Committed::Yes);
    let born = born_claimed(&checkout, &effects, NOW);
    assert_eq!((born.len(), born[0].claim.tries, born[0].tries), (1, 1, 1), "the other one is due later");
    assert_eq!((&born[0].effect, born[0].checkout_id), (&effects[0].effect, checkout.id));
    assert_eq!(store.next_due(NOW).await.unwrap(), Some(NOW.plus_ms(LEASE_MS)));
    assert!(store.claim_due(9, LEASE_MS, NOW).await.unwrap().is_empty(), "nobody else has it while the lease lasts");

    // The claim settles the row, and what that plans is born claimed in turn.
    let second = next_version(&checkout);
    let cause = Cause::Outbox(born[0].claim.clone());
    let next = [effects[0].clone()];
    let committed = store.commit_asked(&second, &next, &[], &cause, LEASE_MS, NOW).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    let ended = NOW.plus_ms(LEASE_MS);
    let again = store.claim_due(9, LEASE_MS, ended).await.unwrap();
    let [taken] = &again[..] else { panic!("{again:?}") };
    let born = born_claimed(&second, &next, NOW).remove(0);
    assert_eq!((&taken.claim.id, taken.claim.tries, taken.tries), (&born.claim.id, 2, 2), "the dead have left it");
    assert_eq!((&taken.trace_id, &taken.sales_unit, &taken.effect), (&born.trace_id, &born.sales_unit, &born.effect));
    store.settle(&Cause::Outbox(born.claim), "too late", ended).await.unwrap();
    assert_eq!(store.depths(ended).await.unwrap().outbox, 2, "the first claim is lost");
    assert_eq!(store.claim_due(9, LEASE_MS, later).await.unwrap().len(), 2, "what was due later is in the table");
}

async fn a_payment_has_one_chain_of_polls(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let order = insert(&store, 1).await;
    let (first, second) = (order.current().reference.clone(), Reference::of("nordlys-1", 2));
    let poll = |reference: &Reference, round| Effect::Poll { reference: reference.clone(), round };
    let planned = |effect, ms| Planned { effect, due_at: NOW.plus_ms(ms) };
    let before = [
        planned(poll(&first, Some(1)), 5_000),
        planned(poll(&first, None), 6_000),
        planned(poll(&second, Some(1)), 7_000),
    ];
    let order = next_version(&order);
    store.commit(&order, &before, &Cause::Request, NOW).await.unwrap();
    let put_off = [planned(poll(&first, Some(2)), 3_600_000)];
    store.commit(&next_version(&order), &put_off, &Cause::Request, NOW).await.unwrap();

    let waiting = store.effects(EffectFilter::Waiting, 9).await.unwrap();
    let polls = waiting.iter().filter(|effect| effect.kind == "look");
    let mut due: Vec<_> = polls.map(|poll| poll.due_at.0 - NOW.0).collect();
    due.sort_unstable();
    assert_eq!(due, [6_000, 7_000, 3_600_000], "a single poll and those of another payment stay");
}

async fn a_webhook_is_born_claimed_unless_there_is_nothing_to_process(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let nothing = Webhook { note: Some("nothing new"), ..webhook(3) };
    let taken = store.accept_webhooks(&[webhook(1), nothing.clone(), webhook(2)], LEASE_MS, NOW).await.unwrap();
    let mut references: Vec<_> = taken.iter().map(|claimed| claimed.reference.as_str()).collect();
    references.sort_unstable();
    assert_eq!(references, ["nordlys-1-1", "nordlys-2-1"]);
    assert_eq!(store.depths(NOW).await.unwrap().inbox, 2, "the third is done");
    let again = store.accept_webhooks(&[webhook(1), nothing, webhook(3)], LEASE_MS, NOW).await.unwrap();
    assert_eq!(again, [], "each is known");
    assert_eq!(store.claim_webhooks(9, LEASE_MS, NOW).await.unwrap(), []);
    let left = store.claim_webhooks(9, LEASE_MS, NOW.plus_ms(LEASE_MS)).await.unwrap();
    let ids = |of: &[kvitt::store::ClaimedWebhook]| {
        let mut ids: Vec<_> = of.iter().map(|claimed| claimed.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&left), ids(&taken), "the dead have left them");
}

async fn several_webhooks_are_settled_by_one_commit(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let first = insert(&store, 1).await;
    let taken = store.accept_webhooks(&[webhook(1), webhook(2), webhook(3)], LEASE_MS, NOW).await.unwrap();
    let ids: Vec<_> = taken.iter().map(|claimed| claimed.id).collect();
    let second = next_version(&first);
    let committed = store.commit(&second, &[], &Cause::Inbox(ids[..2].to_vec()), NOW).await.unwrap();
    assert_eq!((committed, store.depths(NOW).await.unwrap().inbox), (Committed::Yes, 1));
    let third = next_version(&second);
    let late = store.commit(&third, &[], &Cause::Inbox(ids[..2].to_vec()), NOW).await.unwrap();
    assert_eq!((late, store.versions(&[first.id]).await.unwrap()[0].1), (Committed::Lost, 2), "both are settled");
    // One of them was settled by another worker.
    let rest = store.commit(&third, &[], &Cause::Inbox(ids.clone()), NOW).await.unwrap();
    assert_eq!((rest, store.depths(NOW).await.unwrap().inbox), (Committed::Yes, 0));
}

async fn a_checkout_is_found_by_any_of_its_payments(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let first = insert(&store, 1).await;
    insert(&store, 2).await;
    let found = store.checkout_by(first.current().reference.as_str()).await.unwrap().unwrap();
    assert_eq!((found.checkout, found.secret.0.as_str()), (first, "hush"));
    assert!(store.checkout_by("nobody-1").await.unwrap().is_none());
}

async fn a_webhook_of_a_payment_is_found_at_any_proxy(database: Database) {
    let place = Place::new(database);
    let (one, other) = (place.open().await, place.opens_beside().await);
    let told =
        async |unit: &str, reference: &str| one.was_told(unit, &Reference::from(reference.to_owned())).await.unwrap();
    let created = Webhook { name: "CREATED".into(), note: Some("nothing new"), ..webhook(1) };
    let longer = Webhook { reference: "nordlys-1-10".into(), ..webhook(2) };
    let of_another = Webhook { sales_unit: "dk".into(), ..webhook(1) };
    other.accept_webhooks(&[created, longer, of_another], 0, NOW).await.unwrap();
    assert!(!told("no", "nordlys-1-1").await, "only that it was created");
    assert!(told("no", "nordlys-1-10").await && told("dk", "nordlys-1-1").await);
    other.accept_webhooks(&[webhook(1)], 0, NOW).await.unwrap();
    assert!(told("no", "nordlys-1-1").await);
}

async fn polls_of_a_sales_unit_are_brought_forward(database: Database) {
    let place = Place::new(database);
    let store = place.open().await;
    let order = insert(&store, 1).await;
    let first = store.claim_due(9, LEASE_MS, NOW).await.unwrap().remove(0).claim;
    let reference = order.current().reference.clone();
    let poll = |wait_ms| Planned {
        effect: Effect::Poll { reference: reference.clone(), round: None },
        due_at: NOW.plus_ms(wait_ms),
    };
    let profile = Planned { effect: Effect::ReadProfile { reference: reference.clone(), until: None }, ..poll(20_000) };
    let planned = [poll(5_000), poll(6_000), poll(30_000), poll(30_001), profile];
    store.commit(&next_version(&order), &planned, &Cause::Outbox(first), NOW).await.unwrap();
    store.bring_polls_forward("dk", NOW).await.unwrap();
    // What is claimed once stays claimed.
    let due = async |until: i64| store.claim_due(9, 100 * LEASE_MS, NOW.plus_ms(until)).await.unwrap().len();
    assert_eq!(due(4_999).await, 0, "of another sales unit");
    store.bring_polls_forward("no", NOW).await.unwrap();
    assert_eq!((due(999).await, due(1_000).await, due(4_999).await, due(5_000).await), (0, 1, 0, 2));
    assert_eq!(store.effects(EffectFilter::All, 9).await.unwrap().len(), 5);
    assert_eq!((due(19_999).await, due(20_000).await, due(30_000).await, due(30_001).await), (0, 1, 0, 1));
}
