//! What is said of the API as a whole: the groups that its operations are in, how a caller shows who it is, and the codes of problems.
//!
//! The operations describe themselves, beside their handlers; the codes come from their table.

use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Modify, OpenApi as _};

use crate::http::problem::Code;

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

/// What a field of that name may hold, wherever it is: so that examples are of one order throughout.
const EXAMPLES: &[(&str, &str)] = &[
    ("reference", r#""shop-7k2m9q4x1b-1""#),
    ("order_number", r#""shop-7k2m9q4x1b""#),
    ("sales_unit", r#""no""#),
    ("description", r#""2 x Stoneware mug""#),
    ("shop", r#""Nordlys Keramikk""#),
    ("sku", r#""mug""#),
    ("name", r#""Stoneware mug""#),
    ("quantity", "2"),
    ("unit_price", "24900"),
    ("vat_rate", "2500"),
    ("vat", "9960"),
    ("value", "49800"),
    ("authorized", "49800"),
    ("terms_accepted", "true"),
    ("terms_url", r#""https://shop.example/terms""#),
    ("return_url", r#""https://shop.example/thanks""#),
    ("wording", r#""2026-11""#),
    ("customer_id", r#""cus_0196a3b2c4d5e6f7""#),
    ("phone_number", r#""4799999999""#),
    ("trace_id", r#""4bf92f3577b34da6a3ce929d0e0e4736""#),
    ("created_at_ms", "1801483200000"),
    ("expires_at_ms", "1801483800000"),
    ("timestamp", r#""2027-02-01T12:00:00Z""#),
];

/// Gives fields an example where they have none and are plain values.
pub(super) fn illustrate(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.values_mut());
    for schema in schemas {
        let RefOr::T(Schema::Object(object)) = schema else { continue };
        for (name, property) in &mut object.properties {
            let (RefOr::T(Schema::Object(field)), Some((_, example))) =
                (property, EXAMPLES.iter().find(|(known, _)| known == name))
            else {
                continue;
            };
            if field.examples.is_empty() && field.example.is_none() {
                field.examples = vec![serde_json::from_str(example).expect("each example is JSON, which a test reads")];
            }
        }
    }
}

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
