//! Files and documents, as RFC 9110 has them sent, and the methods of every address.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::shop::Shop;

#[tokio::test]
async fn who_has_a_document_is_not_sent_it_again() {
    let shop = Shop::open_with("site.demo = true").await;
    for path in ["/docs", "/docs/", "/docs/api", "/docs/docs.css", "/docs/search.json", "/docs/kvitt-shop.d.ts"]
        .into_iter()
        .chain(["/openapi.json", "/desk", "/desk/app.js", "/index.html", "/favicon.svg"])
    {
        let whole = shop.get(path).send().await.unwrap();
        assert_eq!(whole.status(), StatusCode::OK, "{path}");
        let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
        for known in [&etag, &format!("\"x\", {etag}"), &format!("W/{etag}"), "*"] {
            let again = shop.get(path).header("if-none-match", known).send().await.unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path} {known}");
            assert_eq!(again.headers()["etag"], etag, "{path}");
            assert!(again.bytes().await.unwrap().is_empty());
        }
        let other = shop.get(path).header("if-none-match", "\"x\"").send().await.unwrap();
        assert_eq!(other.status(), StatusCode::OK, "{path}");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_refused_method_comes_with_those_that_are_allowed() {
    let shop = Shop::open_with("site.demo = true").await;
    let key = shop.key("office").await;
    let description: Value = serde_json::from_str(include_str!("../../proxy/openapi.json")).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let known = paths.iter().map(|(path, methods)| (path.replace(['{', '}'], ""), methods.as_object().unwrap().keys()));
    let mut known: Vec<(String, Vec<_>)> = known.map(|(path, methods)| (path, methods.cloned().collect())).collect();
    known.extend(
        ["/docs", "/docs/api", "/desk", "/pages.css", "/"].map(|path| (path.to_owned(), vec!["get".to_owned()])),
    );
    for (path, methods) in known {
        let request = shop.http.request(Method::PATCH, format!("{}{path}", shop.url)).bearer_auth(&key);
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = refused.headers().get("allow").unwrap_or_else(|| panic!("{path}: no Allow")).to_str().unwrap();
        let allowed = allowed.to_ascii_lowercase();
        for method in methods {
            assert!(allowed.split(',').any(|allowed| allowed.trim() == method), "{path}: {method} is not in {allowed}");
        }
    }
    shop.close().await;
}
