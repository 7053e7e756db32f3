//! Orders that the shop's backend makes up: lines, prices and total are its own, and its page has the customer pay them.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{NewShopCheckout, Problem, ShopCheckout};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::idempotency::{self, Replayed};
use crate::access::shop_key::ShopKey;
use crate::access::token::Found;
use crate::http::app::App;
use crate::http::extract::{IdempotencyKey, Keyed};
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::TraceId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open))
}

/// Opens a checkout at the shop's prices
///
/// Every sum is checked, and nothing is asked of Vipps MobilePay yet: that happens when the customer presses pay, in the widget that is given
/// the token, or on the page at `url`.
#[utoipa::path(post, path = "/v1/shop/checkouts", operation_id = "open_shop_checkout", tag = "shop", params(IdempotencyKey),
    security(("shop_key" = [])), request_body = NewShopCheckout, responses(
    (status = 201, body = ShopCheckout, headers(("idempotency-replayed" = bool, description = "`true` where this was done before"))),
    (status = 400, body = Problem, content_type = "application/problem+json",
        description = "`malformed_json`, `bad_idempotency_key`, `idempotency_key_required`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`idempotency_in_progress`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`empty_cart`, `too_many_lines`, `bad_line`, `duplicate_sku`, `line_total_mismatch`, `cart_lines_mismatch`: `detail` has \
            the difference, `bad_vat`, `bad_total`, `wrong_currency`, `unknown_sales_unit`, `bad_return_url`, `bad_description`, `bad_expiry`, \
            `idempotency_key_reused`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn open(
    State(app): State<App>,
    shop: ShopKey,
    trace_id: TraceId,
    Keyed { body, key }: Keyed<NewShopCheckout>,
) -> Result<(StatusCode, Replayed, axum::Json<ShopCheckout>)> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let opening = app.orders.open_priced(&shop, body, &key, &trace_id);
    let (opened, replayed) = idempotency::once(&app.store, app.http.limits.wait, Some(&key), |_| true, opening).await?;
    Ok((StatusCode::CREATED, replayed, axum::Json(shown(&app, &opened))))
}

fn shown(app: &App, opened: &Found) -> ShopCheckout {
    let (checkout, token) = (&opened.checkout, opened.token());
    let attempt = checkout.current();
    ShopCheckout {
        url: format!("{}/pay/{token}", app.http.public_url),
        token,
        reference: attempt.reference.to_string(),
        order_number: checkout.order.number.clone(),
        expires_at_ms: checkout.order.offer.as_ref().map_or(attempt.expires_at, |offer| offer.expires_at).0,
    }
}
