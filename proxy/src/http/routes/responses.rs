//! The responses that many routes have in common, for the API's description.
//!
//! A route lists the groups that apply to it and then only its own responses. `For…` is what the layers around a group of routes can
//! answer: the origin check, the rate limits, the authorization. The others are what an extractor can answer: to a path, to a body.
//!
//! A route whose response has a status of a group too, with more to say, lists it after the group: the last one counts.
//!
//! Nothing here runs. `tests/it/description.rs` holds the real answers against the description.

#![expect(dead_code, reason = "these types only describe")]

use std::collections::BTreeMap;
use std::marker::PhantomData;

use kvitt_wire::{Problem, Role};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::access::rights::Right;

/// Routes that the shop's pages call.
#[derive(IntoResponses)]
pub(super) enum ForPage {
    /// `origin_not_allowed`
    #[response(status = 403, content_type = "application/problem+json")]
    OriginNotAllowed(Problem),
    /// `rate_limited`
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(Problem),
}

/// Routes that a browser opens: a refusal is a page.
#[derive(IntoResponses)]
pub(super) enum ForBrowser {
    /// `origin_not_allowed`
    #[response(status = 403, content_type = "text/html")]
    OriginNotAllowed(String),
    /// `rate_limited`
    #[response(status = 429, content_type = "text/html")]
    RateLimited(String),
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "text/html")]
    Busy(String),
}

/// Routes for the shop's backend and the order desk that ask for the right `R`.
pub(super) struct ForShop<R>(PhantomData<R>);

impl<R: Right> IntoResponses for ForShop<R> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = ForEveryRole::responses();
        if R::NEEDS > Role::Read {
            let needs = format!("`role_not_allowed`: it needs the role `{}`", R::NEEDS.as_str());
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
            let response = ResponseBuilder::new().description(needs).content("application/problem+json", problem);
            responses.insert("403".to_owned(), response.build().into());
        }
        responses
    }
}

/// Routes for the shop's backend and the order desk, whatever the role.
#[derive(IntoResponses)]
enum ForEveryRole {
    /// `unauthorized`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// `rate_limited`
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(Problem),
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}

/// Routes that log in and out at the order desk.
#[derive(IntoResponses)]
pub(super) enum ForDesk {
    /// `not_found`: the order desk is disabled
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// `rate_limited`
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(Problem),
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}

/// A JSON body.
#[derive(IntoResponses)]
pub(super) enum JsonBody {
    /// `malformed_json`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
}

/// A JSON body with an optional `Idempotency-Key`.
#[derive(IntoResponses)]
pub(super) enum KeyedBody {
    /// `malformed_json`, `bad_idempotency_key`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
}

/// A JSON body with a required `Idempotency-Key`.
#[derive(IntoResponses)]
pub(super) enum KeyRequiredBody {
    /// `malformed_json`, `bad_idempotency_key`, `idempotency_key_required`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
}

/// The body of an HTML form: a refusal is a page.
#[derive(IntoResponses)]
pub(super) enum FormBody {
    /// `malformed_body`
    #[response(status = 400, content_type = "text/html")]
    Malformed(String),
    /// `body_too_large`
    #[response(status = 413, content_type = "text/html")]
    TooLarge(String),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "text/html")]
    UnsupportedMediaType(String),
}

/// A token, reference or id in the path.
#[derive(IntoResponses)]
pub(super) enum NotFound {
    /// `not_found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// A token in the path of a page.
#[derive(IntoResponses)]
pub(super) enum NotFoundPage {
    /// `not_found`
    #[response(status = 404, content_type = "text/html")]
    NotFound(String),
}

/// A route outside the shop's that needs the database.
#[derive(IntoResponses)]
pub(super) enum Busy {
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}
