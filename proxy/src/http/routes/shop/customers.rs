//! The personal data that customers have shared with the shop: show, find, erase.
//!
//! Only these routes return a telephone number, and only to a shop key. A number comes in only in a body, never in a URL: bodies are not
//! logged.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{ErasedCustomers, FoundCustomers, OfNumber, Problem, ShopCustomer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Caller;
use crate::access::rights::{EraseCustomers, Read};
use crate::access::shop_key::ShopKey;
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, JsonBody};
use crate::shop::customers;
use crate::store::KnownCustomer;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, erase)).routes(routes!(find)).routes(routes!(erase_number))
}

/// Shows a customer
///
/// The telephone number, the consents, and the orders. The id is the `customer_id` of an order.
#[utoipa::path(get, path = "/v1/shop/customers/{id}", operation_id = "show_customer", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 200, body = ShopCustomer, description = "The customer"),
    ForShop<Read>,
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`, also for a customer who was erased"),
))]
async fn show(State(app): State<App>, key: Caller<Read>, Path(id): Path<String>) -> Result<axum::Json<ShopCustomer>> {
    Ok(axum::Json(customers::for_shop(known(&app, &key, &id).await?)))
}

/// Erases a customer
///
/// Erases the personal data from all orders of the customer. The orders, the money and the record of each consent stay. A later update from
/// Vipps MobilePay does not restore the data.
#[utoipa::path(delete, path = "/v1/shop/customers/{id}", operation_id = "erase_customer", tag = "shop", params(("id" = String, Path)),
    security(("shop_key" = [])), responses(
    (status = 204, description = "Erased"),
    ForShop<EraseCustomers>,
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`, also for a customer who was erased before"),
))]
async fn erase(State(app): State<App>, key: Caller<EraseCustomers>, Path(id): Path<String>) -> Result<StatusCode> {
    let known = known(&app, &key, &id).await?;
    customers::erase_customer(&app.ledger, &known, &key.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Finds customers by telephone number
#[utoipa::path(post, path = "/v1/shop/customers/find", operation_id = "find_customers", tag = "shop", request_body = OfNumber,
    security(("shop_key" = [])), responses(
    (status = 200, body = FoundCustomers, description = "The customers with the number; none is no error"),
    ForShop<Read>, JsonBody,
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_phone_number`, `unknown_sales_unit`"),
))]
async fn find(
    State(app): State<App>,
    key: Caller<Read>,
    Json(body): Json<OfNumber>,
) -> Result<axum::Json<FoundCustomers>> {
    let found = with_number(&app, &key, &body).await?;
    Ok(axum::Json(FoundCustomers { customers: found.into_iter().map(customers::for_shop).collect() }))
}

/// Erases customers by telephone number
///
/// Like erasing one customer, for every customer with that number. `erased` is 0 when nobody has shared it.
#[utoipa::path(post, path = "/v1/shop/customers/erase", operation_id = "erase_customers", tag = "shop", request_body = OfNumber,
    security(("shop_key" = [])), responses(
    (status = 200, body = ErasedCustomers, description = "In how many orders data was erased"),
    ForShop<EraseCustomers>, JsonBody,
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_phone_number`, `unknown_sales_unit`"),
))]
async fn erase_number(
    State(app): State<App>,
    key: Caller<EraseCustomers>,
    Json(body): Json<OfNumber>,
) -> Result<axum::Json<ErasedCustomers>> {
    let mut erased = 0;
    for known in with_number(&app, &key, &body).await? {
        erased += customers::erase_customer(&app.ledger, &known, &key.by).await?;
    }
    Ok(axum::Json(ErasedCustomers { erased }))
}

/// The customer with an id, if the key has access to the sales unit.
async fn known(app: &App, key: &ShopKey, id: &str) -> Result<KnownCustomer> {
    let well_formed = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let known = if well_formed { app.store.known_customer(id).await? } else { None };
    known.filter(|known| key.may_access(&known.sales_unit)).ok_or(ApiError::not_found())
}

/// The customers with a number, of the sales units that the key has access to.
async fn with_number(app: &App, key: &ShopKey, wanted: &OfNumber) -> Result<Vec<KnownCustomer>> {
    let named = wanted.sales_unit.as_deref().or(key.sales_unit.as_deref());
    let unit = app.units.find(named).filter(|unit| key.may_access(&unit.name)).ok_or(ApiError::unknown_sales_unit())?;
    let number = customers::parse_number(&wanted.phone_number, unit.market).ok_or(ApiError::bad_phone_number())?;
    let mut found = Vec::new();
    for id in app.store.customers_with_number(&number).await? {
        let known = app.store.known_customer(&id).await?;
        found.extend(known.filter(|known| key.may_access(&known.sales_unit)));
    }
    Ok(found)
}
