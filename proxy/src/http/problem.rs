//! What a request may come to, and the one place where it becomes a status and a [`Problem`].
//!
//! Handlers return [`ApiError`]; [`respond`] turns it into a body once the request's trace id is known, as JSON, or as a page for the
//! routes that a browser opens. Status and words of each are in one table, [`code`]. The causes of our own failures are logged here, once,
//! and never shown.

pub mod code;

use std::fmt;
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

pub use self::code::Code;
use crate::access::rates::TooOften;
use crate::checkout::Refusal;
use crate::engine::ledger;
use crate::engine::outage;
use crate::http::pages;
use crate::observe::trace::{self, TraceId};
use crate::shop::cart::{CartError, Untrusted};
use crate::shop::relay::administration;
use crate::store;

/// The caller's trace ([trace context](https://www.w3.org/TR/trace-context/)).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The trace id of an answer.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// What went wrong with a request.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: Code,
    detail: Option<String>,
    cart: Option<Box<Cart>>,
    retry_after_s: Option<u32>,
    as_page: bool,
}

/// A handler's answer.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// That, with nothing more to be said. Also [`From`], for `?`.
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, cart: None, retry_after_s: None, as_page: false }
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

    const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// There is nothing here for that token.
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The method is not one of this address.
    pub const fn method_not_allowed() -> Self {
        Self::new(Code::MethodNotAllowed)
    }

    /// The page is on no origin of the shop's.
    pub const fn origin_not_allowed() -> Self {
        Self::new(Code::OriginNotAllowed)
    }

    /// The customer has not accepted the terms.
    pub const fn terms_not_accepted() -> Self {
        Self::new(Code::TermsNotAccepted)
    }

    /// The sales unit takes another currency.
    pub const fn wrong_currency() -> Self {
        Self::new(Code::WrongCurrency)
    }

    /// No such sales unit.
    pub const fn unknown_sales_unit() -> Self {
        Self::new(Code::UnknownSalesUnit)
    }

    /// The page to come back to is not on an origin of the shop's.
    pub const fn bad_return_url() -> Self {
        Self::new(Code::BadReturnUrl)
    }

    /// The wording of the consent is not one that can be looked up later.
    pub const fn bad_wording() -> Self {
        Self::new(Code::BadWording)
    }

    /// Nobody is known by that id at this sales unit, or is any more.
    pub const fn unknown_customer() -> Self {
        Self::new(Code::UnknownCustomer)
    }

    /// The customer has not said yes to being sent payment requests.
    pub const fn no_consent() -> Self {
        Self::new(Code::NoConsent)
    }

    /// That is no telephone number.
    pub const fn bad_phone_number() -> Self {
        Self::new(Code::BadPhoneNumber)
    }

    /// A customer is named in more ways than one, or in none.
    pub const fn bad_addressee() -> Self {
        Self::new(Code::BadAddressee)
    }

    /// The body is larger than we read.
    pub const fn body_too_large() -> Self {
        Self::new(Code::BodyTooLarge)
    }

    /// What a list is to go on from was not given by it.
    pub const fn bad_cursor() -> Self {
        Self::new(Code::BadCursor)
    }

    /// A webhook's signature does not prove that it comes from the vendor.
    pub const fn bad_signature() -> Self {
        Self::new(Code::BadSignature)
    }

    /// The idempotency key came with another request before.
    pub const fn idempotency_key_reused() -> Self {
        Self::new(Code::IdempotencyKeyReused)
    }

    /// What moves money must be safe to repeat.
    pub const fn idempotency_key_required() -> Self {
        Self::new(Code::IdempotencyKeyRequired)
    }

    /// The lines say nothing that could be kept.
    pub const fn bad_lines() -> Self {
        Self::new(Code::BadLines)
    }

    /// The caller is no machine of the shop's.
    pub const fn unauthorized() -> Self {
        Self::new(Code::Unauthorized)
    }

    /// Something of ours failed; the cause has been logged.
    pub const fn internal() -> Self {
        Self::new(Code::Internal)
    }

    /// The price is not what the customer was shown.
    pub fn price_changed(cart: Cart) -> Self {
        Self { cart: Some(Box::new(cart)), ..Self::new(Code::PriceChanged) }
    }

    /// The body is not what it should be.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Code::MalformedBody).detail(detail)
    }

    /// The body is of another type than we read.
    pub fn unsupported_media_type(wanted: &str) -> Self {
        Self::new(Code::UnsupportedMediaType).detail(format!("it must be {wanted}"))
    }

    /// The query is not what it should be.
    pub fn malformed_query(detail: impl Into<String>) -> Self {
        Self::new(Code::MalformedQuery).detail(detail)
    }

    /// The idempotency key is not one.
    pub fn bad_idempotency_key(detail: impl Into<String>) -> Self {
        Self::new(Code::BadIdempotencyKey).detail(detail)
    }

    /// A twin of the request, with the same idempotency key, is being worked on.
    pub const fn idempotency_in_progress() -> Self {
        Self::new(Code::IdempotencyInProgress).retry_after(1)
    }

    /// Vipps MobilePay will not do what the shop asked for.
    pub fn operation_refused(trouble: &str, advice: &str) -> Self {
        Self::new(Code::OperationRefused).detail(format!("{trouble}: {advice}"))
    }

    /// What somebody showed at the order desk does not open it.
    pub const fn login_refused() -> Self {
        Self::new(Code::LoginRefused)
    }

    /// There is too much to do at the moment.
    pub const fn busy() -> Self {
        Self::new(Code::Busy).retry_after(2)
    }

    /// Asked too often.
    pub fn rate_limited(wait: Duration) -> Self {
        // Rounded up, so that who comes then is let in.
        let seconds = wait.as_secs().saturating_add(1);
        Self::new(Code::RateLimited).retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// The proxy cannot do its work at the moment, and why.
    pub fn not_ready(why: String) -> Self {
        Self::new(Code::NotReady).detail(why)
    }

    fn problem(&self, trace_id: String) -> Problem {
        Problem {
            kind: self.code.url(),
            status: self.code.status().as_u16(),
            code: self.code.as_str().to_owned(),
            title: self.code.title().to_owned(),
            detail: self.detail.clone(),
            trace_id,
            cart: self.cart.as_deref().cloned(),
        }
    }
}

/// As a command says it.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.title())?;
        self.detail.as_deref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for ApiError {}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for ApiError {
    /// The status and the error itself; [`respond`] writes the body.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CartError> for ApiError {
    fn from(error: CartError) -> Self {
        let code = match error {
            CartError::Empty => Code::EmptyCart,
            CartError::TooLong => Code::TooManyLines,
            CartError::UnknownSku(_) => Code::UnknownSku,
            CartError::BadQuantity(_) => Code::BadQuantity,
            CartError::BadTotal(_) => Code::BadTotal,
            CartError::Malformed => Code::MalformedItems,
            CartError::BadVat(_) => Code::BadVat,
            CartError::WrongCurrency => Code::WrongCurrency,
            CartError::BadLine { .. } => Code::BadLine,
            CartError::SkuTwice(_) => Code::DuplicateSku,
            CartError::LineDrift { .. } => Code::LineTotalMismatch,
            CartError::Drift { .. } => Code::CartLinesMismatch,
            CartError::UnknownSalesUnit => Code::UnknownSalesUnit,
            CartError::Ambiguous => Code::ItemsAndSignedCart,
            CartError::Untrusted(untrusted) => return untrusted.into(),
        };
        Self::new(code).detail(error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NotRetryable => Code::NotRetryable,
            Refusal::TermsNotAccepted => Code::TermsNotAccepted,
            Refusal::OfferEnded => Code::OfferEnded,
            Refusal::NotWithdrawable => Code::NotWithdrawable,
            Refusal::TooManyAttempts => Code::TooManyAttempts,
            Refusal::NotPaid => Code::NotPaid,
            Refusal::TooMuch { .. } => Code::ExceedsWhatIsLeft,
            Refusal::MorePieces { .. } => Code::ExceedsWhatWasOrdered,
            Refusal::UnderWay => Code::CaptureUnderWay,
            Refusal::TooManyOperations => Code::TooManyOperations,
            Refusal::NotAnAmount => Code::BadAmount,
            Refusal::NotTheSame => return Code::IdempotencyKeyReused.into(),
        };
        Self::new(code).detail(refusal.to_string())
    }
}

impl From<Untrusted> for ApiError {
    fn from(untrusted: Untrusted) -> Self {
        let code = match untrusted {
            Untrusted::Malformed(_) => Code::MalformedSignedCart,
            Untrusted::UnknownKey(_) | Untrusted::KeyOfAnotherUnit(_) => Code::UnknownCartKey,
            Untrusted::BadSignature(_) => Code::CartSignatureInvalid,
            Untrusted::Expired { .. } => Code::CartExpired,
            Untrusted::NotYet => Code::CartNotYetValid,
            Untrusted::LivesTooLong { .. } => Code::CartLivesTooLong,
            Untrusted::WrongAudience(_) => Code::WrongCartAudience,
            Untrusted::OtherSalesUnit(_) => Code::WrongSalesUnit,
        };
        Self::new(code).detail(untrusted.to_string())
    }
}

impl From<ledger::Error> for ApiError {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Refused(refusal) => refusal.into(),
            ledger::Error::Repeated => Self::idempotency_in_progress(),
            ledger::Error::NotFound => Self::not_found(),
            ledger::Error::Store(error) => error.into(),
        }
    }
}

impl From<administration::Error> for ApiError {
    fn from(error: administration::Error) -> Self {
        match error {
            administration::Error::Address(_) => Self::new(Code::BadEndpoint).detail(error.to_string()),
            administration::Error::UnknownEvent { .. } => Self::new(Code::UnknownEvent).detail(error.to_string()),
            administration::Error::NoEndpoint(_) | administration::Error::NoDelivery => Self::not_found(),
            administration::Error::Disabled(_) => Self::new(Code::EndpointDisabled),
            administration::Error::Store(error) => error.into(),
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
            _ => Self::new(Code::MalformedJson).detail(rejection.body_text()),
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
        let path = parts.uri.path();
        let page = path.starts_with("/return/") || (path.starts_with("/pay/") && !path.contains("/qr."));
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
            (error.code.status(), pages::problem(&problem)).into_response()
        } else {
            let body = serde_json::to_vec(&problem).expect("a problem has nothing that JSON cannot say");
            (error.code.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
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
