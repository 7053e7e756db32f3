//! Several proxies on one PostgreSQL database: they share the work, receive each other's commits, and survive each other's crash.

use kvitt::store::{Cause, Committed, Wake};
use kvitt_wire::State;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::shop::{Database, Shop, Stage, Stream, TIMEOUT, beside, eventually, http, two_mugs_and_a_tea};
use crate::store::{Place, insert, next_version, webhook};

/// The server closes every connection to a database.
async fn all_connections_are_lost(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_store_is_notified_of_other_proxies_commits_only() {
    let place = Place::new(Database::Postgres);
    let (ours, theirs) = (place.open().await, place.opens_beside().await);
    let mut listener = ours.listener().unwrap();
    assert_eq!(listener.next().await, Wake::Anything, "there may have been commits before");

    insert(&ours, 1).await;
    let first = insert(&theirs, 2).await;
    assert_eq!(listener.next().await, Wake::Checkout(first.id, 1, true));
    // Whoever accepts a webhook has claimed it.
    theirs.accept_webhooks(&[webhook(1), webhook(2)], 1_000, first.created_at).await.unwrap();
    let second = next_version(&first);
    let committed = theirs.commit(&second, &[], &Cause::Request, first.created_at).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    assert_eq!(listener.next().await, Wake::Checkout(first.id, 2, false));

    all_connections_are_lost(&place.url).await;
    insert(&theirs, 3).await;
    assert_eq!(listener.next().await, Wake::Anything, "it may have missed a commit");
    let fourth = insert(&theirs, 4).await;
    assert_eq!(listener.next().await, Wake::Checkout(fourth.id, 1, true));
}

#[tokio::test]
async fn a_stream_at_one_proxy_shows_what_another_committed() {
    let mut shop = Shop::open_on(Database::Postgres, "").await;
    let other = shop.opens_another_proxy().await;
    let order = shop.ordered().await;
    let mut stream = Stream::open_at(&other, &order.path(), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);
    shop.vipps.approves(order.reference()).await;
    tokio::time::timeout(TIMEOUT, async { while stream.next().await.unwrap().state != State::Authorized {} })
        .await
        .expect("the stream has it");
    assert_eq!(shop.vipps.records().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn streams_outlive_the_loss_of_every_connection_to_the_database() {
    let mut shop = Shop::open_on(Database::Postgres, "polling.first_ms = 200").await;
    let other = shop.opens_another_proxy().await;
    let order = shop.ordered().await;
    let mut stream = Stream::open_at(&other, &order.path(), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);
    all_connections_are_lost(&shop.files.database).await;
    shop.vipps.approves(order.reference()).await;
    tokio::time::timeout(TIMEOUT, async { while stream.next().await.unwrap().state != State::Authorized {} })
        .await
        .expect("the stream has it");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_is_killed_the_other_finishes_and_nothing_is_doubled() {
    let create = "/epayment/v1/payments";
    let mut stage = Stage::set(Database::Postgres).await;
    let (one, two) = (stage.start(), stage.start_beside());
    // Many payments are in flight at the crash.
    stage.vipps.fails("POST", create, 16, json!({ "delay_ms": 200 })).await;
    for place in 0..16 {
        let url = if place % 2 == 0 { &one.url } else { &two.url };
        let asking = http().post(format!("{url}/v1/checkouts")).json(&two_mugs_and_a_tea()).send();
        tokio::spawn(asking);
    }
    eventually("half are requested", || async { (stage.vipps.calls("POST", create).await.len() >= 8).then_some(()) })
        .await;
    one.kill();

    // The killed proxy received the webhooks. The other one polls.
    let store = beside(&stage.files.database).await;
    let all_are = async |state: State| {
        eventually(&format!("all are {}", state.as_str()), || async {
            let phases = store.phases().await.unwrap();
            (phases.len() == 1 && phases[0].0 == state).then_some(phases[0].1)
        })
        .await
    };
    let created = all_are(State::Created).await;
    let records = stage.vipps.records().await;
    assert!(created >= 8, "the other proxy has its own: {created}");
    assert_eq!(records.len(), usize::try_from(created).unwrap(), "one payment an order, and no other");
    for record in &records {
        stage.vipps.approves(record["reference"].as_str().unwrap()).await;
    }
    assert_eq!(all_are(State::Authorized).await, created);
    store.close().await;
    drop(two);
    stage.vipps.close().await;
}
