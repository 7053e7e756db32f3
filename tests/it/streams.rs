//! The page's stream: a snapshot first, then every newer one, and limits on its age and number.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use kvitt::checkout::Moment;
use kvitt_wire::{Checkout, State};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::limits::client_at;
use crate::shop::{Database, Shop, Stage, Stream, TIMEOUT, eventually, execute, http, problem, two_mugs_and_a_tea};

#[tokio::test]
async fn the_stream_starts_with_a_snapshot_unless_the_page_has_it() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let mut stream = Stream::open(&shop, &order.path(), None).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first, *order.reads().await);
    assert_eq!(stream.last_id, Some(first.version.to_string()));
    let mut again = Stream::open(&shop, &order.path(), stream.last_id.as_deref()).await;
    shop.vipps.approves(order.reference()).await;
    assert!(again.next().await.unwrap().version > first.version, "a known snapshot is not sent again");
    drop((stream, again));
    eventually("streams end with their pages", || async {
        let metrics = shop.metrics().await;
        metrics.contains("\nkvitt_watchers 0\n").then_some(())
    })
    .await;
    shop.close().await;
}

#[tokio::test]
async fn an_idle_stream_sends_heartbeats_and_ends_at_its_age() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20\nlimits.stream_age_ms = 300").await;
    let order = shop.ordered().await;
    let response = shop.get(&format!("{}/events", order.path())).send().await.unwrap();
    let whole = response.bytes_stream().map(Result::unwrap).collect::<Vec<_>>();
    let chunks = tokio::time::timeout(TIMEOUT, whole).await.expect("the stream ends by itself");
    let text = String::from_utf8(chunks.concat()).unwrap();
    assert!(text.contains("\nretry: ") || text.starts_with("retry: "), "{text}");
    assert!(text.contains("\nevent: checkout\n"), "{text}");
    assert!(text.lines().filter(|line| line.trim() == ":").count() >= 2, "no heartbeat in {text}");
    shop.close().await;
}

#[tokio::test]
async fn the_number_of_streams_is_limited() {
    let shop = Shop::open_with("limits.streams_per_checkout = 1").await;
    let (one, two) = (shop.ordered().await, shop.ordered().await);
    let mut open = Stream::open(&shop, &one.path(), None).await;
    open.next().await.unwrap();
    let refused = shop.get(&format!("{}/events", one.path())).send().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "2");
    problem(refused, 503, "busy").await;
    Stream::open(&shop, &two.path(), None).await.next().await.unwrap();
    shop.close().await;
}

#[tokio::test]
async fn streams_are_limited_for_one_address_and_the_shop_s_own_are_apart() {
    let shop = Shop::open_with("limits.streams = 3\nlimits.streams_per_address = 2\nlimits.shop_streams = 1").await;
    let key = shop.key("office").await;
    let order = shop.ordered().await;
    let url = format!("{}{}/events", shop.url, order.path());
    let here = || shop.http.get(&url).send();
    let other = client_at(2);
    let (one, _two) = (here().await.unwrap(), here().await.unwrap());
    problem(here().await.unwrap(), 429, "rate_limited").await;
    let _three = other.get(&url).send().await.unwrap().error_for_status().unwrap();
    problem(other.get(&url).send().await.unwrap(), 503, "busy").await;
    let of_shop = shop.get("/v1/shop/events/stream").bearer_auth(&key).send().await.unwrap();
    assert_eq!(of_shop.status(), 200, "no visitor takes the shop's place");
    drop(one);
    eventually("the place is free again", || async { here().await.unwrap().error_for_status().ok() }).await;
    shop.close().await;
}

#[tokio::test]
async fn every_block_is_an_event_with_data() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20\nlimits.stream_age_ms = 300").await;
    let key = shop.key("office").await;
    let order = shop.ordered().await;
    for stream in
        [shop.get(&format!("{}/events", order.path())), shop.get("/v1/shop/events/stream?after=0").bearer_auth(&key)]
    {
        let text = tokio::time::timeout(TIMEOUT, stream.send().await.unwrap().text()).await.unwrap().unwrap();
        assert!(text.lines().any(|line| line == ":"), "it has heartbeats: {text}");
        for block in text.split("\n\n").filter(|block| !block.trim_matches([':', '\n']).is_empty()) {
            assert!(block.contains("\ndata: {"), "{block}");
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn stopping_the_proxy_closes_the_streams() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    let mut open = Stream::open(&shop, &order.path(), None).await;
    open.next().await.unwrap();
    shop.close().await;
    assert!(tokio::time::timeout(Duration::from_secs(5), open.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn all_pages_of_an_order_get_what_a_command_has_written() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20").await;
    let order = shop.ordered().await;
    let open = || async {
        let mut stream = Stream::open(&shop, &order.path(), None).await;
        stream.next().await.unwrap();
        stream
    };
    let (mut one, mut two) = (open().await, open().await);
    shop.alters(&order, |attempt| attempt.state = State::Expired).await;
    for stream in [&mut one, &mut two] {
        let seen = tokio::time::timeout(TIMEOUT, stream.next()).await.expect("it comes").unwrap();
        assert_eq!(seen.state, State::Expired);
    }
    shop.close().await;
}

#[tokio::test]
async fn the_stream_of_an_order_that_is_deleted_ends() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20").await;
    let (gone, kept) = (shop.ordered().await, shop.ordered().await);
    shop.alters_checkout(&gone, |checkout| {
        checkout.attempts[0].state = State::Expired;
        checkout.order.payable_until = Some(Moment(0));
    })
    .await;
    let mut stream = Stream::open(&shop, &gone.path(), None).await;
    let mut other = Stream::open(&shop, &kept.path(), None).await;
    assert_eq!(stream.next().await.unwrap().state, State::Expired);
    other.next().await.unwrap();
    execute(&shop.files.database, "DELETE FROM outbox").await;
    let store = shop.store().await;
    assert_eq!(store.prune_unpaid_orders(Moment(i64::MAX), 10).await.unwrap(), 1);
    store.close().await;
    assert!(tokio::time::timeout(TIMEOUT, stream.next()).await.expect("it ends").is_none());
    shop.vipps.approves(kept.reference()).await;
    tokio::time::timeout(TIMEOUT, async { while other.next().await.unwrap().state != State::Authorized {} })
        .await
        .expect("the other stream goes on");
    problem(shop.get(&format!("{}/events", gone.path())).send().await.unwrap(), 404, "not_found").await;
    shop.close().await;
}

/// A page of a browser that (re)connects: reads until it has the order.
async fn connects(address: &str, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /v1/checkouts/{token}/events HTTP/1.1\r\nhost: shop\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    while !text.windows(9).any(|bytes| bytes == b"\ndata: {\"") {
        assert!(stream.read_buf(&mut text).await.unwrap() > 0, "{}", String::from_utf8_lossy(&text));
    }
    assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&text));
    stream
}

#[tokio::test]
async fn all_pages_that_come_back_at_once_after_a_restart_are_served() {
    const PAGES: usize = 500;
    let limits = "limits.streams_per_checkout = 1000\nlimits.streams_per_address = 1000\nlog.filter = \"warn\"";
    let mut stage = Stage::set_with(Database::chosen(), limits).await;
    let proxy = stage.start();
    let mut tokens = Vec::new();
    for _ in 0..5 {
        let opened = http().post(format!("{}/v1/checkouts", proxy.url)).json(&two_mugs_and_a_tea()).send();
        tokens.push(opened.await.unwrap().json::<Checkout>().await.unwrap().token);
    }
    let address = proxy.url.trim_start_matches("http://").to_owned();
    let all_connect = || join_all((0..PAGES).map(|page| connects(&address, &tokens[page % tokens.len()])));
    let before = all_connect().await;
    proxy.ends().await;
    let proxy = stage.start();
    let after = tokio::time::timeout(TIMEOUT, all_connect()).await.expect("all are served");
    let metrics = http().get(format!("{}/metrics", proxy.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(&format!("\nkvitt_watchers {PAGES}\n")), "{metrics}");
    drop((before, after));
    proxy.ends().await;
    stage.vipps.close().await;
}
