//! The life of a checkout, as the shop's page drives it: open, show, cancel, retry.
//!
//! A handler commits an input to the ledger and waits a while for the outcome; the outbox calls Vipps MobilePay meanwhile.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kvitt_wire::{Checkout, NewAttempt, NewCheckout, NewPurchase, Problem, Purchase, State as PaymentState};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::{Peer, limit_orders};
use super::responses::{Busy, ForPage, JsonBody, KeyedBody, NotFound};
use crate::access::idempotency::{self, Key, Replayed};
use crate::base::text;
use crate::checkout::Input;
use crate::http::app::App;
use crate::http::extract::{IdempotencyKey, Json, Keyed, Path};
use crate::http::problem::{ApiError, Code, Result};
use crate::observe::trace::TraceId;
use crate::shop::orders;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(show, cancel))
        .routes(routes!(retry))
        .routes(routes!(claim))
}

/// Opens a checkout and creates its payment
///
/// Returns as soon as the payment exists. When Vipps MobilePay is slow, `state` is still `starting`: follow the stream. When it
/// refuses, `state` is `failed` and `trouble` has its code.
///
/// Where another tab has opened an order with the same `cart_id` and the same cart, the answer is that order, and paying pays it, as with
/// `POST /v1/checkouts/{token}/attempts`. An order that was paid some minutes ago is answered as it is, and so is one whose payment waits in
/// that tab. With a `cart_id` it is that, and not the `Idempotency-Key`, which makes a repeat of the request no second order.
#[utoipa::path(post, path = "/v1/checkouts", tag = "page", params(IdempotencyKey), request_body = NewCheckout, responses(
    (status = 200, body = Checkout, description = "The checkout that was opened before with the same `cart_id`"),
    (status = 201, body = Checkout, description = "The checkout", headers(("idempotency-replayed" = bool, description = "`true` for a retry of a request that was executed before"))),
    ForPage, KeyedBody, Busy,
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`price_changed`: `cart` has the current prices; `idempotency_in_progress`; about the order that another tab has opened: \
            `too_many_attempts`, `offer_ended`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`terms_not_accepted`, `wrong_currency`, `bad_return_url`, `bad_cart_id`, `bad_wording`, `idempotency_key_reused`, \
            `unknown_sales_unit`; about the cart: `unknown_sku`, `bad_quantity`, `empty_cart`, `too_many_lines`, `bad_total`, `bad_vat`; about a signed cart: \
            `items_and_signed_cart`, `malformed_signed_cart`, `unknown_cart_key`, `cart_signature_invalid`, `cart_expired`, \
            `cart_not_yet_valid`, `cart_lives_too_long`, `wrong_cart_audience`, `wrong_sales_unit`, `bad_line`, \
            `line_total_mismatch`, `bad_payment_sources`, `cart_lines_mismatch`: `detail` has the difference"),
))]
async fn open(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    trace_id: TraceId,
    Keyed { body, key }: Keyed<NewCheckout>,
) -> Result<Started> {
    let mut status = StatusCode::CREATED;
    let opening = async {
        limit_orders(&app, peer, &headers, body.open).await?;
        let opened = app.orders.open(body, key.as_ref(), &trace_id).await?;
        if opened.by_other {
            status = StatusCode::OK;
        }
        Ok::<_, ApiError>(opened.found)
    };
    let once = idempotency::once(&app.store, app.http.limits.wait, key.as_ref(), started, opening);
    let (mut opened, replayed) = once.await?;
    app.wait_until(&mut opened, started).await;
    Ok((status, replayed, axum::Json(opened.snapshot())))
}

/// Shows a checkout
///
/// A payment that waits is also read at Vipps MobilePay, at most once in `polling.every_ms`; what that finds is in the stream, and in the next answer.
#[utoipa::path(get, path = "/v1/checkouts/{token}", operation_id = "show_checkout", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout, description = "The checkout"),
    ForPage, NotFound, Busy,
))]
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    let found = app.find(&token).await?;
    app.looks.shown(&found.checkout);
    Ok(axum::Json(found.snapshot()))
}

/// Cancels the current attempt
///
/// Only an attempt that the customer has not approved yet can be cancelled; otherwise the response is `authorized`. An attempt that has
/// ended does not change.
#[utoipa::path(delete, path = "/v1/checkouts/{token}", operation_id = "cancel_checkout", tag = "page", params(("token" = String, Path)), responses(
    (status = 200, body = Checkout, description = "The checkout: `state` says whether the attempt was cancelled"),
    ForPage, NotFound, Busy,
))]
async fn cancel(State(app): State<App>, Path(token): Path<String>) -> Result<axum::Json<Checkout>> {
    let mut found = app.find(&token).await?;
    found.subscription = Some(app.hub.subscribe(found.checkout.id));
    found.checkout = app.ledger.apply(found.checkout.id, Input::Cancel, Cause::Request).await?;
    app.wait_until(&mut found, |checkout| checkout.current().state.is_final()).await;
    Ok(axum::Json(found.snapshot()))
}

/// Starts a new attempt
///
/// Creates a new payment for the same order, under a new reference, when the last attempt was aborted, expired, terminated or failed. An
/// attempt that is still open, for example in another tab, is returned instead, unless it shares more than the customer consents to here. When
/// the order's time is over (`shop.payable_hours`, the signed cart's `exp`, the offer's end) a new order is needed, at today's prices.
#[utoipa::path(post, path = "/v1/checkouts/{token}/attempts", tag = "page", params(("token" = String, Path), IdempotencyKey),
    request_body = NewAttempt, responses(
    (status = 201, body = Checkout, description = "The checkout with the attempt", headers(("idempotency-replayed" = bool, description = "`true` for a retry of a request that was executed before"))),
    ForPage, KeyedBody, NotFound, Busy,
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_retryable`: the order is paid, or its attempt is being cancelled or shares more than the consent covers; `too_many_attempts`; \
            `offer_ended`; `idempotency_in_progress`"),
    (status = 422, body = Problem, content_type = "application/problem+json",
        description = "`terms_not_accepted`, `bad_wording`, `idempotency_key_reused`"),
))]
async fn retry(
    State(app): State<App>,
    Path(token): Path<String>,
    Keyed { body, key }: Keyed<NewAttempt>,
) -> Result<Started> {
    let (mut found, replayed) = idempotency::once(&app.store, app.http.limits.wait, key.as_ref(), started, async {
        let mut found = app.find(&token).await?;
        found.subscription = Some(app.hub.subscribe(found.checkout.id));
        let (id, order) = (found.checkout.id, &found.checkout.order);
        let consent = orders::consent(&app.shop, &order.cart, body.consent, order.language)?;
        let input = if body.terms_accepted { Input::Pay(consent) } else { Input::Retry(consent) };
        found.checkout = app.ledger.apply(id, input, Key::cause(key.as_ref(), id)).await?;
        Ok::<_, ApiError>(found)
    })
    .await?;
    app.wait_until(&mut found, started).await;
    Ok((StatusCode::CREATED, replayed, axum::Json(found.snapshot())))
}

/// Claims the purchase of a paid order
///
/// So that a page reports it to the shop's analytics exactly once: the first claim of an order is answered `true`, and so is its repeat with the same
/// text; every other one is answered `false`, over reloads, tabs and devices. What there is to report is in the `Checkout` that the page has:
/// `reference`, `order_number`, and `cart` with its lines and total.
#[utoipa::path(post, path = "/v1/checkouts/{token}/purchase", operation_id = "claim_purchase", tag = "page",
    params(("token" = String, Path)), request_body = NewPurchase, responses(
    (status = 200, body = Purchase, description = "Whether this page reports it"),
    ForPage, JsonBody, NotFound, Busy,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`not_paid`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_claim`"),
))]
async fn claim(
    State(app): State<App>,
    Path(token): Path<String>,
    Json(NewPurchase { claim }): Json<NewPurchase>,
) -> Result<axum::Json<Purchase>> {
    if !text::is_random(&claim) {
        return Err(Code::BadClaim.into());
    }
    let id = app.find(&token).await?.checkout.id;
    let after = app.ledger.apply(id, Input::Claim(claim.clone()), Cause::Request).await?;
    Ok(axum::Json(Purchase { claimed: after.claimed_by.as_ref() == Some(&claim) }))
}

/// The response of both routes that start a payment.
type Started = (StatusCode, Replayed, axum::Json<Checkout>);

fn started(checkout: &crate::checkout::Checkout) -> bool {
    checkout.current().state != PaymentState::Starting
}
