//! Orders at prices of the shop's backend: it sends the lines and the total; its page, or the pay page, then has the customer pay.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use kvitt_wire::{NewShopCheckout, Problem, ShopCheckout};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, MAX_CART_BYTES};
use crate::access::idempotency::{self, Replayed};
use crate::access::rights::OpenOrders;
use crate::access::token::Found;
use crate::http::app::App;
use crate::http::extract::{Keyed, OpeningKey};
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, KeyRequiredBody};
use crate::observe::trace::TraceId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open)).layer(DefaultBodyLimit::max(MAX_CART_BYTES))
}

/// Opens a checkout at the shop's prices
///
/// The proxy checks every sum. It creates the payment at Vipps MobilePay only when the customer pays, in a widget with this token, or on the
/// page at `url`.
#[utoipa::path(post, path = "/v1/shop/checkouts", operation_id = "open_shop_checkout", tag = "shop", params(OpeningKey),
    security(("shop_key" = [])), request_body = NewShopCheckout, responses(
    (status = 201, body = ShopCheckout, description = "The open order", headers(("idempotency-replayed" = bool, description = "`true` for a retry of a request that was executed before"))),
    ForShop<OpenOrders>, KeyRequiredBody,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`idempotency_in_progress`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`empty_cart`, `too_many_lines`, `bad_line`, `line_total_mismatch`, `bad_payment_sources`, `cart_lines_mismatch`: `detail` has \
            the difference, `bad_vat`, `bad_total`, `wrong_currency`, `unknown_sales_unit`, `bad_return_url`, `bad_description`, `bad_expiry`, \
            `idempotency_key_reused`"),
))]
async fn open(
    State(app): State<App>,
    shop: Caller<OpenOrders>,
    trace_id: TraceId,
    Keyed { body, key }: Keyed<NewShopCheckout>,
) -> Result<(StatusCode, Replayed, axum::Json<ShopCheckout>)> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let opening = app.orders.open_priced(&shop, body, &key, &trace_id);
    let (opened, replayed) = idempotency::once(&app.store, app.http.limits.wait, Some(&key), |_| true, opening).await?;
    Ok((StatusCode::CREATED, replayed, axum::Json(checkout_view(&app, &opened))))
}

fn checkout_view(app: &App, opened: &Found) -> ShopCheckout {
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
