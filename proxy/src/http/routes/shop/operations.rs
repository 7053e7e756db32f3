//! The operations on the money of an order: capture, cancel (release the reservation), refund.
//!
//! A handler commits the operation through [`crate::shop::operations`], waits for its outcome for `limits.wait_ms`, and answers `pending` after that. A
//! proxy carries it out in any case.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{LetGo, MoveMoney, Problem, ShopOrder};
use utoipa::IntoResponses;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::idempotency::Replayed;
use crate::access::rights::{Cancel, Capture, Refund};
use crate::access::shop_key::ShopKey;
use crate::checkout::Checkout;
use crate::checkout::operation::{OperationKind, Outcome};
use crate::http::app::App;
use crate::http::extract::{Keyed, OperationKey, Path};
use crate::http::problem::{ApiError, Result};
use crate::http::routes::responses::{ForShop, KeyRequiredBody, NotFound};
use crate::shop::operations;

use super::{Caller, find_order, order_view};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(capture)).routes(routes!(cancel)).routes(routes!(refund))
}

/// The response to an operation that was not refused.
type Moved = (StatusCode, Replayed, axum::Json<ShopOrder>);

/// The responses of an operation, for the API's description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
enum Answers {
    /// Done; `idempotency-replayed` is `true` for a retry of a request that was executed before
    #[response(status = 200, headers(("idempotency-replayed" = bool, description = "`true` for a retry of a request that was executed before")))]
    Done(ShopOrder),
    /// Accepted, and still `pending`: read the order later
    #[response(status = 202)]
    Pending(ShopOrder),
    /// `not_paid`; `exceeds_what_is_left`, `exceeds_what_was_ordered`: `detail` says what is left; `capture_under_way`: nothing can be
    /// released before the pending capture is answered, so retry afterwards; `operation_refused`: `detail` has the code of Vipps MobilePay and
    /// says what to do; `too_many_operations`
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// `bad_amount`, `wrong_currency`, `bad_lines`, `idempotency_key_reused`
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Captures reserved money
///
/// All that is left, or a part; repeat it until nothing is left. Capture only what has been shipped.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/capture", tag = "shop",
    params(("reference" = String, Path), OperationKey), security(("shop_key" = [])), request_body = MoveMoney, responses(ForShop<Capture>, KeyRequiredBody, NotFound, Answers))]
async fn capture(
    State(app): State<App>,
    shop: Caller<Capture>,
    Path(reference): Path<String>,
    body: Keyed<MoveMoney>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Capture, body).await
}

/// Releases reserved money
///
/// Cancels all that is not captured: the whole order, or the rest after a partial capture. It is refused while a capture is `pending`. It
/// cannot be undone.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/cancel", operation_id = "cancel_order", tag = "shop",
    params(("reference" = String, Path), OperationKey), security(("shop_key" = [])), request_body = LetGo, responses(ForShop<Cancel>, KeyRequiredBody, NotFound, Answers))]
async fn cancel(
    State(app): State<App>,
    shop: Caller<Cancel>,
    Path(reference): Path<String>,
    Keyed { key, .. }: Keyed<LetGo>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Cancel, Keyed { body: MoveMoney::default(), key }).await
}

/// Refunds captured money
///
/// All that was captured, or a part; repeat it until nothing is left, within 365 days.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/refund", tag = "shop",
    params(("reference" = String, Path), OperationKey), security(("shop_key" = [])), request_body = MoveMoney, responses(ForShop<Refund>, KeyRequiredBody, NotFound, Answers))]
async fn refund(
    State(app): State<App>,
    shop: Caller<Refund>,
    Path(reference): Path<String>,
    body: Keyed<MoveMoney>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Refund, body).await
}

async fn operate(
    app: &App,
    shop: &ShopKey,
    reference: &str,
    kind: OperationKind,
    Keyed { body, key }: Keyed<MoveMoney>,
) -> Result<Moved> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let stored = find_order(app, shop, reference).await?;
    let shared = stored.shared();
    let subscription = app.hub.subscribe(stored.checkout.id);
    let (mut found, replayed) =
        operations::request(&app.store, &app.ledger, stored, kind, body, &key, &shop.by).await?;
    let settled = |checkout: &Checkout| operations::outcome(checkout, &key) != Some(&Outcome::Pending);
    found.subscription = Some(subscription);
    app.wait_until(&mut found, settled).await;
    let checkout = found.checkout;
    let status = match operations::outcome(&checkout, &key) {
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble)),
        Some(Outcome::Done) => StatusCode::OK,
        Some(Outcome::Pending) | None => StatusCode::ACCEPTED,
    };
    Ok((status, replayed, axum::Json(order_view(app, &checkout, shared))))
}
