//! What a cart costs today.

use axum::extract::{Query, State};
use kvitt_wire::{Cart, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::{ApiError, Result};
use crate::{cart, clock};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
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
    let unit = app.config.sales_unit(asked.sales_unit.as_deref()).ok_or(ApiError::unknown_sales_unit())?;
    let items = cart::parse_items(&asked.items)?;
    Ok(axum::Json(cart::price(&app.config, unit, &items, clock::now())?))
}
