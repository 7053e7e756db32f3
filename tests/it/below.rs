//! The proxy below a path of somebody's site, behind a real nginx, which keeps the path or takes it off.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use kvitt_wire::{NewCheckout, Problem, State};
use reqwest::StatusCode;
use serde_json::json;

use crate::shop::{Nginx, SHOP_ORIGIN, Shop, two_mugs_and_a_tea};

/// A shop whose proxy is at `/kvitt` of an nginx with this `proxy_pass`.
async fn open(proxy_pass: fn(SocketAddr) -> String) -> (Shop, Nginx) {
    let mut nginx = None;
    let front = async |address| {
        let started = Nginx::start(&format!("location /kvitt/ {{ proxy_pass {}; }}", proxy_pass(address))).await;
        let url = format!("{}/kvitt", started.url);
        nginx = Some(started);
        url
    };
    let shop = Shop::open_behind(front, "").await;
    (shop, nginx.unwrap())
}

/// Every address in a page is one of the proxy's and answers.
async fn leads_to_what_exists(shop: &Shop, page: &str) {
    let origin = shop.url.trim_end_matches("/kvitt");
    let attributes = ["href=\"/", "src=\"/", "action=\"/"];
    let found = attributes.iter().flat_map(|attribute| page.split(attribute).skip(1));
    let found: BTreeSet<_> = found.filter_map(|rest| rest.split(['"', '#']).next()).collect();
    assert!(!found.is_empty(), "{page}");
    for address in found {
        assert!(address.starts_with("kvitt/"), "{address}");
        let status = shop.http.get(format!("{origin}/{address}")).send().await.unwrap().status();
        assert_eq!(status, StatusCode::OK, "{address}");
    }
}

async fn a_customer_pays_and_staff_log_in(shop: Shop) {
    // The webhook alone brings the news: its signature is over the public address.
    let mut order = shop.ordered().await;
    shop.vipps.approves(order.reference()).await;
    order.becomes(State::Authorized).await;
    let shown = NewCheckout { return_url: None, ..two_mugs_and_a_tea() };
    let order = shop.order(&shown).await;
    let page = shop.get(&format!("/return/{}", order.seen.token)).send().await.unwrap().text().await.unwrap();
    leads_to_what_exists(&shop, &page).await;
    let form = [("items", "mug:1"), ("amount", "24900"), ("currency", "NOK"), ("terms_accepted", "yes")];
    assert_eq!(shop.post("/pay").form(&form).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let refused = shop.post("/pay").form(&[("items", "mug:1")]).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    leads_to_what_exists(&shop, &refused.text().await.unwrap()).await;
    for path in ["/docs", "/docs/", "/docs/api", "/desk", "/desk/"] {
        leads_to_what_exists(&shop, &shop.get(path).send().await.unwrap().text().await.unwrap()).await;
    }
    let problem: Problem = shop.get("/v1/checkouts/none").send().await.unwrap().json().await.unwrap();
    assert_eq!(problem.kind, "/kvitt/docs/problems#not_found");

    let key = shop.key("office").await;
    let login = shop.post("/desk/session").header("kvitt-desk", "person").header("sec-fetch-site", "same-origin");
    let login = login.json(&json!({ "key": key })).send().await.unwrap();
    assert_eq!(login.status(), StatusCode::OK);
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Path=/kvitt;"), "{cookie}");
    let offer = json!({ "cart": { "lines": [], "currency": "NOK" } });
    let refused = shop.post("/v1/checkouts").header("origin", SHOP_ORIGIN).json(&offer).send().await.unwrap();
    assert!(refused.headers().contains_key("access-control-allow-origin"));
    shop.close().await;
}

#[tokio::test]
async fn below_a_path_that_nginx_keeps_everything_works() {
    let (shop, nginx) = open(|proxy| format!("http://{proxy}")).await;
    a_customer_pays_and_staff_log_in(shop).await;
    drop(nginx);
}

#[tokio::test]
async fn below_a_path_that_nginx_takes_off_everything_works() {
    let (shop, nginx) = open(|proxy| format!("http://{proxy}/")).await;
    a_customer_pays_and_staff_log_in(shop).await;
    drop(nginx);
}
