//! Around every route: gives each request a trace id, and writes the body of each [`ApiError`].
//!
//! Handlers and inner layers leave the error in the response's extensions; only here is the trace id known that its body names. People get a
//! page in their language, programs get JSON.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kvitt_wire::Language;
use tracing::Span;

use crate::http::app::App;
use crate::http::pages;
use crate::http::problem::ApiError;
use crate::observe::throttle::Throttle;
use crate::observe::trace::{self, TraceId};

/// The caller's trace ([trace context](https://www.w3.org/TR/trace-context/)).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The trace id of a response.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// What the response to a request needs to know of the request.
pub struct Responder {
    trace_id: String,
    reader: Reader,
    /// The span of all work for the request.
    pub span: Span,
}

impl Responder {
    /// Gives the request a trace id.
    pub fn of(request: &mut Request) -> Self {
        let id = TraceId::of(request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()));
        let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
        let span = trace::of_request(request.method().as_str(), route, &id);
        let trace_id = id.as_str().to_owned();
        request.extensions_mut().insert(id);
        Self { trace_id, reader: Reader::of(request), span }
    }

    /// Gives the response its trace id, and an error its body.
    pub fn finish(self, app: &App, mut response: Response) -> Response {
        let Self { trace_id, reader, span } = self;
        if response.status() == StatusCode::PAYLOAD_TOO_LARGE && response.extensions().get::<ApiError>().is_none() {
            response = ApiError::body_too_large().into_response();
        }
        trace::answered(&span, response.status().as_u16());
        if let Some(error) = response.extensions_mut().remove::<ApiError>() {
            response = refusal(app, &reader, &error, response, &trace_id);
        }
        if let Ok(value) = HeaderValue::from_str(&trace_id) {
            response.headers_mut().insert(TRACE_ID, value);
        }
        response
    }
}

/// The response with the body of its error.
fn refusal(app: &App, reader: &Reader, error: &ApiError, mut response: Response, trace_id: &str) -> Response {
    static REFUSED: Throttle = Throttle::new(20);
    let mut problem = error.body(trace_id.to_owned());
    problem.kind.insert_str(0, &app.http.path);
    // A flood of refusals must not flood the log. What one customer reports is found by its trace id.
    if let Some(suppressed) = REFUSED.passes() {
        tracing::info!(status = problem.status, code = problem.code, trace_id, suppressed, "request refused");
    }
    let headers = std::mem::take(response.headers_mut());
    response = if reader.wants_page(error) {
        let (language, shop_url) = error.order().unwrap_or((reader.language, &app.shop.front.url));
        (error.status(), pages::problem(&problem, language, shop_url)).into_response()
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
    response
}

/// Who reads the answer, by the request's headers.
struct Reader {
    /// `Accept` has HTML: somebody opens the address in a browser.
    html: bool,
    /// `Accept` has JSON.
    json: bool,
    /// Whether the address is that of the API.
    api: bool,
    /// The best language in `Accept-Language`.
    language: Language,
}

impl Reader {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        let accept = text(headers, &header::ACCEPT);
        Self {
            html: accept.contains("text/html"),
            json: accept.contains("json"),
            api: request.uri().path().starts_with("/v1/"),
            language: best_language(text(headers, &header::ACCEPT_LANGUAGE)),
        }
    }

    /// The API answers JSON to everybody; a page of ours only to programs that ask for it.
    const fn wants_page(&self, error: &ApiError) -> bool {
        if self.html { !self.api } else { error.is_page() && !self.json }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The first of the most wanted languages that the pages speak ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)).
fn best_language(accepted: &str) -> Language {
    let spoken = accepted.split(',').filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        let language = Language::from_tag(tag.trim());
        // Every other tag is taken for English.
        let known = language != Language::En || tag.trim().get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
        (known && weight > 0.0).then_some((language, weight))
    });
    let best = spoken.reduce(|best, other| if other.1 > best.1 { other } else { best });
    best.map_or(Language::En, |(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_that_we_speak_is_chosen() {
        for (accepted, expected) in [
            ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", Language::Nb),
            ("de-AT,de;q=0.9,da;q=0.8,en;q=0.7", Language::Da),
            ("en;q=0.5, fi", Language::Fi),
            ("sv;q=0,en", Language::En),
            ("sv;q=much, da;q=0.1", Language::Da),
            ("fr", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(best_language(accepted), expected, "{accepted}");
        }
    }
}
