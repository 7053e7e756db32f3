//! The price of a cart today: what the widget's start screen shows.
//!
//! These routes store nothing, and never ask Vipps MobilePay.

use axum::extract::{Query, State};
use kvitt_wire::{Cart, Problem, SignedCart};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::responses::{ForPage, JsonBody};
use crate::base::clock;
use crate::http::app::App;
use crate::http::extract::Json;
use crate::http::problem::{ApiError, Result};
use crate::shop::cart;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, read))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CartQuery {
    /// The articles: `sku:quantity`, separated by commas.
    #[param(example = "mug:2,tea:1")]
    items: String,
    /// The name of the sales unit. Default: the first one of the configuration.
    sales_unit: Option<String>,
}

/// Prices a cart
///
/// Returns the lines, the total and the VAT at today's prices. Nothing is stored.
#[utoipa::path(get, path = "/v1/cart", operation_id = "show_cart", params(CartQuery), tag = "page", responses(
    (status = 200, body = Cart, description = "The cart at today's prices"),
    ForPage,
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`unknown_sku`, `bad_quantity`, `empty_cart`, `too_many_lines`, `bad_total`, `bad_vat`, `malformed_items`, `unknown_sales_unit`"),
))]
async fn show(
    State(app): State<App>,
    query: std::result::Result<Query<CartQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<axum::Json<Cart>> {
    let Query(query) = query.map_err(|rejection| ApiError::malformed_query(rejection.body_text()))?;
    let unit = app.units.find(query.sales_unit.as_deref()).ok_or(ApiError::unknown_sales_unit())?;
    let items = cart::parse_items(&query.items)?;
    Ok(axum::Json(cart::price(&app.shop, unit, &items, clock::now())?))
}

/// Reads a signed cart
///
/// Verifies the signature and returns what the start screen shows. A signed cart can be too long for a URL, hence a POST.
#[utoipa::path(post, path = "/v1/cart", operation_id = "show_signed_cart", tag = "page", request_body = SignedCart, responses(
    (status = 200, body = Cart, description = "The cart as the shop has signed it"),
    ForPage, JsonBody,
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "About the signature: `malformed_signed_cart`, `unknown_cart_key`, `cart_signature_invalid`, `cart_expired`, \
            `cart_not_yet_valid`, `cart_lives_too_long`, `wrong_cart_audience`; about the cart: `empty_cart`, \
            `too_many_lines`, `bad_line`, `line_total_mismatch`, `bad_payment_sources`, `cart_lines_mismatch`: `detail` has the difference, \
            `bad_vat`, `bad_total`, `wrong_currency`, `unknown_sales_unit`"),
))]
async fn read(State(app): State<App>, Json(body): Json<SignedCart>) -> Result<axum::Json<Cart>> {
    let priced = cart::from_signed(&app.shop, &app.units, &body.signed_cart, None, clock::now())?;
    Ok(axum::Json(priced.cart))
}
