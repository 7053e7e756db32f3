use std::time::Duration;

use axum::response::IntoResponse;
use futures_util::stream::{self, StreamExt};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::sync::Semaphore;

use super::*;
use crate::config::Limits;
use crate::http::listen::paced::Turns;

const LONG: Duration = Duration::from_secs(20);

fn limits(write: Duration) -> Limits {
    Limits {
        body_bytes: 0,
        wait: LONG,
        streams: 0,
        streams_per_address: 0,
        shop_streams: 0,
        streams_per_checkout: 0,
        idle_offers: 0,
        stream_age: LONG,
        heartbeat: LONG,
        connections: 1,
        header: LONG,
        // A connection that carries a stream is not at rest.
        idle: Duration::ZERO,
        write,
    }
}

/// The client of a connection that carries these parts, and what carries them.
fn carried(
    parts: impl stream::Stream<Item = &'static str> + Send + 'static,
    write: Duration,
) -> (DuplexStream, impl Future<Output = ()>) {
    let body = Body::from_stream(parts.map(|part| Ok::<_, Infallible>(Bytes::from_static(part.as_bytes()))));
    let (client, server) = duplex(32);
    let turns = Turns::default();
    let answering = turns.begin();
    let streaming = Streaming { head: Bytes::from_static(b"head\r\n\r\n"), body, kind: Kind::Chunked, answering };
    let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("it is free");
    let carrying = tokio::time::timeout(LONG, streaming.carry(Paced::new(server, limits(write), turns), slot));
    (client, async move { carrying.await.expect("it ends") })
}

#[tokio::test]
async fn a_stream_is_sent_in_chunks_to_its_end() {
    let (mut client, carrying) = carried(stream::iter(["one\n", "a second one\n"]), LONG);
    let mut text = String::new();
    let (read, ()) = tokio::join!(client.read_to_string(&mut text), carrying);
    read.unwrap();
    assert_eq!(text, "head\r\n\r\n4\r\none\n\r\nd\r\na second one\n\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_stream_ends_when_its_client_takes_nothing() {
    let (client, carrying) = carried(stream::repeat("more\n"), Duration::from_millis(20));
    carrying.await;
    drop(client);
}

#[tokio::test]
async fn a_stream_ends_when_its_client_goes_whatever_it_has_sent() {
    let (mut client, carrying) = carried(stream::pending(), LONG);
    client.write_all(&[b'x'; 20]).await.unwrap();
    drop(client);
    carrying.await;
}

#[test]
fn the_head_has_the_headers_of_the_response() {
    let response = [("x-trace-id", "abc")].into_response();
    let chunked = String::from_utf8(head(&response, Kind::Chunked).to_vec()).unwrap();
    assert!(
        chunked.starts_with("HTTP/1.1 200 OK\r\ndate: ")
            && chunked.ends_with(" GMT\r\nconnection: close\r\ntransfer-encoding: chunked\r\nx-trace-id: abc\r\n\r\n"),
        "{chunked}"
    );
    let plain = String::from_utf8(head(&response, Kind::Plain).to_vec()).unwrap();
    assert!(plain.starts_with("HTTP/1.0 200 OK\r\n") && !plain.contains("chunked"), "{plain}");
}
