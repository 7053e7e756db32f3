//! The documentation that the proxy serves: every page exists, runs only its own scripts, and has no broken link.

use std::collections::{BTreeMap, BTreeSet};

use kvitt::http::docs;
use kvitt::http::problem::Code;
use reqwest::Response;

use crate::shop::Shop;

/// Every value of an attribute.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let opening = format!(" {attribute}=\"");
    let value = |(at, _): (usize, &str)| html[at + opening.len()..].split('"').next().unwrap().to_owned();
    html.match_indices(&opening).map(value).collect()
}

/// The page runs only files of the proxy.
fn assert_strict(path: &str, policy: &str, html: &str) {
    assert!(
        policy.starts_with(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
        ),
        "{path}: {policy}"
    );
    for rule in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "trusted-types 'none'"] {
        assert!(policy.contains(rule), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    let scripts = html.matches("<script").count();
    assert_eq!(html.matches("<script type=\"module\" src=\"/docs/").count(), scripts, "{path} has another script");
    assert!(!html.contains(" style=\"") && !html.contains(" onclick"), "{path}");
}

/// Whether a link's page and anchor exist. Links to pages that were not read are not checked.
fn leads_somewhere(pages: &BTreeMap<String, String>, path: &str, link: &str) -> bool {
    let Some((page, anchor)) = link.split_once('#') else { return true };
    let html = &pages[if page.is_empty() { path } else { page }];
    values(html, "id").iter().any(|id| id == anchor)
}

/// Every page that the links reach from the first one, by its path.
async fn read_all(shop: &Shop) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut waiting = vec!["/docs".to_owned()];
    while let Some(path) = waiting.pop() {
        let response = shop.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| header(&response, name);
        let (kind, policy) = (header("content-type"), header("content-security-policy"));
        let text = response.text().await.unwrap();
        if kind.starts_with("text/html") {
            assert_strict(&path, &policy, &text);
            let links = values(&text, "href").into_iter().chain(values(&text, "src"));
            let (own, others): (Vec<_>, Vec<_>) = links.partition(|link| link.starts_with('/'));
            let relative = others.iter().find(|link| !link.starts_with('#') && !link.contains("://"));
            assert!(relative.is_none(), "{path} has a link that leads nowhere from there: {relative:?}");
            waiting.extend(own.iter().map(|link| link.split('#').next().unwrap().to_owned()));
        }
        pages.insert(path, text);
        waiting.retain(|path| !pages.contains_key(path));
    }
    pages
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn every_page_runs_only_its_own_scripts_and_has_no_broken_link() {
    let shop = Shop::open().await;
    let pages = read_all(&shop).await;
    for (path, html) in &pages {
        for link in values(html, "href").into_iter().filter(|link| !link.contains("://")) {
            assert!(leads_somewhere(&pages, path, &link), "{path} leads to {link}");
        }
        let ids = values(html, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path} has one id twice");
    }
    for code in Code::ALL {
        assert!(leads_somewhere(&pages, "", &code.url()), "{code:?}");
    }
    let missing = shop.get("/docs/nothing").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    shop.close().await;
}

#[tokio::test]
async fn every_page_of_the_navigation_is_there_and_leads_to_all_others() {
    let shop = Shop::open().await;
    let mut missing = Vec::new();
    for (name, title) in docs::pages() {
        let response = shop.get(&docs::address(name)).send().await.unwrap();
        if response.status() != 200 {
            missing.push(name);
            continue;
        }
        let html = response.text().await.unwrap();
        assert!(html.contains(&format!("<title>{title} · Kvitt</title>")), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        let links = values(&html, "href");
        for (other, _) in docs::pages() {
            assert!(links.contains(&docs::address(other)), "{name} does not lead to {other}");
        }
    }
    assert!(missing.is_empty(), "the navigation leads to missing pages: {missing:?}");
    shop.close().await;
}

#[tokio::test]
async fn the_search_index_has_every_page_and_heading_with_its_address() {
    let shop = Shop::open().await;
    let response = shop.get("/docs/search.json").send().await.unwrap();
    assert_eq!(header(&response, "content-type"), "application/json");
    let entries: Vec<[String; 3]> = response.json().await.unwrap();
    let pages = read_all(&shop).await;
    for [title, page, address] in &entries {
        assert!(!title.is_empty() && docs::pages().any(|(_, title)| title == page), "{title}: {page}");
        assert!(leads_somewhere(&pages, "", address), "{title} is not at {address}");
    }
    let has = |address: &str| entries.iter().any(|[_, _, other]| other == address);
    for address in [
        "/docs",
        "/docs/backend#money",
        "/docs/api#capture",
        "/docs/problems#price_changed",
        "/docs/configuration#limits",
    ] {
        assert!(has(address), "{address}");
    }
    for (name, _) in docs::pages() {
        assert!(has(&docs::address(name)), "{name}");
    }
    shop.close().await;
}

#[test]
fn the_types_for_typescript_are_those_of_the_description() {
    let found = include_str!("../../www/docs/kvitt-shop.d.ts");
    assert_eq!(found, kvitt::http::routes::typescript(), "run `cargo xtask openapi`");
}
