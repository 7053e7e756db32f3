//! The errors of the API: each becomes a status and a [`Problem`] ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
//!
//! Handlers return [`ApiError`]. The errors of the rooms below convert to it in `from`. The status, title and remedy of each code are in one
//! table, [`code`]. [`respond`](crate::http::respond) writes the body, since it knows the request's trace id.

pub mod code;
mod from;

use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kvitt_wire::{Cart, Language, Problem, Role};

pub use self::code::Code;
use crate::vendor::advice;

/// An error response: a code, and what is known beyond it.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: Code,
    detail: Option<String>,
    cart: Option<Box<Cart>>,
    retry_after_s: Option<u32>,
    as_page: bool,
    order: Option<(Language, String)>,
}

/// The result of a handler.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// The error with this code and no detail. Also by [`From`], for `?`.
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, cart: None, retry_after_s: None, as_page: false, order: None }
    }

    /// Adds what exactly is wrong.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Renders the error as a page, for a route that a browser opens.
    #[must_use]
    pub const fn as_page(mut self) -> Self {
        self.as_page = true;
        self
    }

    /// Renders the error as a page in the language of its order or form, with a link to the front page of the shop.
    #[must_use]
    pub fn as_page_in(mut self, language: Language, shop_url: &str) -> Self {
        self.order = Some((language, shop_url.to_owned()));
        self.as_page()
    }

    const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Nothing exists under this token, reference or id.
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The route does not support the method.
    pub const fn method_not_allowed() -> Self {
        Self::new(Code::MethodNotAllowed)
    }

    /// The request comes from a page whose origin is not allowed.
    pub const fn origin_not_allowed() -> Self {
        Self::new(Code::OriginNotAllowed)
    }

    /// The caller's role does not allow this; it needs another.
    pub fn role_not_allowed(has: Role, needs: Role) -> Self {
        let detail = format!("it needs the role {}, and this one is {}", needs.as_str(), has.as_str());
        Self::new(Code::RoleNotAllowed).detail(detail)
    }

    /// No sales unit has this name.
    pub const fn unknown_sales_unit() -> Self {
        Self::new(Code::UnknownSalesUnit)
    }

    /// The sales unit has no customer with this id, or the customer was erased.
    pub const fn unknown_customer() -> Self {
        Self::new(Code::UnknownCustomer)
    }

    /// The telephone number is malformed.
    pub const fn bad_phone_number() -> Self {
        Self::new(Code::BadPhoneNumber)
    }

    /// The body is larger than the limit.
    pub const fn body_too_large() -> Self {
        Self::new(Code::BodyTooLarge)
    }

    /// The head of the request is larger than the limit.
    pub fn head_too_large() -> Self {
        Self::new(Code::HeadTooLarge)
            .detail("Delete the cookies of this address in your browser's settings, and load the page again.")
    }

    /// The cursor is not one that a list returned.
    pub const fn bad_cursor() -> Self {
        Self::new(Code::BadCursor)
    }

    /// The signature of a webhook does not prove that it is from Vipps MobilePay.
    pub const fn bad_signature() -> Self {
        Self::new(Code::BadSignature)
    }

    /// An operation that moves money came without an idempotency key.
    pub const fn idempotency_key_required() -> Self {
        Self::new(Code::IdempotencyKeyRequired)
    }

    /// The request has no valid shop key and no session.
    pub const fn unauthorized() -> Self {
        Self::new(Code::Unauthorized)
    }

    /// The proxy failed; the cause has been logged.
    pub const fn internal() -> Self {
        Self::new(Code::Internal)
    }

    /// The form cannot be parsed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Code::MalformedBody).detail(detail)
    }

    /// The body has another media type than the wanted one.
    pub fn unsupported_media_type(wanted: &str) -> Self {
        Self::new(Code::UnsupportedMediaType).detail(format!("it must be {wanted}"))
    }

    /// The query cannot be parsed.
    pub fn malformed_query(detail: impl Into<String>) -> Self {
        Self::new(Code::MalformedQuery).detail(detail)
    }

    /// Vipps MobilePay refused an operation: its code, and what can be done about it.
    pub fn operation_refused(trouble: &str) -> Self {
        Self::new(Code::OperationRefused).detail(format!("{trouble}: {}", advice::for_code(trouble)))
    }

    /// The credentials do not log in at the order desk.
    pub const fn login_refused() -> Self {
        Self::new(Code::LoginRefused)
    }

    /// The proxy is overloaded, or the database does not answer.
    pub const fn busy() -> Self {
        Self::new(Code::Busy).retry_after(2)
    }

    /// The proxy is not ready, and why.
    pub fn not_ready(why: String) -> Self {
        Self::new(Code::NotReady).detail(why)
    }

    /// The status of the code.
    pub(super) fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// After how many seconds to retry, if that is known.
    pub(super) const fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// Whether the route answers with pages.
    pub(super) const fn is_page(&self) -> bool {
        self.as_page
    }

    /// The language of the order or form and the front page of its shop, if they are known.
    pub(super) fn order(&self) -> Option<(Language, &str)> {
        self.order.as_ref().map(|(language, shop_url)| (*language, shop_url.as_str()))
    }

    /// The body of the response.
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

/// The text that a command prints.
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
    /// The status and the error itself; [`Responder`](crate::http::respond::Responder) writes the body.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
