//! What a cart costs today.

use axum::extract::{Query, State};
use kvitt_wire::{Cart, Problem, SignedCart};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
struct Asked {
    /// What is to be priced: `sku:quantity`, separated by commas.
    #[param(example = "mug:2,tea:1")]
    items: String,
    /// The sales unit, by name; the first one of the configuration when absent.
    sales_unit: Option<String>,
}

/// Prices a cart
///
/// The start screen shows the lines, the total and the VAT before anything is written down.
#[utoipa::path(get, path = "/v1/cart", operation_id = "show_cart", params(Asked), tag = "page", responses(
    (status = 200, body = Cart),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_query`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`unknown_sku`, `bad_quantity`, `empty_cart`, `too_many_lines`, `bad_total`, `bad_vat`, `malformed_items`, `unknown_sales_unit`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
))]
async fn show(
    State(app): State<App>,
    asked: std::result::Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<axum::Json<Cart>> {
    let Query(asked) = asked.map_err(|rejection| ApiError::malformed_query(rejection.body_text()))?;
    let unit = app.units.find(asked.sales_unit.as_deref()).ok_or(ApiError::unknown_sales_unit())?;
    let items = cart::parse_items(&asked.items)?;
    Ok(axum::Json(cart::price(&app.shop, unit, &items, clock::now())?))
}

/// Shows a cart that the shop has signed
///
/// What the start screen shows of it, once the signature holds. Such a cart may be longer than an address.
#[utoipa::path(post, path = "/v1/cart", operation_id = "show_signed_cart", tag = "page", request_body = SignedCart, responses(
    (status = 200, body = Cart),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "Of the signature: `malformed_signed_cart`, `unknown_cart_key`, `cart_signature_invalid`, `cart_expired`, \
            `cart_not_yet_valid`, `cart_lives_too_long`, `wrong_cart_audience`; of what was signed: `empty_cart`, \
            `too_many_lines`, `bad_line`, `duplicate_sku`, `line_total_mismatch`, `cart_lines_mismatch`: `detail` has the difference, \
            `bad_vat`, `bad_total`, `wrong_currency`, `unknown_sales_unit`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
))]
async fn read(State(app): State<App>, Json(asked): Json<SignedCart>) -> Result<axum::Json<Cart>> {
    let (_, cart) = cart::from_signed(&app.shop, &app.units, &asked.signed_cart, None, clock::now())?;
    Ok(axum::Json(cart))
}
