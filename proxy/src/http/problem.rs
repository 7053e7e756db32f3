//! What can go wrong with a request, and the one place where that becomes a status and a [`Problem`]
//! ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
//!
//! Handlers return [`ApiError`]. The errors of the rooms below become one by `From`; status and words of each are in one
//! table, [`code`]; [`respond`](crate::http::respond) writes the body once the request's trace id is known.

pub mod code;
mod from;

use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kvitt_wire::{Cart, Problem};

pub use self::code::Code;
use crate::vendor::advice;

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

    /// No such sales unit.
    pub const fn unknown_sales_unit() -> Self {
        Self::new(Code::UnknownSalesUnit)
    }

    /// Nobody is known by that id at this sales unit, or is any more.
    pub const fn unknown_customer() -> Self {
        Self::new(Code::UnknownCustomer)
    }

    /// That is no telephone number.
    pub const fn bad_phone_number() -> Self {
        Self::new(Code::BadPhoneNumber)
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

    /// What moves money must be safe to repeat.
    pub const fn idempotency_key_required() -> Self {
        Self::new(Code::IdempotencyKeyRequired)
    }

    /// The caller is no machine of the shop's.
    pub const fn unauthorized() -> Self {
        Self::new(Code::Unauthorized)
    }

    /// Something of ours failed; the cause has been logged.
    pub const fn internal() -> Self {
        Self::new(Code::Internal)
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

    /// Vipps MobilePay has refused an operation: its code, and what can be done about it.
    pub fn operation_refused(trouble: &str) -> Self {
        Self::new(Code::OperationRefused).detail(format!("{trouble}: {}", advice::for_code(trouble)))
    }

    /// What somebody showed at the order desk does not open it.
    pub const fn login_refused() -> Self {
        Self::new(Code::LoginRefused)
    }

    /// There is too much to do at the moment.
    pub const fn busy() -> Self {
        Self::new(Code::Busy).retry_after(2)
    }

    /// The proxy cannot do its work at the moment, and why.
    pub fn not_ready(why: String) -> Self {
        Self::new(Code::NotReady).detail(why)
    }

    /// The status, always that of the code.
    pub(super) fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// After how many seconds to ask again, if that is known.
    pub(super) const fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// Whether it is shown as a page.
    pub(super) const fn is_page(&self) -> bool {
        self.as_page
    }

    /// What the caller reads.
    pub(super) fn body(&self, trace_id: String) -> Problem {
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
