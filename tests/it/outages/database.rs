//! The database is locked, owned by another proxy, or crashes and recovers. No payment is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kvitt_wire::State;
use reqwest::StatusCode;

use super::{QUICK, asks_to_pay, orders, paid_once, sees};
use crate::shop::{Database, Process, Server, Shop, Stage, Stream, TIMEOUT, eventually, http, problem, sqlite};

/// The log reports a failed store once a second at most.
fn logs_at_most_once_a_second(proxy: &Process, since: Instant) {
    let lines = proxy.log().matches("store failed").count();
    assert!(lines > 0 && lines as u64 <= since.elapsed().as_secs() + 1, "{lines} lines in {:?}", since.elapsed());
}

async fn is_refused_for_now(proxy: &str) {
    let refused = asks_to_pay(proxy).await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "2");
    problem(refused, 503, "busy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_delays_payments_and_loses_none() {
    let mut stage = Stage::set_with(Database::Sqlite, QUICK).await;
    let proxy = stage.start();
    let order = orders(&proxy.url).await;
    let mut stream = Stream::open_at(&proxy.url, &format!("/v1/checkouts/{}", order.token), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);

    let other = sqlite(&stage.files.database);
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let locked = Instant::now();
    stage.vipps.approves(&order.reference).await;
    is_refused_for_now(&proxy.url).await;
    sees(&proxy.url, &order, State::Created).await;
    let back = http().get(format!("{}/return/{}", proxy.url, order.token)).send().await.unwrap();
    assert_eq!(back.status(), StatusCode::SEE_OTHER, "a returning customer does not wait");
    eventually("a webhook is refused", || async { (stage.vipps.webhooks_answered(503).await > 0).then_some(()) }).await;
    assert!(stage.vipps.undelivered().await > 0);
    logs_at_most_once_a_second(&proxy, locked);

    other.execute_batch("ROLLBACK").unwrap();
    tokio::time::timeout(TIMEOUT, async { while stream.next().await.unwrap().state != State::Authorized {} })
        .await
        .expect("the stream goes on");
    let order = sees(&proxy.url, &order, State::Authorized).await;
    orders(&proxy.url).await;
    paid_once(&stage, &[order]).await;
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_crashes_in_the_middle_of_payments_and_every_order_ends_as_it_should() {
    let mut server = Server::start();
    let mut stage = Stage::set_at(|_| server.database(), QUICK).await;
    let (one, two) = (stage.start(), stage.start_beside());
    let mut before = Vec::new();
    for place in 0..8 {
        before.push(orders(if place % 2 == 0 { &one.url } else { &two.url }).await);
    }
    let mut stream = Stream::open_at(&two.url, &format!("/v1/checkouts/{}", before[0].token), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Created);
    // Some payments are in flight: created at Vipps MobilePay, and their answers not stored.
    stage.vipps.fails("POST", "/epayment/v1/payments", 4, serde_json::json!({ "delay_ms": 300 })).await;
    let urls = [one.url.clone(), two.url.clone()];
    let on_their_way = (0..4).map(|place| {
        let url = urls[place % 2].clone();
        tokio::spawn(async move { orders(&url).await })
    });
    let on_their_way: Vec<_> = on_their_way.collect();
    eventually("they are in flight", || async { (stage.vipps.faults_left().await == 0).then_some(()) }).await;
    let away = Instant::now();
    server.crashes();
    for order in &before {
        stage.vipps.approves(&order.reference).await;
    }
    is_refused_for_now(&two.url).await;
    let ready = async || http().get(format!("{}/readyz", two.url)).send().await.unwrap();
    let unready = problem(ready().await, 503, "not_ready").await.detail.unwrap();
    assert!(unready.starts_with("database: does not answer"), "{unready}");
    let shown = http().get(format!("{}/v1/checkouts/{}", one.url, before[1].token)).send().await.unwrap();
    problem(shown, 503, "busy").await;
    eventually("a webhook is refused", || async { (stage.vipps.webhooks_answered(503).await > 0).then_some(()) }).await;
    logs_at_most_once_a_second(&one, away);
    server.starts();
    eventually("it is ready", || async { ready().await.status().is_success().then_some(()) }).await;

    tokio::time::timeout(TIMEOUT, async { while stream.next().await.unwrap().state != State::Authorized {} })
        .await
        .expect("the stream goes on");
    let mut paid = Vec::new();
    for order in &before {
        paid.push(sees(&one.url, order, State::Authorized).await);
    }
    for order in on_their_way {
        let order = order.await.unwrap();
        stage.vipps.approves(&order.reference).await;
        paid.push(sees(&two.url, &order, State::Authorized).await);
    }
    paid_once(&stage, &paid).await;

    // Each proxy receives the other's commits again, and does not only poll every five seconds.
    let order = orders(&one.url).await;
    let mut stream = Stream::open_at(&two.url, &format!("/v1/checkouts/{}", order.token), None).await;
    stream.next().await.unwrap();
    stage.vipps.approves(&order.reference).await;
    let authorized = async { while stream.next().await.unwrap().state != State::Authorized {} };
    tokio::time::timeout(Duration::from_secs(4), authorized).await.expect("the stream has it");
    drop((one, two));
    stage.vipps.close().await;
}

#[tokio::test]
async fn one_proxy_owns_the_file_and_commands_work_beside_it() {
    let mut stage = Stage::set(Database::Sqlite).await;
    let proxy = stage.start();
    let order = orders(&proxy.url).await;
    let second = stage.command(&["serve"]).env("KVITT_LISTEN", "127.0.0.1:0").output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("in use by another proxy"), "{said}");
    let listed = stage.command(&["outbox", "list"]).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    stage.vipps.approves(&order.reference).await;
    sees(&proxy.url, &order, State::Authorized).await;
    proxy.kill();
    // A killed proxy leaves the file to the next one.
    let proxy = stage.start();
    sees(&proxy.url, &order, State::Authorized).await;
    drop(proxy);
    stage.vipps.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz_reports_a_locked_file_once_the_inbox_is_full() {
    let shop = Arc::new(Shop::open_on(Database::Sqlite, "webhook.queue = 1").await);
    shop.is_ready().await;
    let other = sqlite(&shop.files.database);
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // One is being written, one waits, and the queue is full.
    let webhooks: Vec<_> = (0..3)
        .map(|place| {
            let shop = shop.clone();
            let body =
                serde_json::json!({ "reference": format!("other-shop-{place}"), "name": "AUTHORIZED" }).to_string();
            tokio::spawn(async move { shop.vipps.sends_webhook(&shop, &body).await })
        })
        .collect();
    let unready = eventually("it is not ready", || async {
        let answer = shop.get("/readyz").send().await.unwrap();
        (answer.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
    })
    .await;
    let unready = problem(unready, 503, "not_ready").await;
    assert_eq!(unready.detail.as_deref(), Some("inbox: the queue is full"));
    other.execute_batch("ROLLBACK").unwrap();
    for webhook in webhooks {
        let status = webhook.await.unwrap();
        assert!(matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{status}");
    }
    eventually("it is ready", || async {
        shop.get("/readyz").send().await.unwrap().status().is_success().then_some(())
    })
    .await;
    other.close().unwrap();
    Arc::into_inner(shop).unwrap().close().await;
}
