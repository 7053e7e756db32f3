//! Connections as browsers and reverse proxies use them: large heads, kept-alive connections, clients that do not read.

use futures_util::future::join_all;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shop::{Database, Shop, Stage, TIMEOUT, eventually, http, problem};

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

/// Sends a request on a connection, and reads the head of its answer.
async fn asks(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    let reading = async {
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
    };
    tokio::time::timeout(TIMEOUT, reading).await.expect("it answers or closes");
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_customer_with_many_cookies_comes_back_and_one_with_too_many_is_told_what_to_do() {
    let shop = Shop::open().await;
    let order = shop.ordered().await;
    let comes_back = |bytes: usize| {
        let request = shop
            .get(&format!("/return/{}", order.seen.token))
            .header("accept", "text/html,*/*;q=0.8")
            .header("accept-language", "en");
        request.header("cookie", format!("_ga={}", "x".repeat(bytes))).send()
    };
    assert_eq!(comes_back(31 * 1024).await.unwrap().status(), StatusCode::SEE_OTHER);
    let refused = comes_back(33 * 1024).await.unwrap();
    assert_eq!(refused.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert!(refused.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let page = refused.text().await.unwrap();
    assert!(page.contains("Delete the cookies") && page.contains("If you have paid"), "{page}");
    let large = shop.get("/healthz").header("cookie", "x".repeat(40 * 1024)).send().await.unwrap();
    problem(large, 431, "head_too_large").await;
    // Beyond what is read at all there is only the status.
    let mut stream = connect(&shop.url).await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: shop\r\ncookie: {}", "x".repeat(64 * 1024));
    let _ = stream.write_all(head.as_bytes()).await;
    eventually("each is counted", || async {
        shop.metrics().await.contains("\nkvitt_heads_too_large_total 3\n").then_some(())
    })
    .await;
    shop.close().await;
}

#[tokio::test]
async fn a_request_names_one_host() {
    let shop = Shop::open().await;
    for (lines, status) in [
        ("HTTP/1.1\r\n", "400"),
        ("HTTP/1.1\r\nhost: a\r\nhost: b\r\n", "400"),
        ("HTTP/1.1\r\nhost: a\r\n", "200"),
        ("HTTP/1.0\r\n", "200"),
    ] {
        let answer = asks(&mut connect(&shop.url).await, &format!("GET /healthz {lines}\r\n")).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{lines}: {answer}");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_connection_is_kept_longer_than_a_head_may_take() {
    const ASKS: &str = "GET /healthz HTTP/1.1\r\nhost: shop\r\n\r\n";
    let shop = Shop::open_with("limits.header_ms = 100").await;
    let mut kept = connect(&shop.url).await;
    let head = asks(&mut kept, ASKS).await;
    assert!(head.contains("\r\nkeep-alive: timeout=130\r\n"), "{head}");
    assert_eq!(kept.read_u8().await.unwrap(), b'o');
    let mut rest = [0; 2];
    kept.read_exact(&mut rest).await.unwrap();
    // A head that takes too long is cut off, so that its time has passed on the other connection too.
    let mut slow = connect(&shop.url).await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let cut = tokio::time::timeout(TIMEOUT, slow.read_to_end(&mut Vec::new())).await.unwrap();
    assert_eq!(cut.unwrap(), 0);
    assert!(asks(&mut kept, ASKS).await.starts_with("HTTP/1.1 200 "));
    let mut once = connect(&shop.url).await;
    let head = asks(&mut once, "GET /healthz HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").await;
    assert!(!head.contains("keep-alive"), "{head}");
    shop.close().await;
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_at_its_time_limit() {
    let shop = Shop::open_with("limits.idle_ms = 100").await;
    for request in ["", "GET /healthz HTTP/1.1\r\nhost: shop\r\n\r\n"] {
        let mut idle = connect(&shop.url).await;
        idle.write_all(request.as_bytes()).await.unwrap();
        let ends = tokio::time::timeout(TIMEOUT, idle.read_to_end(&mut Vec::new())).await;
        ends.expect("the proxy closes it").unwrap();
    }
    // A request that is being answered is not at rest.
    let order = shop.ordered().await;
    let mut stream = crate::shop::Stream::open(&shop, &order.path(), None).await;
    stream.next().await.unwrap();
    let mut idle = connect(&shop.url).await;
    tokio::time::timeout(TIMEOUT, idle.read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    shop.vipps.approves(order.reference()).await;
    stream.next().await.expect("the stream is still open");
    drop(stream);
    shop.close().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let shop = Shop::open_with("limits.write_ms = 100").await;
    let mut stream = connect(&shop.url).await;
    // More than the buffers of both sides take.
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(200);
    let _ = stream.write_all(requests.as_bytes()).await;
    let disconnected = async {
        while stream.write_all(b"\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, disconnected).await.expect("it is disconnected");
    shop.close().await;
}

#[tokio::test]
async fn connections_that_come_at_once_wait_until_they_are_accepted() {
    let listener = kvitt::http::listen::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts them. One for which there is no room would never be made.
    let connecting = join_all((0..300).map(|_| TcpStream::connect(address)));
    let connected = tokio::time::timeout(TIMEOUT, connecting).await.expect("there is room for all");
    assert!(connected.iter().all(Result::is_ok));
}

/// Sends what comes before it and the request for an order's stream, in one go.
async fn asks_for_stream(shop: &Shop, path: &str, before: &str, version: &str) -> TcpStream {
    let mut stream = connect(&shop.url).await;
    let request = format!("{before}GET {path}/events {version}\r\nhost: shop\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until the connection ends.
async fn reads_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await.expect("it ends").unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_stream_is_written_as_its_client_can_read_it() {
    let shop = Shop::open_with("limits.heartbeat_ms = 20\nlimits.stream_age_ms = 200").await;
    let order = shop.ordered().await;
    let chunked = reads_all(&mut asks_for_stream(&shop, &order.path(), "", "HTTP/1.1").await).await;
    let (head, body) = chunked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for line in ["transfer-encoding: chunked", "connection: close", "x-content-type-options: nosniff"] {
        assert!(head.contains(line), "{head}");
    }
    for line in ["\r\ndate: ", "\r\nx-trace-id: "] {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("keep-alive"), "{head}");
    assert!(body.contains("\r\n2\r\n:\n\r\n"), "a heartbeat is a chunk: {body}");
    assert!(body.ends_with("\r\n0\r\n\r\n"), "its end is told: {body}");

    let plain = reads_all(&mut asks_for_stream(&shop, &order.path(), "", "HTTP/1.0").await).await;
    let (head, body) = plain.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n") && !head.contains("transfer-encoding"), "{head}");
    assert!(body.starts_with("retry: ") && body.ends_with("\n:\n"), "{body}");

    // Whoever asks only for the head, or sends a body, is answered all the same.
    let stream = &mut connect(&shop.url).await;
    let head = asks(stream, &format!("HEAD {}/events HTTP/1.1\r\nhost: shop\r\n\r\n", order.path())).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("text/event-stream"), "{head}");
    let with_body = format!("GET {}/events HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\n\r\n", order.path());
    let head = asks(&mut connect(&shop.url).await, &with_body).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    shop.close().await;
}

#[tokio::test]
async fn a_stream_comes_after_the_answers_that_the_client_has_not_read_yet() {
    const ANSWERS: usize = 100;
    let shop = Shop::open_with("limits.stream_age_ms = 200").await;
    let order = shop.ordered().await;
    // More than the buffers of both sides take, so that the proxy has to wait before the stream begins.
    let before = "GET /openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(ANSWERS);
    let mut stream = asks_for_stream(&shop, &order.path(), &before, "HTTP/1.1").await;
    let text = reads_all(&mut stream).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), ANSWERS + 1);
    let last = &text[text.rfind("HTTP/1.1 200 OK\r\n").unwrap()..];
    assert!(last.contains("text/event-stream") && last.contains("\nevent: checkout\n"), "{last}");
    assert!(last.ends_with("0\r\n\r\n"), "{last}");
    shop.close().await;
}

#[tokio::test]
async fn a_flood_of_refusals_does_not_flood_the_log() {
    let mut stage = Stage::set(Database::Sqlite).await;
    let proxy = stage.start();
    let begun = std::time::Instant::now();
    for _ in 0..300 {
        let answer = http().post(format!("{}/callbacks/vipps/no", proxy.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    // One line in each second that has begun, and twenty.
    let seconds = begun.elapsed().as_secs() + 2;
    let log = proxy.ends().await;
    for (line, most) in [("webhook rejected", seconds), ("request refused", 20 * seconds)] {
        let lines = u64::try_from(log.matches(line).count()).unwrap();
        assert!((1..=most).contains(&lines), "{line}: {lines} in {seconds} s");
    }
    stage.vipps.close().await;
}
