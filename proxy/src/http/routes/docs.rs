//! The documentation, as the proxy itself serves it: nothing from anywhere else, and made once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::http::app::App;
use crate::http::docs;
use crate::http::problem::{ApiError, Result};

/// The two scripts are files of ours, one of which reads the index of headings. No text can become a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/docs", get(async || page("")))
        .route("/docs/{page}", get(async |Path(name): Path<String>| show(&name)))
}

fn show(name: &str) -> Result<Response> {
    match name {
        "docs.css" => Ok(file(STYLE, include_str!("../../../../www/docs/docs.css"))),
        "text.css" => Ok(file(STYLE, include_str!("../../../../www/docs/text.css"))),
        "search.js" => Ok(file(SCRIPT, include_str!("../../../../www/docs/search.js"))),
        "copy.js" => Ok(file(SCRIPT, include_str!("../../../../www/docs/copy.js"))),
        "search.json" => Ok(file("application/json", index())),
        "kvitt-shop.d.ts" => Ok(file("text/plain; charset=utf-8", types())),
        name => page(name),
    }
}

fn page(name: &str) -> Result<Response> {
    static MADE: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !made.contains_key(name) {
        let page = docs::page(name, description()).ok_or(ApiError::not_found().as_page())?;
        made.insert(name.to_owned(), page);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    Ok((headers, made[name].clone()).into_response())
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}

fn index() -> &'static str {
    static INDEX: LazyLock<String> = LazyLock::new(|| docs::index(description()));
    &INDEX
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
