//! The documentation, as the proxy itself serves it: nothing from anywhere else, and made once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::http::app::App;
use crate::http::docs;
use crate::http::files::Document;
use crate::http::problem::{ApiError, Result};

/// The two scripts are files of ours, one of which reads the index of headings. No text can become a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/docs", get(async |headers: HeaderMap| show("", &headers)))
        .route("/docs/", get(async |headers: HeaderMap| show("", &headers)))
        .route("/docs/{page}", get(async |Path(name): Path<String>, headers: HeaderMap| show(&name, &headers)))
}

fn show(name: &str, headers: &HeaderMap) -> Result<Response> {
    static MADE: LazyLock<Mutex<HashMap<String, Document>>> = LazyLock::new(Mutex::default);
    let kind = kind(name);
    let known = MADE.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    let document = match known {
        Some(document) => document,
        None => {
            let document = Document::new(content(name).ok_or(ApiError::not_found().as_page())?);
            MADE.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), document.clone());
            document
        }
    };
    let own = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    Ok(document.response(headers, own))
}

fn kind(name: &str) -> &'static str {
    match name {
        "docs.css" | "text.css" => "text/css; charset=utf-8",
        "search.js" | "copy.js" => "text/javascript; charset=utf-8",
        "search.json" => "application/json",
        "kvitt-shop.d.ts" => "text/plain; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

fn content(name: &str) -> Option<String> {
    Some(match name {
        "docs.css" => include_str!("../../../../www/docs/docs.css").to_owned(),
        "text.css" => include_str!("../../../../www/docs/text.css").to_owned(),
        "search.js" => include_str!("../../../../www/docs/search.js").to_owned(),
        "copy.js" => include_str!("../../../../www/docs/copy.js").to_owned(),
        "search.json" => docs::index(description()),
        "kvitt-shop.d.ts" => types().to_owned(),
        name => docs::page(name, description())?,
    })
}

fn description() -> &'static Value {
    static READ: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(super::openapi_json()).expect("our own document reads"));
    &READ
}

/// The types of the shop's API for TypeScript, in the form that is committed.
pub(super) fn types() -> &'static str {
    static TYPES: LazyLock<String> = LazyLock::new(|| docs::types(description()));
    &TYPES
}
