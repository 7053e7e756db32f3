//! `kvitt check --page`: what is wrong with the Kvitt elements on a page of the shop, with the place and what to do.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::shop::Shop;

/// The site of the shop, with one page at `/`.
struct Site {
    url: String,
    server: JoinHandle<()>,
}

impl Site {
    async fn with(page: String, policy: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut all = HeaderMap::new();
        all.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
        if let Some(policy) = policy {
            all.insert("content-security-policy", HeaderValue::from_str(policy).unwrap());
        }
        let answered = move || {
            let answer = (all.clone(), page.clone());
            async move { answer }
        };
        let server = tokio::spawn(async move {
            let router = Router::new().route("/", axum::routing::get(answered));
            axum::serve(listener, router).await.unwrap();
        });
        Self { url, server }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A page with these elements, and the script from there.
fn page(script: &str, elements: &str) -> String {
    format!(
        "<!doctype html>\n<title>Cart</title>\n<script type=\"module\" src=\"{script}/pkg/kvitt.js\"></script>\n{elements}\n"
    )
}

/// Examines a page. The exit code, and what is printed.
async fn examined(shop: &Shop, site: &Site) -> (Option<i32>, String) {
    let done = shop.runs(&["check", "--page", &site.url]).await;
    (done.code, done.out + &done.err)
}

/// Lets the pages of a site call the proxy, as its configuration says to the command.
fn allow(shop: &Shop, site: &Site) {
    let text = std::fs::read_to_string(&shop.files.config).unwrap();
    let more = text.replace("allowed_origins = [", &format!("allowed_origins = [\"{}\", ", site.url));
    std::fs::write(&shop.files.config, more).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_as_it_should_be_passes() {
    let shop = Shop::open().await;
    let elements = "<kvitt-checkout items=\"mug:2,tea:1\" amount=\"58700\" currency=\"NOK\" market=\"NO\" \
                    return-url=\"/thanks\" class=\"pay\" part=\"pay\"></kvitt-checkout>\n<kvitt-confirmation language=\"nb\">";
    let proxy = &shop.url;
    let policy = format!("default-src 'none'; script-src {proxy} 'wasm-unsafe-eval'; connect-src {proxy}");
    let site = Site::with(page(proxy, elements), Some(&policy)).await;
    allow(&shop, &site);
    let (code, out) = examined(&shop, &site).await;
    assert_eq!(code, Some(0), "{out}");
    for line in [
        "ok    <script> in line 3:",
        "ok    <kvitt-checkout> in line 4: its attributes are right",
        "ok    <kvitt-confirmation> in line 5:",
        "ok    Content-Security-Policy: it allows",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_a_page_is_said_with_its_place_and_what_to_do() {
    let shop = Shop::open().await;
    let elements = "<kvitt-checkout items=\"cup:1\" amount=\"587.00\" currency=\"SEK\" returnurl=\"/thanks\">\n\
                    <kvitt-checkout items=\"mug:2,tea:1\" amount=\"58600\" currency=\"NOK\" salesunit=\"dk\">\n\
                    <kvitt-checkout items=\"mug:1\" sales-unit=\"se\">\n\
                    <kvitt-checkout items=\"mug:2,tea:1\" amount=\"58700\" currency=\"NOK\" return-url=\"https://evil.example/\" \
                    proxy=\"https://elsewhere.example\">\n\
                    <kvitt-confirmation tokn=\"x\">";
    let policy = "script-src 'self'; connect-src 'self'";
    let site = Site::with(page("https://cdn.example", elements), Some(policy)).await;
    let (code, out) = examined(&shop, &site).await;
    assert_eq!(code, Some(2), "{out}");
    let proxy = &shop.url;
    for line in [
        &format!("FAIL  page: the proxy refuses what it asks for: add \"{}\" to allowed_origins", site.url),
        &format!(
            "FAIL  <script> in line 3: it comes from https://cdn.example/pkg/kvitt.js, not from public_url: use {proxy}/pkg/kvitt.js"
        ),
        "FAIL  <kvitt-checkout> in line 4: returnurl is not read: write return-url",
        "FAIL  <kvitt-checkout> in line 4: amount is \"587.00\": write the total that the page shows in minor units",
        "FAIL  <kvitt-checkout> in line 4: currency is \"SEK\", but the sales unit no takes \"NOK\"",
        "FAIL  <kvitt-checkout> in line 4: items cannot be sold: there is no article \"cup\"",
        "FAIL  <kvitt-checkout> in line 5: salesunit is not read: write sales-unit",
        "FAIL  <kvitt-checkout> in line 5: amount is 58600, but the total is 58700 minor units: write 58700",
        "FAIL  <kvitt-checkout> in line 6: sales-unit \"se\" is not in the configuration: write one of no, dk",
        "FAIL  <kvitt-checkout> in line 7: return-url \"https://evil.example/\" is not on an allowed origin",
        &format!(
            "FAIL  <kvitt-checkout> in line 7: proxy is \"https://elsewhere.example\", not public_url: write \"{proxy}\""
        ),
        "FAIL  <kvitt-confirmation> in line 8: tokn is not read: write token",
        &format!("FAIL  Content-Security-Policy: script-src refuses the script: add {proxy} to it"),
        &format!("FAIL  Content-Security-Policy: connect-src refuses requests to the proxy: add {proxy} to it"),
        "FAIL  Content-Security-Policy: script-src refuses WebAssembly, so that only the plain form works: add 'wasm-unsafe-eval' to it",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_the_widget_and_one_that_cannot_be_read_are_said_so() {
    let shop = Shop::open().await;
    let site = Site::with("<p>Nothing".to_owned(), None).await;
    allow(&shop, &site);
    let (code, out) = examined(&shop, &site).await;
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.contains("warn  script: no script tag of Kvitt") && out.contains("warn  elements: no kvitt-checkout"),
        "{out}"
    );
    let missing = shop.runs(&["check", "--page", &format!("{}/missing", site.url)]).await;
    assert_eq!(missing.code, Some(2));
    assert!(missing.out.contains("FAIL  page: it is answered 404"), "{}", missing.out);
    let gone = shop.runs(&["check", "--page", "http://127.0.0.1:1/"]).await;
    assert_eq!(gone.code, Some(2));
    assert!(gone.out.contains("FAIL  page: it cannot be fetched"), "{}", gone.out);
    shop.close().await;
}
