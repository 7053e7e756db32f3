//! Payment requests: asking a customer to pay, and taking it back.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{NewPaymentRequest, Problem, ShopOrder, State as PaymentState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{order_of, shown};
use crate::access::idempotency::{self, Replayed};
use crate::access::shop_key::ShopKey;
use crate::checkout::{Checkout, Input};
use crate::http::app::App;
use crate::http::extract::{IdempotencyKey, Keyed, Path};
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::TraceId;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask)).routes(routes!(withdraw))
}

/// Asks a customer to pay
///
/// Without a customer there is a link, `request.url`, and a QR that leads to it, for the shop to send or to show. To a customer whom the
/// shop knows it is sent in the app, where the sales unit may do that (`push_messages`); where it may not, or the app does not take it, the
/// link is all there is, with the number filled in. `request.sent_by` says which. Nothing exists at Vipps MobilePay before somebody presses
/// pay on the page behind the link, and it can be paid once.
#[utoipa::path(post, path = "/v1/shop/payment-requests", operation_id = "request_payment", tag = "shop",
    params(IdempotencyKey), security(("shop_key" = [])), request_body = NewPaymentRequest, responses(
    (status = 201, body = ShopOrder, headers(("idempotency-replayed" = bool, description = "`true` where this was done before"))),
    (status = 400, body = Problem, content_type = "application/problem+json",
        description = "`malformed_json`, `bad_idempotency_key`, `idempotency_key_required`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`idempotency_in_progress`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`empty_cart`, `too_many_lines`, `bad_line`, `duplicate_sku`, `bad_vat`, `line_total_mismatch`, `cart_lines_mismatch`, \
            `bad_total`, `unknown_sales_unit`, `wrong_currency`, `bad_expiry`, `bad_description`, `bad_return_url`; of a customer \
            `unknown_customer`, `no_consent`, `bad_wording`, `bad_phone_number`, `bad_addressee`; `idempotency_key_reused`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn ask(
    State(app): State<App>,
    shop: ShopKey,
    trace_id: TraceId,
    Keyed { body, key }: Keyed<NewPaymentRequest>,
) -> Result<(StatusCode, Replayed, axum::Json<ShopOrder>)> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let opening = app.orders.request(&shop, body, &key, &trace_id);
    let (opened, replayed) = idempotency::once(&app.store, app.http.limits.wait, Some(&key), is_sent, opening).await?;
    let checkout = app.wait_until(opened.checkout, is_sent).await;
    let shared = app.store.checkout(checkout.id).await?.map(|stored| stored.shared()).unwrap_or_default();
    Ok((StatusCode::CREATED, replayed, axum::Json(shown(&app, &checkout, shared))))
}

/// Takes a payment request back
///
/// It can be paid no more; a payment that is under way is cancelled, unless the customer is quicker, which the order then says. Taking it
/// back twice does no harm.
#[utoipa::path(post, path = "/v1/shop/payment-requests/{reference}/withdraw", operation_id = "withdraw_request", tag = "shop",
    params(("reference" = String, Path)), security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrder),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_withdrawable`: it is paid, or was not offered to be paid later"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn withdraw(
    State(app): State<App>,
    shop: ShopKey,
    Path(reference): Path<String>,
) -> Result<axum::Json<ShopOrder>> {
    let stored = order_of(&app, &shop, &reference).await?;
    let checkout = app.ledger.apply(stored.checkout.id, Input::Withdraw, Cause::Request).await?;
    Ok(axum::Json(shown(&app, &checkout, stored.shared())))
}

/// Whether it is known which way it went.
fn is_sent(checkout: &Checkout) -> bool {
    checkout.current().state != PaymentState::Starting
}
