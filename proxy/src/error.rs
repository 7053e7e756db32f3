//! What a request may come to, and the one place where it becomes a status and a [`Problem`].
//!
//! Handlers return [`ApiError`]; [`respond`] turns it into a body once the request's trace id is known, as JSON, or as a page for the
//! routes that a browser opens. The causes of our own failures are logged here, once, and never shown.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kvitt_wire::{Cart, Problem};
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::cart::CartError;
use crate::checkout::Refusal;
use crate::rates::TooOften;
use crate::trace::{self, TraceId};
use crate::{ledger, outage, pages, store};

/// The caller's trace ([trace context](https://www.w3.org/TR/trace-context/)).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The trace id of an answer.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// What went wrong with a request.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    cart: Option<Box<Cart>>,
    retry_after_s: Option<u32>,
    as_page: bool,
}

/// A handler's answer.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title, detail: None, cart: None, retry_after_s: None, as_page: false }
    }

    /// With what exactly was wrong.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Shown as a page, for a route that a browser opens.
    #[must_use]
    pub const fn as_page(mut self) -> Self {
        self.as_page = true;
        self
    }

    /// There is nothing here for that token.
    pub const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address")
    }

    /// The method is not one of this address.
    pub const fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method")
    }

    /// The page is on no origin of the shop's.
    pub const fn origin_not_allowed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", "This origin may not use the checkout")
    }

    /// The customer has not accepted the terms.
    pub const fn terms_not_accepted() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "terms_not_accepted",
            "The terms must be accepted before a payment is created",
        )
    }

    /// The sales unit takes another currency.
    pub const fn wrong_currency() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_currency", "The sales unit takes another currency")
    }

    /// No such sales unit.
    pub const fn unknown_sales_unit() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_sales_unit", "There is no such sales unit")
    }

    /// The page to come back to is not on an origin of the shop's.
    pub const fn bad_return_url() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_return_url", "return_url must be on an allowed origin")
    }

    /// The wording of the consent is not one that can be looked up later.
    pub const fn bad_wording() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_wording", "consent.wording must name the version of the words")
    }

    /// The price is not what the customer was shown.
    pub fn price_changed(cart: Cart) -> Self {
        Self {
            cart: Some(Box::new(cart)),
            ..Self::new(StatusCode::CONFLICT, "price_changed", "The price has changed since it was shown")
        }
    }

    /// The body is larger than we read.
    pub const fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large")
    }

    /// The body is not what it should be.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_body", "The body could not be read").detail(detail)
    }

    /// The body is of another type than we read.
    pub fn unsupported_media_type(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of a type that is not read here",
        )
        .detail(format!("it must be {wanted}"))
    }

    /// The query is not what it should be.
    pub fn malformed_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_query", "The query could not be read").detail(detail)
    }

    /// What a list is to go on from was not given by it.
    pub const fn bad_cursor() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_cursor", "after must be what an earlier answer has given as next")
    }

    /// A webhook's signature does not prove that it comes from the vendor.
    pub const fn bad_signature() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad_signature", "The signature does not hold")
    }

    /// The idempotency key is not one.
    pub fn bad_idempotency_key(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", "The Idempotency-Key could not be read")
            .detail(detail)
    }

    /// The idempotency key came with another request before.
    pub const fn idempotency_key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request",
        )
    }

    /// A twin of the request, with the same idempotency key, is being worked on.
    pub fn idempotency_in_progress() -> Self {
        Self {
            retry_after_s: Some(1),
            ..Self::new(
                StatusCode::CONFLICT,
                "idempotency_in_progress",
                "The same request is being worked on; ask again shortly",
            )
        }
    }

    /// What moves money must be safe to repeat.
    pub const fn idempotency_key_required() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_required",
            "What moves money must come with an Idempotency-Key",
        )
    }

    /// The lines say nothing that could be kept.
    pub const fn bad_lines() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_lines",
            "lines must be 100 at most, each with a sku of 1 to 64 characters, none of them a control character, and a quantity of 1 to 9999",
        )
    }

    /// Vipps MobilePay will not do what the shop asked for.
    pub fn operation_refused(trouble: &str, advice: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "operation_refused", "Vipps MobilePay has refused it")
            .detail(format!("{trouble}: {advice}"))
    }

    /// The caller is no machine of the shop's.
    pub const fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "A shop key is required")
    }

    /// There is too much to do at the moment.
    pub fn busy() -> Self {
        Self {
            retry_after_s: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "There is too much to do; try again shortly")
        }
    }

    /// Asked too often.
    pub fn rate_limited(wait: Duration) -> Self {
        // Rounded up, so that who comes then is let in.
        let seconds = wait.as_secs().saturating_add(1);
        Self {
            retry_after_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Asked too often; try again later")
        }
    }

    /// The proxy cannot do its work at the moment, and why.
    pub fn not_ready(why: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "The proxy is not ready").detail(why)
    }

    /// Something of ours failed; the cause has been logged.
    pub const fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side")
    }

    fn problem(&self, trace_id: String) -> Problem {
        Problem {
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            title: self.title.to_owned(),
            detail: self.detail.clone(),
            trace_id,
            cart: self.cart.as_deref().cloned(),
        }
    }
}

impl IntoResponse for ApiError {
    /// The status and the error itself; [`respond`] writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CartError> for ApiError {
    fn from(error: CartError) -> Self {
        let code = match error {
            CartError::Empty => "empty_cart",
            CartError::TooLong => "too_many_lines",
            CartError::UnknownSku(_) => "unknown_sku",
            CartError::BadQuantity(_) => "bad_quantity",
            CartError::BadTotal(_) => "bad_total",
            CartError::Malformed => "malformed_items",
            CartError::BadVat(_) => "bad_vat",
            CartError::WrongCurrency => return Self::wrong_currency(),
            CartError::BadLine { .. } => "bad_line",
            CartError::SkuTwice(_) => "duplicate_sku",
            CartError::LineDrift { .. } => "line_total_mismatch",
            CartError::Drift { .. } => "cart_lines_mismatch",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "The cart cannot be priced").detail(error.to_string())
    }
}

impl From<ledger::Error> for ApiError {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Refused(refusal) => {
                let (status, code) = match refusal {
                    Refusal::NotRetryable => (StatusCode::CONFLICT, "not_retryable"),
                    Refusal::TooManyAttempts => (StatusCode::CONFLICT, "too_many_attempts"),
                    Refusal::NotPaid => (StatusCode::CONFLICT, "not_paid"),
                    Refusal::TooMuch { .. } => (StatusCode::CONFLICT, "exceeds_what_is_left"),
                    Refusal::UnderWay => (StatusCode::CONFLICT, "capture_under_way"),
                    Refusal::TooManyOperations => (StatusCode::CONFLICT, "too_many_operations"),
                    Refusal::NotAnAmount => (StatusCode::UNPROCESSABLE_ENTITY, "bad_amount"),
                    Refusal::NotTheSame => return Self::idempotency_key_reused(),
                };
                Self::new(status, code, "The order's state does not allow it").detail(refusal.to_string())
            }
            ledger::Error::Repeated => Self::idempotency_in_progress(),
            ledger::Error::NotFound => Self::not_found(),
            ledger::Error::Store(error) => error.into(),
        }
    }
}

impl From<TooOften> for ApiError {
    fn from(TooOften(wait): TooOften) -> Self {
        Self::rate_limited(wait)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        outage::report(&error, "request");
        if error.may_pass() { Self::busy() } else { Self::internal() }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::body_too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::unsupported_media_type("application/json"),
            _ => Self { code: "malformed_json", ..Self::malformed(rejection.body_text()) },
        }
    }
}

/// A JSON body, or the problem with it.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let axum::Json(value) = axum::Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// A part of the address, or [`ApiError::not_found`]: an address that does not read is nobody's.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let page = parts.uri.path().starts_with("/return/");
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) if page => Err(ApiError::not_found().as_page()),
            Err(_) => Err(ApiError::not_found()),
        }
    }
}

/// The request's, as [`respond`] has left it.
impl<S: Sync> FromRequestParts<S> for TraceId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(Self::random))
    }
}

/// Gives each request a trace id, and each error its body.
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
        let problem = error.problem(trace_id.clone());
        tracing::info!(status = problem.status, code = problem.code, trace_id, "request refused");
        let headers = std::mem::take(response.headers_mut());
        response = if error.as_page {
            (error.status, pages::problem(&problem)).into_response()
        } else {
            let body = serde_json::to_vec(&problem).expect("a problem has nothing that JSON cannot say");
            (error.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
        };
        // What the layers inside have said stays, such as the vendor of the CORS headers.
        let written = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| {
            let name = name.filter(|name| !written.contains(name))?;
            Some((name, value))
        }));
        if let Some(seconds) = error.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    response
}
