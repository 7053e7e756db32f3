//! Taking, letting go and giving back the money of an order.
//!
//! What is asked for is written down by [`money`]; the answer waits for it for as long as a customer would be kept waiting, and says
//! `pending` after that.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{LetGo, MoveMoney, Problem, ShopOrder};
use utoipa::IntoResponses;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::idempotency::Replayed;
use crate::access::shop_key::ShopKey;
use crate::checkout::Checkout;
use crate::checkout::operation::{OperationKind, Outcome};
use crate::http::app::App;
use crate::http::extract::{IdempotencyKey, Keyed, Path};
use crate::http::problem::{ApiError, Result};
use crate::shop::operations;

use super::{order_of, shown};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(capture)).routes(routes!(cancel)).routes(routes!(refund))
}

/// What each of them answers when it is not refused.
type Moved = (StatusCode, Replayed, axum::Json<ShopOrder>);

/// All that they answer, for the description of the API.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes")]
enum Answers {
    /// Done; `idempotency-replayed` is `true` where that was before
    #[response(status = 200, headers(("idempotency-replayed" = bool, description = "`true` where this was done before")))]
    Done(ShopOrder),
    /// Written down, and still `pending`: ask for the order again
    #[response(status = 202)]
    Pending(ShopOrder),
    /// `malformed_json`, `bad_idempotency_key`, `idempotency_key_required`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// `unauthorized`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// `not_found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// `not_paid`; `exceeds_what_is_left`, `exceeds_what_was_ordered`: `detail` says what is left; `capture_under_way`: nothing can be let go before the capture is
    /// answered, ask again when it has been; `operation_refused`: `detail` has the vendor's code and what to do;
    /// `too_many_operations`
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    OtherType(Problem),
    /// `bad_amount`, `wrong_currency`, `bad_lines`, `idempotency_key_reused`
    #[response(status = 422, content_type = "application/problem+json")]
    Senseless(Problem),
    /// `rate_limited`
    #[response(status = 429, content_type = "application/problem+json")]
    TooOften(Problem),
    /// `busy`: the database does not answer; try again
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}

/// Takes reserved money
///
/// All that is left, or a part; as often as there is something left. Capture what has been shipped, not before.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/capture", tag = "shop",
    params(("reference" = String, Path), IdempotencyKey), security(("shop_key" = [])), request_body = MoveMoney, responses(Answers))]
async fn capture(
    State(app): State<App>,
    shop: ShopKey,
    Path(reference): Path<String>,
    asked: Keyed<MoveMoney>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Capture, asked).await
}

/// Lets reserved money go
///
/// All that is not captured: the whole order, or the rest of one that was shipped in part; not while a capture is `pending`. There is
/// no way back.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/cancel", operation_id = "cancel_order", tag = "shop",
    params(("reference" = String, Path), IdempotencyKey), security(("shop_key" = [])), request_body = LetGo, responses(Answers))]
async fn cancel(
    State(app): State<App>,
    shop: ShopKey,
    Path(reference): Path<String>,
    Keyed { key, .. }: Keyed<LetGo>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Cancel, Keyed { body: MoveMoney::default(), key }).await
}

/// Gives captured money back
///
/// All that was captured, or a part; as often as there is something left, within 365 days.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/refund", tag = "shop",
    params(("reference" = String, Path), IdempotencyKey), security(("shop_key" = [])), request_body = MoveMoney, responses(Answers))]
async fn refund(
    State(app): State<App>,
    shop: ShopKey,
    Path(reference): Path<String>,
    asked: Keyed<MoveMoney>,
) -> Result<Moved> {
    operate(&app, &shop, &reference, OperationKind::Refund, asked).await
}

async fn operate(
    app: &App,
    shop: &ShopKey,
    reference: &str,
    kind: OperationKind,
    Keyed { body, key }: Keyed<MoveMoney>,
) -> Result<Moved> {
    let key = key.ok_or(ApiError::idempotency_key_required())?;
    let stored = order_of(app, shop, reference).await?;
    let shared = stored.shared();
    let (found, replayed) = operations::request(&app.store, &app.ledger, stored, kind, body, &key).await?;
    let settled = |checkout: &Checkout| operations::outcome(checkout, &key) != Some(&Outcome::Pending);
    let checkout = app.wait_until(found.checkout, settled).await;
    let status = match operations::outcome(&checkout, &key) {
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble)),
        Some(Outcome::Done) => StatusCode::OK,
        Some(Outcome::Pending) | None => StatusCode::ACCEPTED,
    };
    Ok((status, replayed, axum::Json(shown(app, &checkout, shared))))
}
