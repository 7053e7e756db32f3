//! What the customer sees: the landing page in the merchant's browser, and the phone as a web page.
//!
//! Plain HTML that works without JavaScript; one script keeps an open page current. Nothing here decides about money:
//! forms end in the same calls of `state` as the control API. Every text that comes from a request is escaped on its
//! way into the page, and the pages run under a strict content security policy all the same.

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
