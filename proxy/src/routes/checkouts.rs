//! Opening a checkout, looking at it, cancelling it, trying again.

use axum::extract::State;
use axum::http::StatusCode;
use kvitt_wire::{Checkout, NewAttempt, NewCheckout, Problem, State as PaymentState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::checkout::Input;
use crate::error::{Json, Path, Result};
use crate::order;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open)).routes(routes!(show, cancel)).routes(routes!(retry))
}

/// Opens a checkout and creates its payment
///
/// Answers as soon as the payment exists. When Vipps MobilePay is slow, `state` is still `starting`: follow the stream. When it
/// refuses, `state` is `failed` and `trouble` has the code.
#[utoipa::path(post, path = "/v1/checkouts", tag = "page", request_body = NewCheckout, responses(
    (status = 201, body = Checkout),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`price_changed`: `cart` has today's prices"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`terms_not_accepted`, `wrong_currency`, `bad_return_url`, `bad_wording`, and those of a cart"),
))]
async fn open(State(app): State<App>, Json(asked): Json<NewCheckout>) -> Result<(StatusCode, axum::Json<Checkout>)> {
    let opened = order::open(&app, asked).await?;
    let checkout = app.wait_until(opened.checkout.id, begun).await?;
    Ok((StatusCode::CREATED, axum::Json(opened.show(&checkout))))
}

/// Shows a checkout
#[utoipa::path(get, path = "/v1/checkouts/{token}", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
))]
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    Ok(axum::Json(app.find(&token).await?.snapshot()))
}

/// Cancels the current attempt
///
/// Only if the customer has not approved it yet: one who just has is told so (`authorized`). An attempt that has ended is left as it
/// is.
#[utoipa::path(delete, path = "/v1/checkouts/{token}", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
))]
async fn cancel(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    let found = app.find(&token).await?;
    let id = found.checkout.id;
    app.ledger.apply(id, Input::Cancel, Cause::Request).await?;
    let checkout = app.wait_until(id, |checkout| checkout.current().state.is_final()).await?;
    Ok(axum::Json(found.show(&checkout)))
}

/// Tries again
///
/// After an attempt that was aborted, expired, terminated or failed: a new payment for the same order, under a new reference.
#[utoipa::path(post, path = "/v1/checkouts/{token}/attempts", tag = "page", params(("token" = String, Path)),
    request_body = NewAttempt, responses(
    (status = 201, body = Checkout),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_retryable`: the current attempt is alive or paid; `too_many_attempts`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_wording`"),
))]
async fn retry(
    State(app): State<App>,
    Path(token): Path<String>,
    Json(asked): Json<NewAttempt>,
) -> Result<(StatusCode, axum::Json<Checkout>)> {
    let found = app.find(&token).await?;
    let order = &found.checkout.order;
    let consent = order::consent(&order.cart, asked.consent, order.language)?;
    app.ledger.apply(found.checkout.id, Input::Retry(consent), Cause::Request).await?;
    let checkout = app.wait_until(found.checkout.id, begun).await?;
    Ok((StatusCode::CREATED, axum::Json(found.show(&checkout))))
}

fn begun(checkout: &crate::checkout::Checkout) -> bool {
    checkout.current().state != PaymentState::Starting
}
