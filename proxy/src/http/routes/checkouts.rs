//! Opening a checkout, looking at it, cancelling it, trying again.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{Checkout, NewAttempt, NewCheckout, Problem, State as PaymentState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::idempotency::{self, Key, Replayed};
use crate::checkout::Input;
use crate::http::app::App;
use crate::http::extract::{IdempotencyKey, Keyed, Path};
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::TraceId;
use crate::shop::orders;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(show, cancel)).routes(routes!(retry))
}

/// Opens a checkout and creates its payment
///
/// Answers as soon as the payment exists. When Vipps MobilePay is slow, `state` is still `starting`: follow the stream. When it
/// refuses, `state` is `failed` and `trouble` has the code.
#[utoipa::path(post, path = "/v1/checkouts", tag = "page", params(IdempotencyKey), request_body = NewCheckout, responses(
    (status = 201, body = Checkout, headers(("idempotency-replayed" = bool, description = "`true` where this was done before"))),
    (status = 400, body = Problem, content_type = "application/problem+json",
        description = "`malformed_json`, `bad_idempotency_key`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`price_changed`: `cart` has today's prices; `idempotency_in_progress`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`terms_not_accepted`, `wrong_currency`, `bad_return_url`, `bad_wording`, `idempotency_key_reused`, `unknown_sales_unit`; of the \
            cart: `unknown_sku`, `bad_quantity`, `empty_cart`, `too_many_lines`, `bad_total`, `bad_vat`; those of a signed one: \
            `items_and_signed_cart`, `malformed_signed_cart`, `unknown_cart_key`, `cart_signature_invalid`, `cart_expired`, \
            `cart_not_yet_valid`, `cart_lives_too_long`, `wrong_cart_audience`, `wrong_sales_unit`, `bad_line`, `duplicate_sku`, \
            `line_total_mismatch`, `cart_lines_mismatch`: `detail` has the difference"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn open(State(app): State<App>, trace_id: TraceId, Keyed { body, key }: Keyed<NewCheckout>) -> Result<Begun> {
    let (opened, replayed) = idempotency::once(
        &app.store,
        app.http.limits.wait,
        key.as_ref(),
        begun,
        app.orders.open(body, key.as_ref(), &trace_id),
    )
    .await?;
    let checkout = app.wait_until(opened.checkout.clone(), begun).await;
    Ok((StatusCode::CREATED, replayed, axum::Json(opened.snapshot_of(&checkout))))
}

/// Shows a checkout
#[utoipa::path(get, path = "/v1/checkouts/{token}", operation_id = "show_checkout", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    Ok(axum::Json(app.find(&token).await?.snapshot()))
}

/// Cancels the current attempt
///
/// Only if the customer has not approved it yet: one who just has is told so (`authorized`). An attempt that has ended is left as it
/// is.
#[utoipa::path(delete, path = "/v1/checkouts/{token}", operation_id = "cancel_checkout", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn cancel(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    let found = app.find(&token).await?;
    let checkout = app.ledger.apply(found.checkout.id, Input::Cancel, Cause::Request).await?;
    let checkout = app.wait_until(checkout, |checkout| checkout.current().state.is_final()).await;
    Ok(axum::Json(found.snapshot_of(&checkout)))
}

/// Tries again
///
/// After an attempt that was aborted, expired, terminated or failed: a new payment for the same order, under a new reference. While an
/// attempt is alive that one is the answer: it has been begun in another tab, or on another device. Not where it would share more than
/// the customer says yes to here.
#[utoipa::path(post, path = "/v1/checkouts/{token}/attempts", tag = "page", params(("token" = String, Path), IdempotencyKey),
    request_body = NewAttempt, responses(
    (status = 201, body = Checkout, headers(("idempotency-replayed" = bool, description = "`true` where this was done before"))),
    (status = 400, body = Problem, content_type = "application/problem+json",
        description = "`malformed_json`, `bad_idempotency_key`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_retryable`: the order is paid, or its attempt is being cancelled or shares more; `too_many_attempts`; \
            `offer_ended`; `idempotency_in_progress`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`terms_not_accepted`, `bad_wording`, `idempotency_key_reused`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn retry(
    State(app): State<App>,
    Path(token): Path<String>,
    Keyed { body, key }: Keyed<NewAttempt>,
) -> Result<Begun> {
    let (found, replayed) = idempotency::once(&app.store, app.http.limits.wait, key.as_ref(), begun, async {
        let mut found = app.find(&token).await?;
        let (id, order) = (found.checkout.id, &found.checkout.order);
        let consent = orders::consent(&order.cart, body.consent, order.language)?;
        let input = if body.terms_accepted { Input::Pay(consent) } else { Input::Retry(consent) };
        found.checkout = app.ledger.apply(id, input, Key::cause(key.as_ref(), id)).await?;
        Ok::<_, ApiError>(found)
    })
    .await?;
    let checkout = app.wait_until(found.checkout.clone(), begun).await;
    Ok((StatusCode::CREATED, replayed, axum::Json(found.snapshot_of(&checkout))))
}

/// What both ways to begin a payment answer.
type Begun = (StatusCode, Replayed, axum::Json<Checkout>);

fn begun(checkout: &crate::checkout::Checkout) -> bool {
    checkout.current().state != PaymentState::Starting
}
