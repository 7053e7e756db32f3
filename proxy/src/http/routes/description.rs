//! The parts of the API's description that belong to no single route: the groups of operations, the security schemes, the examples, and
//! the list of problem codes.
//!
//! Each route describes itself beside its handler; the codes come from the table in [`crate::http::problem::code`].

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
        description = "Checkout with Vipps MobilePay: the API for the shop's pages, its backend, its order desk, Vipps MobilePay, and operators.\n\n\
            Bodies are JSON with names in snake_case. Amounts are in minor units (øre, cent); times are milliseconds since 1970 (UTC). An error \
            is an `application/problem+json`: act on `code`, and keep `trace_id`, which finds the request in the proxy's log. \
            A later version may add fields and codes; existing ones keep their meaning."
    ),
    tags(
        (name = "page", description = "For the shop's pages, on one of the allowed origins. A checkout's token is the only credential; \
            it gives access to that checkout alone."),
        (name = "browser", description = "For browsers: the form that pays without JavaScript, the pay page behind a link, and the return address."),
        (name = "shop", description = "For the shop's backend, with a shop key: `Authorization: Bearer …`. An operation that moves money requires \
            an `Idempotency-Key`, and can be retried with it at any time."),
        (name = "desk", description = "Login and logout at the order desk. Its session then gives access to the operations of the shop's backend."),
        (name = "vipps", description = "For Vipps MobilePay: webhooks."),
        (name = "operators", description = "For operators: liveness, readiness, metrics, and this description."),
    ),
    servers((url = "https://pay.shop.example", description = "The proxy, at its `public_url`")),
    components(schemas(kvitt_wire::Problem)),
    modifiers(&Credentials, &Codes)
)]
struct Description;

/// The address of the proxy in the description, as JSON. A running proxy has its own there.
const SERVER: &str = r#""https://pay.shop.example""#;

/// The description as the proxy at `public_url` serves it.
pub(super) fn served_at(public_url: &str, json: &str) -> String {
    json.replacen(SERVER, &json!(public_url).to_string(), 1)
}

/// Parameters of paths by their names, which mean the same in every path.
const PATH_PARAMETERS: &[(&str, &str)] = &[
    ("token", "The checkout's token"),
    ("reference", "The reference of a payment of the order"),
    ("id", "The id, as a list or an order has it"),
    ("delivery", "The id of the event, as the list of deliveries has it"),
    ("sales_unit", "The name of the sales unit"),
];

/// Examples by the name of a field, the same in every schema: together they show one order.
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

/// Adds what operations and fields have in common: once it has all of them.
pub(super) fn complete(document: &mut OpenApi) {
    add_examples(document);
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            // An empty list says that no credential is needed; none at all would say nothing.
            operation.security.get_or_insert_default();
            for parameter in operation.parameters.iter_mut().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                let meaning = PATH_PARAMETERS.iter().find(|(name, _)| *name == parameter.name);
                let meaning = meaning.map(|(_, meaning)| (*meaning).to_owned());
                parameter.description = parameter.description.take().or(meaning);
            }
        }
    }
}

/// Adds an example to each field with a plain value that has none of its own.
fn add_examples(document: &mut OpenApi) {
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

/// The security schemes: the shop key, the order desk's session, and the signature of Vipps MobilePay.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, description: &mut OpenApi) {
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A shop key, as `kvitt keys add` prints it"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("shop_key", SecurityScheme::Http(bearer));
        let session = "A session of the order desk, with the header `kvitt-desk`, from its own origin. Accepted wherever a `shop_key` is";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description("__Host-kvitt-desk", session));
        components.add_security_scheme("desk_session", SecurityScheme::ApiKey(cookie));
        let signature =
            "The signature of a webhook, with `x-ms-date` and `x-ms-content-sha256`, by the secret of its registration";
        let header = ApiKey::Header(ApiKeyValue::with_description("Authorization", signature));
        components.add_security_scheme("vipps_signature", SecurityScheme::ApiKey(header));
    }
}

/// The list of all problem codes, for the reader. `Problem.code` itself stays a plain string, so that clients accept new codes.
struct Codes;

impl Modify for Codes {
    fn modify(&self, description: &mut OpenApi) {
        let codes = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "The problem codes of this version; `/docs/problems` says what to do about each. A later version may add more.",
            ))
            .enum_values(Some(Code::ALL.iter().map(|code| json!(code.as_str()))));
        let components = description.components.get_or_insert_default();
        components.schemas.insert("ProblemCode".to_owned(), RefOr::T(Schema::Object(codes.build())));
    }
}
