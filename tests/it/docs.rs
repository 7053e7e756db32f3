//! The proxy's own documentation: every page is there, runs nothing, and every link in it leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use kvitt::http::problem::Code;

use crate::shop::Shop;

/// What stands in that attribute, wherever it does.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let opening = format!(" {attribute}=\"");
    let value = |(at, _): (usize, &str)| html[at + opening.len()..].split('"').next().unwrap().to_owned();
    html.match_indices(&opening).map(value).collect()
}

#[tokio::test]
async fn every_page_is_there_runs_nothing_and_links_to_what_is() {
    let shop = Shop::open().await;
    let mut pages = BTreeMap::new();
    let mut waiting = vec!["/docs".to_owned()];
    while let Some(path) = waiting.pop() {
        let response = shop.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (kind, policy) = (header("content-type"), response.headers().get("content-security-policy").cloned());
        let text = response.text().await.unwrap();
        if kind.starts_with("text/html") {
            let policy = policy.unwrap();
            let policy = policy.to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"),
                "{policy}"
            );
            assert!(!text.contains("<script") && !text.contains(" style=\""), "{path}");
            let own = values(&text, "href").into_iter().chain(values(&text, "src"));
            let linked =
                own.filter(|link| link.starts_with('/')).map(|link| link.split('#').next().unwrap().to_owned());
            waiting.extend(linked.filter(|link| !pages.contains_key(link) && *link != path));
        }
        pages.insert(path, text);
        waiting.retain(|path| !pages.contains_key(path));
    }
    assert!(pages.len() >= 10, "{:?}", pages.keys());
    for (path, html) in &pages {
        for link in values(html, "href").into_iter().filter(|link| link.contains('#') && !link.contains("://")) {
            let (page, place) = link.split_once('#').unwrap();
            let there = values(&pages[if page.is_empty() { path } else { page }], "id");
            assert!(there.iter().any(|id| id == place), "{path} leads to {link}");
        }
        let ids = values(html, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path} has one id twice");
    }
    for code in Code::ALL {
        let (page, place) =
            code.url().split_once('#').map(|(page, place)| (page.to_owned(), place.to_owned())).unwrap();
        assert!(values(&pages[&page], "id").contains(&place), "{code:?}");
    }
    let missing = shop.get("/docs/nothing").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    shop.close().await;
}

#[test]
fn the_types_for_typescript_are_those_of_the_description() {
    let found = include_str!("../../www/docs/kvitt-shop.d.ts");
    assert_eq!(found, kvitt::http::routes::typescript(), "run `cargo xtask openapi`");
}
