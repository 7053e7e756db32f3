//! Rate limits, time limits, CORS, and the security headers of every answer.

use std::time::Duration;

use kvitt_wire::{Checkout, NewCheckout};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shop::{SHOP_ORIGIN, Shop, eventually, problem, two_mugs_and_a_tea};

const CART: &str = "/v1/cart?items=mug:1";

/// Requests a price with an `X-Forwarded-For`, as a reverse proxy does.
async fn forwarded(shop: &Shop, addresses: &str) -> StatusCode {
    shop.get(CART).header("x-forwarded-for", addresses).send().await.unwrap().status()
}

/// A client on another address of this machine.
fn other_client() -> Client {
    client_at(2)
}

/// A client at 127.0.0.`host`.
pub(crate) fn client_at(host: u8) -> Client {
    Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, host])).build().unwrap()
}

/// The answer is a 429 with a `Retry-After`.
async fn is_rate_limited(response: Response, at_most_s: u32) {
    let wait: u32 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=at_most_s).contains(&wait), "{wait}");
    problem(response, 429, "rate_limited").await;
}

#[tokio::test]
async fn one_address_is_rate_limited_and_no_other() {
    let shop = Shop::open_with("limits.requests_per_address = 3").await;
    for _ in 0..3 {
        assert_eq!(shop.get(CART).send().await.unwrap().status(), StatusCode::OK);
    }
    let refused = shop.get(CART).header("origin", SHOP_ORIGIN).send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], SHOP_ORIGIN, "CORS allows the page to read it");
    is_rate_limited(refused, 21).await;
    // Untrusted headers and other routes make no difference.
    is_rate_limited(shop.get(CART).header("x-forwarded-for", "198.51.100.7").send().await.unwrap(), 21).await;
    is_rate_limited(shop.post("/v1/checkouts").json(&two_mugs_and_a_tea()).send().await.unwrap(), 21).await;
    let form = shop.post("/pay").form(&[("items", "mug:1")]).send().await.unwrap();
    assert_eq!(form.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(form.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "a person sees a page");

    let served = other_client().get(format!("{}{CART}", shop.url)).send().await.unwrap();
    assert_eq!(served.status(), StatusCode::OK);
    // Operators are not limited, nor is Vipps MobilePay, which signs its requests.
    for path in ["/healthz", "/metrics", "/pages.css"] {
        assert_eq!(shop.get(path).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    problem(shop.post("/callbacks/vipps/no").send().await.unwrap(), 401, "bad_signature").await;
    shop.close().await;
}

#[tokio::test]
async fn one_address_opens_so_many_orders_and_no_more() {
    let shop = Shop::open_with("limits.orders_per_address = 3").await;
    let open = || shop.post("/v1/checkouts").json(&two_mugs_and_a_tea()).send();
    let mut order = shop.ordered().await;
    shop.ordered().await;
    let form = [("items", "mug:1"), ("amount", "24900"), ("currency", "NOK"), ("terms_accepted", "yes")];
    assert_eq!(shop.post("/pay").form(&form).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    is_rate_limited(open().await.unwrap(), 21).await;
    let form = shop.post("/pay").form(&form).send().await.unwrap();
    assert_eq!(form.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(form.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "a person sees a page");
    // Prices, and orders that exist, are another matter.
    assert_eq!(shop.get(CART).send().await.unwrap().status(), StatusCode::OK);
    order.cancels().await;
    order.retried().await;
    let elsewhere = other_client().post(format!("{}/v1/checkouts", shop.url)).json(&two_mugs_and_a_tea());
    assert_eq!(elsewhere.send().await.unwrap().status(), StatusCode::CREATED);
    shop.close().await;
}

#[tokio::test]
async fn idle_offers_are_limited_for_one_address_and_in_all() {
    let shop = Shop::open_with("limits.idle_offers_per_address = 2\nlimits.idle_offers = 3").await;
    let offer = NewCheckout { open: true, terms_accepted: false, consent: None, ..two_mugs_and_a_tea() };
    let path = format!("{}/v1/checkouts", shop.url);
    let (path, offer) = (&path, &offer);
    let offers = async |client: &Client| client.post(path).json(offer).send().await.unwrap();
    for _ in 0..2 {
        assert_eq!(offers(&shop.http).await.status(), StatusCode::CREATED);
    }
    is_rate_limited(offers(&shop.http).await, 24 * 60 * 60).await;
    shop.ordered().await;
    let hosts = std::cell::Cell::new(2);
    let refused = || {
        let host = hosts.replace(hosts.get() + 1);
        async move { (offers(&client_at(host)).await.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(()) }
    };
    eventually("the places are taken", refused).await;
    shop.ordered().await;
    shop.close().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_forwarded_address_counts() {
    let shop = Shop::open_with("limits.requests_per_address = 2\nlimits.trusted_proxies = [\"127.0.0.0/8\"]").await;
    for _ in 0..2 {
        assert_eq!(forwarded(&shop, "198.51.100.7").await, StatusCode::OK);
    }
    for spoofed in ["198.51.100.7", "203.0.113.1, 198.51.100.7", "198.51.100.7, 127.0.0.9"] {
        assert_eq!(forwarded(&shop, spoofed).await, StatusCode::TOO_MANY_REQUESTS, "{spoofed}");
    }
    for other in ["198.51.100.8", "2001:db8:1:2::1", "2001:db8:1:2::2"] {
        assert_eq!(forwarded(&shop, other).await, StatusCode::OK, "{other}");
    }
    assert_eq!(forwarded(&shop, "2001:db8:1:2:ffff::").await, StatusCode::TOO_MANY_REQUESTS, "one network");
    assert_eq!(forwarded(&shop, "2001:db8:1:3::1").await, StatusCode::OK, "another one");
    shop.close().await;
}

#[tokio::test]
async fn one_checkout_is_rate_limited_and_no_other() {
    let shop = Shop::open_with("limits.requests_per_checkout = 4").await;
    let (limited, other) = (shop.ordered().await, shop.ordered().await);
    // Guesses of its secret count too.
    let (id, secret) = limited.seen.token.split_at(22);
    let guess = format!("/v1/checkouts/{id}{}", secret.chars().rev().collect::<String>());
    problem(shop.get(&guess).send().await.unwrap(), 404, "not_found").await;
    for path in [limited.path(), format!("{}/events", limited.path()), format!("/return/{}", limited.seen.token)] {
        assert!(shop.get(&path).send().await.unwrap().status().as_u16() < 400, "{path}");
    }
    is_rate_limited(shop.get(&limited.path()).send().await.unwrap(), 16).await;
    is_rate_limited(shop.get(&guess).send().await.unwrap(), 16).await;
    let shown = shop.get(&other.path()).send().await.unwrap().json::<Checkout>().await.unwrap();
    assert_eq!(shown.token, other.seen.token);
    shop.close().await;
}

/// Sends the beginning of a request, then a byte every 50 ms, until the proxy closes the connection. Returns the bytes sent, and the answer.
async fn sends_slowly(shop: &Shop, beginning: &str) -> (usize, String) {
    let mut stream = TcpStream::connect(shop.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    let (mut answer, mut sent) = (String::new(), 0);
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let (mut from, mut to) = stream.split();
    let mut reading = std::pin::pin!(from.read_to_string(&mut answer));
    while sent < 200 {
        tokio::select! {
            _ = &mut reading => break,
            _ = pace.tick() => sent += usize::from(to.write_all(b"x").await.is_ok()),
        }
    }
    (sent, answer)
}

#[tokio::test]
async fn a_slow_request_is_closed_at_its_time_limit() {
    let shop = Shop::open_with("limits.header_ms = 500").await;
    let head = "POST /v1/checkouts HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n";
    for (beginning, code) in [("", ""), (head, ""), (&format!("{head}content-length: 10000\r\n\r\n"), "malformed")] {
        let (sent, answer) = sends_slowly(&shop, beginning).await;
        assert!(sent < 100, "{beginning}: still connected after {sent} bytes");
        assert!(answer.contains(code), "{answer}");
    }
    shop.close().await;
}

/// The headers of the widget, and of what instruments the shop's page: Sentry, OpenTelemetry, Zipkin.
const PREFLIGHTED: &str = "content-type,idempotency-key,traceparent,tracestate,sentry-trace,baggage,b3,last-event-id";

/// A browser's CORS preflight.
fn preflight(shop: &Shop, origin: &str) -> RequestBuilder {
    shop.http
        .request(Method::OPTIONS, format!("{}/v1/checkouts", shop.url))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", PREFLIGHTED)
}

#[tokio::test]
async fn cors_allows_the_shop_s_pages_what_they_need() {
    let shop = Shop::open().await;
    let allowed = preflight(&shop, SHOP_ORIGIN).send().await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-origin"], SHOP_ORIGIN);
    let headers = allowed.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
    for name in PREFLIGHTED.split(',') {
        assert!(headers.split(',').any(|allowed| allowed == name), "{name}: {headers}");
    }
    let answer = shop.get(CART).header("origin", SHOP_ORIGIN).send().await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
    for name in ["retry-after", "idempotency-replayed", "x-trace-id"] {
        assert!(exposed.split(',').any(|exposed| exposed == name), "{name}: {exposed}");
    }
    for origin in ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"] {
        let answer = preflight(&shop, origin).send().await.unwrap();
        assert!(answer.headers().get("access-control-allow-origin").is_none(), "{origin}");
    }
    shop.close().await;
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let shop = Shop::open_with("site.demo = true").await;
    let page = shop.get("/return/nobody").send().await.unwrap();
    let front = shop.get("/").send().await.unwrap();
    for page in [&page, &front] {
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with("text/html"));
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert!(header("permissions-policy").contains("geolocation=()"));
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
    let picture = shop.get("/mug.svg").send().await.unwrap();
    assert_eq!(picture.headers()["cross-origin-resource-policy"], "cross-origin", "a shop's page may show it");
    let answer = shop.get(CART).send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(header("cross-origin-resource-policy").as_deref(), Some("same-origin"));
    assert_eq!(header("permissions-policy"), None, "the answer is not a page");
    shop.close().await;
}

#[tokio::test]
async fn a_reverse_proxy_that_is_not_trusted_is_reported() {
    let untrusted = async |trusted: &str| {
        let shop = Shop::open_with(&format!("limits.trusted_proxies = {trusted}")).await;
        assert_eq!(forwarded(&shop, "198.51.100.7").await, StatusCode::OK);
        let doctor = shop.runs(&["doctor"]).await.out;
        shop.close().await;
        assert!(!doctor.contains("198.51.100.7"), "{doctor}");
        doctor.contains("warn  reverse proxy: ")
    };
    assert!(untrusted("[]").await);
    assert!(!untrusted("[\"127.0.0.0/8\"]").await);
}
