//! The router: merges the routes of the modules below and puts the layers around them.
//!
//! From the outside in, a request passes: the path of `public_url`, security headers, trace id and error body, metrics, the check of its head,
//! the limits for its body; then, by group, CORS and rate limits and the origin check (pages), the authorization (the shop's backend), or none (Vipps
//! MobilePay and operators). A route describes itself for the API's description, which is made of the same routers.

mod admission;
mod cart;
mod checkouts;
mod description;
mod desk;
mod docs;
mod events;
mod operators;
mod pay;
mod pay_page;
mod responses;
mod shop;
mod site;
mod vipps;

use std::sync::LazyLock;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;

use crate::access::idempotency::IDEMPOTENCY_REPLAYED;
use crate::http::app::App;
use crate::http::below;
use crate::http::problem::ApiError;
use crate::http::respond::{Responder, TRACE_ID};
pub use site::{Script, script};

/// All routes of the API's description.
fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(description::document())
        .merge(browser())
        .merge(shop::router())
        .merge(desk::router())
        .merge(servers())
        .merge(operators::internal())
}

/// The routes that the shop's pages and browsers call; the origin check guards them.
fn browser() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(cart::router())
        .merge(checkouts::router())
        .merge(events::router())
        .merge(pay::router())
        .merge(pay_page::router())
}

/// The routes that Vipps MobilePay and operators call; they get no CORS headers.
fn servers() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(vipps::router()).merge(operators::router())
}

/// The operators' routes, for a listener of their own.
pub fn operators_router(app: &App) -> Router {
    let (router, _) = operators::router().merge(operators::internal()).split_for_parts();
    router.layer(from_fn_with_state(app.clone(), around)).with_state(app.clone())
}

/// The API's description as OpenAPI JSON, as committed in `proxy/openapi.json`. It is built once.
pub fn openapi_json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        let (_, mut document) = documented().split_for_parts();
        description::complete(&mut document);
        document.to_pretty_json().expect("the document can be written as JSON") + "\n"
    });
    &JSON
}

/// The types of the shop's API for TypeScript, as committed in `www/docs/kvitt-shop.d.ts`.
pub fn typescript() -> &'static str {
    docs::types()
}

/// The router of the public listener.
pub fn router(app: &App) -> Router {
    let (browser, _) = browser().split_for_parts();
    let (shop, _) = shop::router().split_for_parts();
    let (desk, _) = desk::router().split_for_parts();
    let (mut servers, _) = servers().split_for_parts();
    if app.http.metrics_listen.is_none() {
        let (internal, _) = operators::internal().split_for_parts();
        servers = servers.merge(internal.layer(from_fn(admission::is_on_this_machine)));
    }
    let origins = app.http.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // Whatever instruments the shop's page adds headers of its own (sentry-trace, baggage, b3 and many more). No header gives a page more
        // than it has: no request carries cookies, and the origin is checked.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::RETRY_AFTER, IDEMPOTENCY_REPLAYED, TRACE_ID])
        .max_age(std::time::Duration::from_secs(3600));
    let router = browser
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(from_fn_with_state(app.clone(), admission::admit))
        .layer(cors)
        .merge(
            shop.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
                .layer(from_fn_with_state(app.clone(), shop::authorize)),
        )
        .merge(
            desk.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
                .layer(from_fn_with_state(app.clone(), desk::is_enabled))
                .layer(from_fn_with_state(app.clone(), admission::limit_rate)),
        )
        .merge(servers.method_not_allowed_fallback(|| async { ApiError::method_not_allowed() }))
        .merge(docs::router().method_not_allowed_fallback(|| async { ApiError::method_not_allowed() }))
        .merge(site::router())
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app.clone());
    below::router(&app.http.path, router)
}

/// All that surrounds every route. It is one layer, because axum copies what is below a layer for each request that passes it.
async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let responder = Responder::of(&mut request);
    let response = measured(&app, request, next).instrument(responder.span.clone()).await;
    let mut response = responder.finish(&app, response);
    security_headers(&mut response);
    below::addresses(&app.http.path, response).await
}

/// Measures how long each route takes to answer. Paths that match no route of the API are counted as `other`.
async fn measured(app: &App, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let begun = Instant::now();
    let response = match admission::check_head(app, &request) {
        Ok(()) => next.run(limited(app, request)).await,
        Err(error) => error.into_response(),
    };
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    app.metrics.request(method.as_str(), route, response.status().as_u16(), begun.elapsed());
    response
}

/// Limits the size of the body, unless the route has a limit of its own, and the time for the whole of it: a slow client must not hold a
/// connection by sending a little at a time.
fn limited(app: &App, mut request: Request) -> Request {
    DefaultBodyLimit::max(app.http.limits.body_bytes).apply(&mut request);
    if request.body().is_end_stream() {
        return request;
    }
    let until = tokio::time::Instant::now() + app.http.limits.header;
    let limited = |body: Body| {
        unfold(body.into_data_stream(), move |mut parts| async move {
            match tokio::time::timeout_at(until, parts.next()).await {
                Ok(part) => part.map(|part| (part, parts)),
                Err(late) => Some((Err(axum::Error::new(late)), parts)),
            }
        })
    };
    request.map(|body| Body::from_stream(limited(body)))
}

/// Adds the security headers that every response has. `Strict-Transport-Security` is not among them: the server that terminates TLS sets it.
fn security_headers(response: &mut Response) {
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
        let none = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers.insert("permissions-policy", HeaderValue::from_static(none));
    }
    // A route that another origin may read has set its own value: the widget's files do; the API has CORS headers.
    headers.entry("cross-origin-resource-policy").or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
