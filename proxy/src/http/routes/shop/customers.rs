//! What customers have shared with the shop: looked up, and erased.
//!
//! The one place where a telephone number leaves the proxy, for whoever shows a key; it comes in by bodies alone, which are not logged.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{ErasedCustomers, FoundCustomers, OfNumber, Problem, ShopCustomer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::shop_key::ShopKey;
use crate::checkout::PhoneNumber;
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Result};
use crate::shop::customers;
use crate::store::KnownCustomer;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, erase)).routes(routes!(find)).routes(routes!(erase_number))
}

/// Shows a customer
///
/// Their number, what they said yes to, and their orders. `customer_id` of an order is the id.
#[utoipa::path(get, path = "/v1/shop/customers/{id}", operation_id = "show_customer", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopCustomer),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: also where they were erased"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn show(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<axum::Json<ShopCustomer>> {
    Ok(axum::Json(customers::for_shop(known(&app, &key, &id).await?)))
}

/// Erases a customer
///
/// From all their orders. Orders, money and the record of each consent stay; what comes later from Vipps MobilePay brings nothing back.
#[utoipa::path(delete, path = "/v1/shop/customers/{id}", operation_id = "erase_customer", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 204, description = "Erased"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`: also where they were erased before"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn erase(State(app): State<App>, key: ShopKey, Path(id): Path<String>) -> Result<StatusCode> {
    let known = known(&app, &key, &id).await?;
    customers::erase_customer(&app.store, &app.ledger, &known).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Finds customers by their number
#[utoipa::path(post, path = "/v1/shop/customers/find", operation_id = "find_customers", tag = "shop", request_body = OfNumber,
    security(("shop_key" = [])), responses(
    (status = 200, body = FoundCustomers),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_phone_number`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn find(State(app): State<App>, key: ShopKey, Json(asked): Json<OfNumber>) -> Result<axum::Json<FoundCustomers>> {
    let found = having(&app, &key, &number(&asked)?).await?;
    Ok(axum::Json(FoundCustomers { customers: found.into_iter().map(customers::for_shop).collect() }))
}

/// Erases whoever has a number
///
/// From all their orders, as one customer is erased.
#[utoipa::path(post, path = "/v1/shop/customers/erase", operation_id = "erase_customers", tag = "shop", request_body = OfNumber,
    security(("shop_key" = [])), responses(
    (status = 200, body = ErasedCustomers),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_phone_number`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn erase_number(
    State(app): State<App>,
    key: ShopKey,
    Json(asked): Json<OfNumber>,
) -> Result<axum::Json<ErasedCustomers>> {
    let number = number(&asked)?;
    let mut erased = 0;
    for known in having(&app, &key, &number).await? {
        erased += customers::erase_customer(&app.store, &app.ledger, &known).await?;
    }
    Ok(axum::Json(ErasedCustomers { erased }))
}

/// The customer of an id, as far as the key may know.
async fn known(app: &App, key: &ShopKey, id: &str) -> Result<KnownCustomer> {
    let looks_right = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let known = if looks_right { app.store.known_customer(id).await? } else { None };
    known.filter(|known| key.may_access(&known.sales_unit)).ok_or(ApiError::not_found())
}

async fn having(app: &App, key: &ShopKey, number: &PhoneNumber) -> Result<Vec<KnownCustomer>> {
    let mut found = Vec::new();
    for id in app.store.customers_with_number(number).await? {
        let known = app.store.known_customer(&id).await?;
        found.extend(known.filter(|known| key.may_access(&known.sales_unit)));
    }
    Ok(found)
}

fn number(asked: &OfNumber) -> Result<PhoneNumber> {
    customers::parse_number(&asked.phone_number).ok_or(ApiError::bad_phone_number())
}
