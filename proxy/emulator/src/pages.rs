//! The customer's pages: the landing page in the customer's browser, and the phone as a web page.
//!
//! Plain HTML that works without JavaScript; one script refreshes an open page. No page has a rule about money: forms make the same calls of
//! `state` as the control API. Every text from a request is escaped, and the pages have a strict content security policy.

mod format;
mod html;
mod landing;
mod phone;

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::shared::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/phone") }))
        .route("/_page/style.css", get(|| async { asset("text/css", include_str!("../page/style.css")) }))
        .route("/_page/live.js", get(|| async { asset("text/javascript", include_str!("../page/live.js")) }))
        .merge(landing::routes())
        .merge(phone::routes())
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
