//! Connections as browsers and reverse proxies use them: large heads, kept-alive connections, clients that do not read.

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
