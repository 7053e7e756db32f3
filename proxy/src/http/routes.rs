//! The public face. Each module exports its router; this one only merges them and puts the layers around.

mod cart;
mod checkouts;
mod description;
mod desk;
mod docs;
mod door;
mod events;
mod operators;
mod pay;
mod pay_page;
mod shop;
mod site;
mod vipps;

use std::sync::LazyLock;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::access::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use crate::http::app::App;
use crate::http::problem::ApiError;
use crate::http::respond::{self, TRACE_ID, TRACEPARENT};

/// Everything that is described.
fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(description::document())
        .merge(browser())
        .merge(shop::router())
        .merge(desk::router())
        .merge(servers())
        .merge(operators::inside())
}

/// What pages call: guarded by their origin.
fn browser() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(cart::router())
        .merge(checkouts::router())
        .merge(events::router())
        .merge(pay::router())
        .merge(pay_page::router())
}

/// What other machines call: no page has business there.
fn servers() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(vipps::router()).merge(operators::router())
}

/// The addresses of the operators, where they are not on the public side.
pub fn operators_router(app: &App) -> Router {
    let (inside, _) = operators::router().merge(operators::inside()).split_for_parts();
    inside.layer(from_fn(respond::respond)).layer(from_fn(harden)).with_state(app.clone())
}

/// The document, in the form that is committed. Made once: anybody may ask for it.
pub fn openapi_json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        let (_, mut document) = described().split_for_parts();
        description::illustrate(&mut document);
        document.to_pretty_json().expect("the document has nothing that JSON cannot say") + "\n"
    });
    &JSON
}

/// The types of the shop's API for TypeScript, in the form that is committed.
pub fn typescript() -> &'static str {
    docs::types()
}

/// The whole service.
pub fn router(app: &App) -> Router {
    let (browser, _) = browser().split_for_parts();
    let (shop, _) = shop::router().split_for_parts();
    let (desk, _) = desk::router().split_for_parts();
    let servers = match &app.http.metrics_listen {
        Some(_) => servers(),
        None => servers().merge(operators::inside()),
    };
    let (servers, _) = servers.split_for_parts();
    let origins = app.http.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, header::CACHE_CONTROL, IDEMPOTENCY_KEY, TRACEPARENT])
        .expose_headers([header::RETRY_AFTER, IDEMPOTENCY_REPLAYED, TRACE_ID])
        .max_age(std::time::Duration::from_secs(3600));
    browser
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(from_fn_with_state(app.clone(), door::check_origin))
        .layer(from_fn_with_state(app.clone(), door::count))
        .layer(cors)
        .merge(
            shop.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
                .layer(from_fn_with_state(app.clone(), shop::authorize)),
        )
        .merge(
            desk.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
                .layer(from_fn_with_state(app.clone(), desk::is_enabled))
                .layer(from_fn_with_state(app.clone(), door::count)),
        )
        .merge(servers.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() }))
        .merge(docs::router().method_not_allowed_fallback(|| async { ApiError::method_not_allowed() }))
        .merge(site::router())
        .layer(DefaultBodyLimit::max(app.http.limits.body_bytes))
        .layer(from_fn_with_state(app.clone(), hurry_body))
        .layer(from_fn_with_state(app.clone(), measure))
        .layer(from_fn(respond::respond))
        .layer(from_fn(harden))
        .with_state(app.clone())
}

/// How long each route takes to answer; what is served from files and what is nowhere are one route each.
async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let begun = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    app.metrics.request(method.as_str(), route, response.status().as_u16(), begun.elapsed());
    response
}

/// A body that trickles in must not hold a connection for ever: there is one time limit for all of it, and not one for each part.
async fn hurry_body(State(app): State<App>, request: Request, next: Next) -> Response {
    let until = tokio::time::Instant::now() + app.http.limits.header;
    let hurried = |body: Body| {
        unfold(body.into_data_stream(), move |mut parts| async move {
            match tokio::time::timeout_at(until, parts.next()).await {
                Ok(part) => part.map(|part| (part, parts)),
                Err(late) => Some((Err(axum::Error::new(late)), parts)),
            }
        })
    };
    next.run(request.map(|body| Body::from_stream(hurried(body)))).await
}

/// The headers that every answer carries. `Strict-Transport-Security` is not ours to say: it belongs where TLS ends.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
        let none = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers.insert("permissions-policy", HeaderValue::from_static(none));
    }
    // What may be read across origins says so: the widget's files here, the API by its CORS headers.
    headers.entry("cross-origin-resource-policy").or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
