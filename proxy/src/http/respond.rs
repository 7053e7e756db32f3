//! The outermost layer around every route: gives each request a trace id, and writes the body of each [`ApiError`].
//!
//! Handlers and inner layers leave the error in the response's extensions; only here is the trace id known that its body names.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::http::pages;
use crate::http::problem::ApiError;
use crate::observe::trace::{self, TraceId};

/// The caller's trace ([trace context](https://www.w3.org/TR/trace-context/)).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The trace id of a response.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Gives the request a trace id, and an error its body.
pub async fn respond(mut request: Request, next: Next) -> Response {
    let id = TraceId::of(request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
    let span = trace::of_request(request.method().as_str(), route, &id);
    let trace_id = id.as_str().to_owned();
    request.extensions_mut().insert(id);
    let mut response = next.run(request).instrument(span.clone()).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && response.extensions().get::<ApiError>().is_none() {
        response = ApiError::body_too_large().into_response();
    }
    span.record("status", response.status().as_u16());
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let problem = error.body(trace_id.clone());
        tracing::info!(status = problem.status, code = problem.code, trace_id, "request refused");
        let headers = std::mem::take(response.headers_mut());
        response = if error.is_page() {
            (error.status(), pages::problem(&problem)).into_response()
        } else {
            let body = serde_json::to_vec(&problem).expect("a problem can be written as JSON");
            (error.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
        };
        // Headers of the inner layers stay, such as the CORS headers.
        let written = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| {
            let name = name.filter(|name| !written.contains(name))?;
            Some((name, value))
        }));
        if let Some(seconds) = error.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    response
}
