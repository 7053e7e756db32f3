//! Taking, letting go and giving back the money of an order.
//!
//! Each request is an operation by the name of its key, decided on by the core and carried out by the outbox like everything else; the
//! answer waits for it for as long as a customer would be kept waiting, and says `pending` after that.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{LetGo, MoveMoney, Pieces, Problem, ShopOrder};
use utoipa::IntoResponses;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Found};
use crate::checkout::operation::{Asked, Operation, OperationId, OperationKind, Outcome};
use crate::checkout::{Checkout, Input};
use crate::error::{ApiError, Path, Result};
use crate::idempotency::{self, IdempotencyKey, Key, Keyed, Replayed};
use crate::shop_key::ShopKey;

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
    /// `not_paid`; `exceeds_what_is_left`: `detail` says what is left; `capture_under_way`: nothing can be let go before the capture is
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
    let id = stored.checkout.id;
    if body.amount.is_some_and(|amount| amount.currency != stored.checkout.order.cart.total.currency) {
        return Err(ApiError::wrong_currency());
    }
    if !can_be_kept(&body.lines) {
        return Err(ApiError::bad_lines());
    }
    let operation = key.operation();
    let asked = Asked { id: operation, kind, amount: body.amount.map(|amount| amount.value), lines: body.lines };
    let (found, replayed) = idempotency::once(app, Some(&key), |_| true, async {
        let checkout = app.ledger.apply(id, Input::Operate(asked), Key::cause(Some(&key), id)).await?;
        Ok(Found::new(checkout, stored.secret))
    })
    .await?;
    let settled = |checkout: &Checkout| outcome(checkout, operation) != Some(&Outcome::Pending);
    let checkout = app.wait_until(found.checkout, settled).await;
    let status = match outcome(&checkout, operation) {
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble, advice(trouble))),
        Some(Outcome::Done) => StatusCode::OK,
        Some(Outcome::Pending) | None => StatusCode::ACCEPTED,
    };
    Ok((status, replayed, axum::Json(shown(app, &checkout))))
}

fn outcome(checkout: &Checkout, id: OperationId) -> Option<&Outcome> {
    let mut operations = checkout.attempts.iter().flat_map(|attempt| &attempt.operations);
    operations.find(|operation: &&Operation| operation.id == id).map(|operation| &operation.outcome)
}

fn can_be_kept(lines: &[Pieces]) -> bool {
    // PostgreSQL would take a document with a NUL in it, and then read nothing out of it any more.
    let plain = |sku: &str| (1..=64).contains(&sku.len()) && !sku.chars().any(char::is_control);
    let sound = |line: &Pieces| plain(&line.sku) && (1..=9_999).contains(&line.quantity);
    lines.len() <= 100 && lines.iter().all(sound)
}

/// What a person at the shop can do about a refusal ([codes](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/errors/)).
fn advice(trouble: &str) -> &'static str {
    match trouble {
        "vipps_6030" | "vipps_6100" => "the time for it has run out; ask the customer for a new payment",
        "vipps_6040" => "it has been captured; refund it instead",
        "vipps_6090" | "vipps_6150" => "there is less left at Vipps MobilePay; ask for the order again to see what",
        "vipps_6140" => "this sales unit must capture the full amount",
        "vipps_6190" | "vipps_6200" | "vipps_6210" | "vipps_5100" => "the payment's state does not allow it",
        "vipps_6220" => "the time for refunds has run out; pay the money back in another way",
        "vipps_6260" => "the money is not there any more; ask the customer for a new payment",
        _ => "ask Vipps MobilePay, with the code and the order's reference",
    }
}
