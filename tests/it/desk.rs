//! Authentication at the order desk: logins, sessions, and protection against requests of other pages.

use std::time::{Duration, Instant};

use kvitt::checkout::audit::{Action, Entry};
use kvitt::config::Config;
use kvitt_wire::{DeskSession, ShopOrder, State};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{Database, Files, Shop, eventually, log, operator, problem};

const NONE: &str = "/v1/shop/orders/nordlys-none-1";

/// A browser at the desk. Without a cookie it is not logged in.
pub(crate) struct Desk<'a> {
    shop: &'a Shop,
    cookie: String,
}

impl<'a> Desk<'a> {
    /// Logs in with valid credentials.
    pub(crate) async fn opened(shop: &'a Shop, with: &Value) -> Self {
        let answer = logs_in(shop, with).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        log::hide(cookie.split_once('=').unwrap().1);
        Self { shop, cookie }
    }

    /// A request as the desk's page sends it.
    pub(crate) fn gets(&self, path: &str) -> RequestBuilder {
        as_the_page(self.shop.get(path)).header("cookie", &self.cookie)
    }

    pub(crate) fn posts(&self, path: &str) -> RequestBuilder {
        as_the_page(self.shop.post(path)).header("cookie", &self.cookie)
    }

    async fn is_logged_in(&self) -> bool {
        self.gets(NONE).send().await.unwrap().status() == StatusCode::NOT_FOUND
    }
}

/// The headers that a browser adds to a request of the desk's page.
fn as_the_page(request: RequestBuilder) -> RequestBuilder {
    request.header("kvitt-desk", "person").header("sec-fetch-site", "same-origin")
}

async fn logs_in(shop: &Shop, with: &Value) -> Response {
    as_the_page(shop.post("/desk/session")).json(with).send().await.unwrap()
}

async fn is_refused(answer: Response) {
    assert!(!answer.headers().contains_key("set-cookie"));
    problem(answer, 401, "login_refused").await;
}

/// A login link of the command: its part behind the `#`.
async fn link(shop: &Shop) -> Value {
    link_with(shop, &[]).await
}

/// The same with options.
pub(crate) async fn link_with(shop: &Shop, options: &[&str]) -> Value {
    let printed = shop.runs(&[&["desk"], options].concat()).await.succeeded();
    let secret = printed.out.trim().strip_prefix(&format!("{}/desk#link=", shop.url)).expect("a link").to_owned();
    log::hide(&secret);
    json!({ "link": secret })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_rights_of_its_key_until_the_key_is_revoked() {
    let shop = Shop::open().await;
    let key = shop.key("the packing table").await;
    let answer = logs_in(&shop, &json!({ "key": format!(" {key}\n") })).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("kvitt-desk=") && !cookie.contains(&key), "{cookie}");
    for part in ["; Path=/;", "; HttpOnly", "; SameSite=Strict", "; Max-Age=43200;"] {
        assert!(cookie.contains(part), "{cookie} has no {part}");
    }
    assert!(!cookie.contains("Secure"), "the browser would not send it over http");
    let shown: DeskSession = answer.json().await.unwrap();
    let prefix = key.split('_').nth(1).unwrap();
    assert_eq!((shown.shop.as_str(), shown.key.as_deref()), ("Nordlys Keramikk", Some(prefix)));
    assert_eq!(shown.sales_units[0].articles[0].unit_price, 24_900);

    let desk = Desk::opened(&shop, &json!({ "key": key })).await;
    let seen = desk.gets("/desk/session").send().await.unwrap();
    assert_eq!(seen.json::<DeskSession>().await.unwrap().key.as_deref(), Some(prefix));
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let capture = format!("/v1/shop/orders/{}/capture", order.reference());
    let captured = desk.posts(&capture).header("idempotency-key", "parcel-1").json(&json!({})).send().await.unwrap();
    assert_eq!(captured.status(), StatusCode::OK);
    assert_eq!(captured.json::<ShopOrder>().await.unwrap().aggregate.captured, 58_700);
    // Session and key have the same rights and limits.
    let again = shop.post(&capture).bearer_auth(&key).header("idempotency-key", "parcel-1").json(&json!({}));
    assert_eq!(again.send().await.unwrap().headers()["idempotency-replayed"], "true");

    let none = desk.gets(NONE).header("authorization", "Bearer none").send().await.unwrap();
    problem(none, 401, "unauthorized").await;
    let store = shop.store().await;
    let entry = Entry::new(Action::RevokeKey, &operator(), kvitt::base::clock::now());
    assert!(store.revoke_shop_key(prefix, &entry).await.unwrap());
    store.close().await;
    assert!(!desk.is_logged_in().await, "the session has ended with its key");
    is_refused(logs_in(&shop, &json!({ "key": key })).await).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_sales_unit_opens_the_desk_for_that_unit_only() {
    let shop = Shop::open().await;
    shop.is_ready().await;
    let order = shop.ordered().await;
    let made = shop.runs(&["keys", "add", "Denmark", "--sales-unit", "dk"]).await.succeeded();
    let answer = logs_in(&shop, &json!({ "key": made.out })).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let shown: DeskSession = answer.json().await.unwrap();
    assert_eq!(shown.sales_units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>(), ["dk"]);
    let desk = Desk { shop: &shop, cookie };
    let foreign = desk.gets(&format!("/v1/shop/orders/{}", order.reference())).send().await.unwrap();
    problem(foreign, 404, "not_found").await;
    let seen: DeskSession = desk.gets("/desk/session").send().await.unwrap().json().await.unwrap();
    assert_eq!(seen.sales_units.len(), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_link_works_once_and_is_not_used_up_by_fetching_it() {
    let shop = Shop::open_with("desk.link_ms = 600000").await;
    shop.is_ready().await;
    let with = link(&shop).await;
    for _ in 0..2 {
        // No request contains the part behind the #.
        assert_eq!(shop.get("/desk").send().await.unwrap().status(), StatusCode::OK);
    }
    let desk = Desk::opened(&shop, &with).await;
    assert!(desk.is_logged_in().await);
    is_refused(logs_in(&shop, &with).await).await;
    for none in [json!({ "link": "" }), json!({ "link": "x".repeat(43) }), json!({ "key": with["link"] })] {
        is_refused(logs_in(&shop, &none).await).await;
    }

    // Two concurrent logins use it once.
    let with = link(&shop).await;
    let (one, other) = tokio::join!(logs_in(&shop, &with), logs_in(&shop, &with));
    let mut came_to = [one.status().as_u16(), other.status().as_u16()];
    came_to.sort_unstable();
    assert_eq!(came_to, [200, 401]);

    let unused = link(&shop).await;
    let ended = shop.runs(&["desk", "--end-all"]).await.succeeded();
    assert_eq!(ended.out, "ended 2\n");
    assert!(!desk.is_logged_in().await);
    is_refused(logs_in(&shop, &unused).await).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_link_expires() {
    let shop = Shop::open_with("desk.link_ms = 1").await;
    shop.is_ready().await;
    let with = link(&shop).await;
    is_refused(logs_in(&shop, &with).await).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_accepted_from_the_desk_s_own_page_only() {
    let shop = Shop::open().await;
    let desk = Desk::opened(&shop, &json!({ "key": shop.key("the packing table").await })).await;
    let own = shop.url.clone();
    let cancel = format!("{NONE}/cancel");
    // The headers of a request, whether it may read, and whether it may write.
    for (headers, may_read, may_write) in [
        (vec![("kvitt-desk", "person"), ("sec-fetch-site", "same-origin")], true, true),
        (vec![("kvitt-desk", "page"), ("sec-fetch-site", "same-origin"), ("origin", own.as_str())], true, true),
        (vec![("kvitt-desk", "person"), ("origin", own.as_str())], true, true),
        (vec![("kvitt-desk", "person")], true, false),
        (vec![("sec-fetch-site", "same-origin"), ("origin", own.as_str())], false, false),
        (vec![], false, false),
        (vec![("kvitt-desk", "person"), ("sec-fetch-site", "same-site")], false, false),
        (vec![("kvitt-desk", "person"), ("sec-fetch-site", "cross-site"), ("origin", own.as_str())], false, false),
        (vec![("kvitt-desk", "person"), ("sec-fetch-site", "none")], false, false),
        (vec![("kvitt-desk", "person"), ("origin", "https://shop.example")], false, false),
        (vec![("kvitt-desk", "person"), ("origin", "null")], false, false),
    ] {
        let request = |request: RequestBuilder| {
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let read = request(shop.get(NONE).header("cookie", &desk.cookie)).send().await.unwrap();
        assert_eq!(read.status() == StatusCode::NOT_FOUND, may_read, "{headers:?}");
        let change = request(shop.post(&cancel).header("cookie", &desk.cookie));
        let change = change.header("idempotency-key", "none").json(&json!({})).send().await.unwrap();
        assert_eq!(change.status() == StatusCode::NOT_FOUND, may_write, "{headers:?}");
        assert!(may_write || change.status() == StatusCode::UNAUTHORIZED);
        let out = request(shop.http.delete(format!("{own}/desk/session"))).send().await.unwrap();
        problem(out, 401, "unauthorized").await;
    }
    // Another page can neither log in nor pass a preflight.
    let with = link(&shop).await;
    let foreign = shop.post("/desk/session").header("kvitt-desk", "person").header("origin", "https://shop.example");
    let foreign = foreign.json(&with).send().await.unwrap();
    assert!(!foreign.headers().contains_key("access-control-allow-origin"));
    is_refused(foreign).await;
    for path in [NONE, "/desk/session"] {
        let preflight = shop.http.request(reqwest::Method::OPTIONS, format!("{own}{path}"));
        let preflight =
            preflight.header("origin", "https://shop.example").header("access-control-request-method", "POST");
        let answer = preflight.header("access-control-request-headers", "kvitt-desk").send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    let other = shop.get(NONE).header("kvitt-desk", "person").header("cookie", "kvitt-desk=none; x").send();
    problem(other.await.unwrap(), 401, "unauthorized").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_when_expired_and_by_logging_out() {
    let shop = Shop::open_with("desk.session_ms = 8000\ndesk.idle_ms = 2500").await;
    let key = json!({ "key": shop.key("the packing table").await });
    // The page's own requests do not keep the session alive.
    let (idle, begun) = (Desk::opened(&shop, &key).await, Instant::now());
    eventually("the idle session has ended", || async {
        let response = shop.get(NONE).header("kvitt-desk", "page").header("cookie", &idle.cookie).send();
        (response.await.unwrap().status() == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    assert!(begun.elapsed() < Duration::from_millis(7_500), "it ended because of its age: {:?}", begun.elapsed());

    let (busy, begun) = (Desk::opened(&shop, &key).await, Instant::now());
    eventually("the session has expired", || async { (!busy.is_logged_in().await).then_some(()) }).await;
    assert!(
        begun.elapsed() > Duration::from_millis(7_500),
        "a session in use does not become idle: {:?}",
        begun.elapsed()
    );

    let (left, stays) = (Desk::opened(&shop, &key).await, Desk::opened(&shop, &key).await);
    let out = as_the_page(shop.http.delete(format!("{}/desk/session", shop.url))).header("cookie", &left.cookie);
    let out = out.send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!left.is_logged_in().await && stays.is_logged_in().await);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn login_attempts_are_rate_limited() {
    let shop = Shop::open_with("limits.logins_per_address = 2").await;
    let key = json!({ "key": shop.key("the packing table").await });
    for _ in 0..2 {
        is_refused(logs_in(&shop, &json!({ "link": "guess" })).await).await;
    }
    let waits = logs_in(&shop, &key).await;
    assert!(waits.headers().contains_key("retry-after"));
    problem(waits, 429, "rate_limited").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_can_be_disabled() {
    let shop = Shop::open_with("desk.enabled = false").await;
    let key = shop.key("the packing table").await;
    assert_eq!(shop.get("/desk").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    problem(logs_in(&shop, &json!({ "key": key })).await, 404, "not_found").await;
    let refused = shop.runs(&["desk"]).await;
    assert!(refused.code == Some(1) && refused.err.contains("desk.enabled"), "{refused:?}");
    shop.close().await;
}

#[test]
fn over_https_the_cookie_has_the_host_prefix() {
    let files = Files::on(Database::Sqlite, "https://pay.shop.example", "https://api.vipps.no", "");
    let config = Config::load(Some(&files.config), []).unwrap();
    let cookie = kvitt::access::session::remove_cookie(&config.desk);
    assert!(cookie.starts_with("__Host-kvitt-desk=; Path=/;") && cookie.ends_with("; Secure"), "{cookie}");
}
