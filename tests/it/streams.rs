//! The live status: the present first, then what is newer, and no stream for ever.

use std::time::Duration;

use futures_util::StreamExt;

use crate::shop::{PATIENCE, Shop, Stream, eventually, problem};

#[tokio::test]
async fn the_stream_begins_with_the_present_and_leaves_out_what_the_page_has() {
    let shop = Shop::open().await;
    let mut order = shop.ordered().await;
    let mut stream = Stream::open(&shop, &order.path(), None).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first, *order.look().await);
    assert_eq!(stream.last_id, Some(first.version.to_string()));
    let mut again = Stream::open(&shop, &order.path(), stream.last_id.as_deref()).await;
    shop.vipps.approves(order.reference()).await;
    assert!(again.next().await.unwrap().version > first.version, "the snapshot that it had is not sent again");
    drop((stream, again));
    eventually("streams end with their pages", || async {
        let metrics = shop.metrics().await;
        metrics.contains("\nkvitt_watchers 0\n").then_some(())
    })
    .await;
    shop.close().await;
}

#[tokio::test]
async fn a_stream_at_rest_says_that_it_is_alive_and_ends_at_its_age() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20\nlimits.stream_age_ms = 300").await;
    let order = shop.ordered().await;
    let response = shop.get(&format!("{}/events", order.path())).send().await.unwrap();
    let whole = response.bytes_stream().map(Result::unwrap).collect::<Vec<_>>();
    let chunks = tokio::time::timeout(PATIENCE, whole).await.expect("the stream ends by itself");
    let text = String::from_utf8(chunks.concat()).unwrap();
    assert!(text.contains("\nretry: ") || text.starts_with("retry: "), "{text}");
    assert!(text.contains("\nevent: checkout\n"), "{text}");
    assert!(text.lines().filter(|line| line.trim() == ":").count() >= 2, "no heartbeat in {text}");
    shop.close().await;
}

#[tokio::test]
async fn streams_are_bounded() {
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
async fn the_proxy_s_end_ends_the_streams() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    let mut open = Stream::open(&shop, &order.path(), None).await;
    open.next().await.unwrap();
    shop.close().await;
    assert!(tokio::time::timeout(Duration::from_secs(5), open.next()).await.unwrap().is_none());
}
