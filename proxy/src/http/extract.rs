//! Extractors for handlers: the JSON body, a part of the path, the idempotency key, the trace id. Input that cannot be parsed becomes an
//! [`ApiError`].

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponseParts, ResponseParts};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::access::idempotency::{IDEMPOTENCY_REPLAYED, Key, Replayed};
use crate::http::problem::{ApiError, Code, Result};
use crate::observe::trace::TraceId;

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

/// A parameter of the path, or [`ApiError::not_found`] when it cannot be parsed.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = parts.uri.path();
        let is_page = path.starts_with("/return/") || (path.starts_with("/pay/") && !path.contains("/qr."));
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) if is_page => Err(ApiError::not_found().as_page()),
            Err(_) => Err(ApiError::not_found()),
        }
    }
}

/// The trace id that [`Responder`](crate::http::respond::Responder) gave the request.
impl<S: Sync> FromRequestParts<S> for TraceId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(Self::random))
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

/// The header of a page, for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
pub struct IdempotencyKey {
    /// Makes a retry safe: a request with a known key is not executed again. Use a new key for each intention, and the same key for each retry.
    /// Nobody may be able to guess it: take a UUID. It may have quotation marks around it. The proxy keeps it for a day.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 16,
        max_length = 255,
        pattern = r"^[!#-\[\]-~]+$"
    )]
    idempotency_key: String,
}

/// The header of a request of the shop's backend that opens an order.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
pub struct OpeningKey {
    /// Makes a retry safe: a request with a known key is not executed again. Use a new key for each intention, and the same key for each retry.
    /// It may have quotation marks around it. The proxy keeps it for a day: later than that, read the list of orders before a retry.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = r"^[!#-\[\]-~]+$")]
    idempotency_key: String,
}

/// The header of an operation on the money of an order.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
pub struct OperationKey {
    /// Makes a retry safe: an operation with a known key is not executed again. Use a new key for each intention, and the same key for each
    /// retry. It may have quotation marks around it. The proxy keeps it for as long as the order.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = r"^[!#-\[\]-~]+$")]
    idempotency_key: String,
}

/// A JSON body and its idempotency key, or the problem with either.
#[derive(Debug)]
pub struct Keyed<T> {
    /// The body.
    pub body: T,
    /// The key, if the request has one.
    pub key: Option<Key>,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Keyed<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes =
            Bytes::from_request(whole, state).await.map_err(|rejection: BytesRejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(),
                _ => ApiError::malformed(rejection.body_text()),
            })?;
        let key = Key::from_request(&parts, &bytes)?;
        let Json(body) = Json::from_request(Request::from_parts(parts, Body::from(bytes)), state).await?;
        Ok(Self { body, key })
    }
}

impl IntoResponseParts for Replayed {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> std::result::Result<ResponseParts, Self::Error> {
        if self.0 {
            response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        Ok(response)
    }
}
