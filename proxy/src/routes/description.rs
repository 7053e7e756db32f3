//! What is said of the API as a whole: the groups that its operations are in, how a caller shows who it is, and the codes of problems.
//!
//! The operations describe themselves, beside their handlers; the codes come from their table.

use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Modify, OpenApi as _};

use crate::error::Code;

/// The document before it has operations.
pub(super) fn document() -> OpenApi {
    Description::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Kvitt proxy",
        description = "Checkout with Vipps MobilePay: what the page, the shop's own machines, its order desk, Vipps MobilePay and operators call.\n\n\
            Bodies are JSON in snake_case; amounts are minor units (øre, cent), times milliseconds since 1970 in UTC. What goes wrong is \
            answered as `application/problem+json`: act on `code`, and keep `trace_id`, which finds the request in the proxy's log. \
            Fields and codes may be added; what is there keeps its meaning."
    ),
    tags(
        (name = "page", description = "For the shop's pages, from one of the allowed origins. A checkout's token is the only credential, \
            and gives access to that checkout alone."),
        (name = "browser", description = "What a browser opens by itself: the form that pays without JavaScript, and where a customer is sent."),
        (name = "shop", description = "For the shop's own machines, with a key of theirs: `Authorization: Bearer …`. What moves money wants \
            an `Idempotency-Key`, and may be repeated with it for ever."),
        (name = "desk", description = "Logging in at the order desk, which then uses what is for the shop's machines."),
        (name = "vipps", description = "For Vipps MobilePay."),
        (name = "operators", description = "For whoever runs the proxy: is it alive, is it ready, what does it count, what does it speak."),
    ),
    components(schemas(kvitt_wire::Problem)),
    modifiers(&ShopKeys, &Codes)
)]
struct Description;

/// How the shop's machines, and the people at its desk, show who they are.
struct ShopKeys;

impl Modify for ShopKeys {
    fn modify(&self, description: &mut OpenApi) {
        let bearer =
            Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("As `kvitt keys add` printed it")).build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("shop_key", SecurityScheme::Http(bearer));
        let session = "The order desk's session, with the header `kvitt-desk` and from its own origin. Counts wherever a `shop_key` does";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description("__Host-kvitt-desk", session));
        components.add_security_scheme("desk_session", SecurityScheme::ApiKey(cookie));
    }
}

/// Every code that a problem can have. A list to read: `Problem.code` itself stays open, so that a caller lives with new ones.
struct Codes;

impl Modify for Codes {
    fn modify(&self, description: &mut OpenApi) {
        let codes = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "The codes that there are today, with what to do about each at `/docs/problems`. More may come.",
            ))
            .enum_values(Some(Code::ALL.iter().map(|code| json!(code.as_str()))));
        let components = description.components.get_or_insert_default();
        components.schemas.insert("ProblemCode".to_owned(), RefOr::T(Schema::Object(codes.build())));
    }
}
