//! Payment requests: the shop asks a customer to pay, by a link or in the app, and can withdraw the request.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use kvitt_wire::{NewPaymentRequest, Problem, ShopOrder, State as PaymentState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, MAX_CART_BYTES, find_order, order_view};
use crate::access::idempotency::{self, Replayed};
use crate::access::rights::OpenOrders;
use crate::checkout::{Checkout, Input};
use crate::http::app::App;
use crate::http::extract::{Keyed, OpeningKey, Path};
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, KeyRequiredBody, NotFound};
use crate::observe::trace::TraceId;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    let ask = OpenApiRouter::new().routes(routes!(ask)).layer(DefaultBodyLimit::max(MAX_CART_BYTES));
    ask.routes(routes!(withdraw))
}

/// Sends a payment request
///
/// Without a customer, the response has a link, `request.url`, and a QR that leads to it, for the shop to send or show. To a known customer,
/// Vipps MobilePay sends the request in the app, if the sales unit is approved for that (`push_messages`). Otherwise, or if the app does not
/// accept it, the link remains, with the telephone number filled in. `request.sent_by` says which of the two. Behind a link, the payment is
/// created at Vipps MobilePay only when somebody pays. A request can be paid once.
#[utoipa::path(post, path = "/v1/shop/payment-requests", operation_id = "request_payment", tag = "shop",
    params(OpeningKey), security(("shop_key" = [])), request_body = NewPaymentRequest, responses(
    (status = 201, body = ShopOrder, description = "The order, with its `request`", headers(("idempotency-replayed" = bool, description = "`true` for a retry of a request that was executed before"))),
    ForShop<OpenOrders>, KeyRequiredBody,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`idempotency_in_progress`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`empty_cart`, `too_many_lines`, `bad_line`, `bad_vat`, `line_total_mismatch`, `bad_payment_sources`, `cart_lines_mismatch`, \
            `bad_total`, `unknown_sales_unit`, `wrong_currency`, `bad_expiry`, `bad_description`, `bad_return_url`; about the customer: \
            `unknown_customer`, `no_consent`, `bad_wording`, `bad_phone_number`, `bad_addressee`; `idempotency_key_reused`"),
))]
async fn ask(
    State(app): State<App>,
    shop: Caller<OpenOrders>,
    trace_id: TraceId,
    Keyed { body, key }: Keyed<NewPaymentRequest>,
) -> Result<(StatusCode, Replayed, axum::Json<ShopOrder>)> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let opening = app.orders.request(&shop, body, &key, &trace_id);
    let (mut opened, replayed) =
        idempotency::once(&app.store, app.http.limits.wait, Some(&key), is_sent, opening).await?;
    app.wait_until(&mut opened, is_sent).await;
    let checkout = opened.checkout;
    let shared = app.store.checkout(checkout.id).await?.map(|stored| stored.shared()).unwrap_or_default();
    Ok((StatusCode::CREATED, replayed, axum::Json(order_view(&app, &checkout, shared))))
}

/// Withdraws a payment request
///
/// It can no longer be paid. A payment in progress is cancelled, unless the customer approves it first: the order shows which. A second
/// withdrawal changes nothing.
#[utoipa::path(post, path = "/v1/shop/payment-requests/{reference}/withdraw", operation_id = "withdraw_request", tag = "shop",
    params(("reference" = String, Path)), security(("shop_key" = [])), responses(
    (status = 200, body = ShopOrder, description = "The order: `state` says whether it was paid before"),
    ForShop<OpenOrders>, NotFound,
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_withdrawable`: the order is paid, or was not open for later payment"),
))]
async fn withdraw(
    State(app): State<App>,
    shop: Caller<OpenOrders>,
    Path(reference): Path<String>,
) -> Result<axum::Json<ShopOrder>> {
    let stored = find_order(&app, &shop, &reference).await?;
    let checkout = app.ledger.apply_by(stored.checkout.id, Input::Withdraw, Cause::Request, &shop.by).await?;
    Ok(axum::Json(order_view(&app, &checkout, stored.shared())))
}

/// Whether the request was sent in the app, or is a link.
fn is_sent(checkout: &Checkout) -> bool {
    checkout.current().state != PaymentState::Starting
}
