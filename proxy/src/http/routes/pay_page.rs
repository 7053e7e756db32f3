//! The page behind a link or QR: what is to be paid, the terms, and a button. The payment is created when the button is pressed, since it
//! lives for ten minutes only.
//!
//! Whoever has the address may pay, as with an invoice. A plain form does it, so that it works in whatever opens the link.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use kvitt_wire::{ConsentGiven, State as PaymentState};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pay::{malformed, see_other};
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::{Attempt, Checkout, Flow, Input};
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::pages::{self, Page};
use crate::http::problem::{ApiError, Result};
use crate::http::qr;
use crate::shop::orders;
use crate::shop::requests;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, press)).routes(routes!(qr_svg)).routes(routes!(qr_png))
}

/// The fields of the page's form. An unticked box is absent.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct Pressed {
    /// `yes` when the customer accepted the terms.
    #[schema(example = "yes")]
    terms_accepted: Option<String>,
    /// `yes` when the customer said yes to sharing the telephone number.
    #[schema(example = "yes")]
    share_phone_number: Option<String>,
    /// The version of the words that were shown beside it; required with a yes.
    #[schema(example = "2026-11")]
    wording: Option<String>,
}

/// Shows what is to be paid
///
/// The page behind a link or QR, for as long as it can be paid; and where the order stands, before and after that.
#[utoipa::path(get, path = "/pay/{token}", operation_id = "show_pay_page", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String),
    (status = 403, content_type = "text/html", body = String, description = "`origin_not_allowed`"),
    (status = 404, content_type = "text/html", body = String, description = "`not_found`"),
    (status = 429, content_type = "text/html", body = String, description = "`rate_limited`"),
    (status = 503, content_type = "text/html", body = String, description = "`busy`: the database does not answer; try again"),
))]
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<Page> {
    let found = app.find(&token).await.map_err(ApiError::as_page)?;
    Ok(page(&app, &found, false))
}

/// Pays from the page behind a link or QR
///
/// Creates the payment and sends the browser on to it. Pressed twice, also on two devices, it is one payment.
#[utoipa::path(post, path = "/pay/{token}", operation_id = "press_pay", tag = "browser", params(("token" = String, Path)),
    request_body(content = Pressed, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 303, description = "To the payment, or back to the page when it could not be created yet"),
    (status = 400, content_type = "text/html", body = String, description = "`malformed_body`"),
    (status = 403, content_type = "text/html", body = String, description = "`origin_not_allowed`"),
    (status = 404, content_type = "text/html", body = String, description = "`not_found`"),
    (status = 409, content_type = "text/html", body = String, description = "`offer_ended`, `not_retryable`, `too_many_attempts`"),
    (status = 413, content_type = "text/html", body = String, description = "`body_too_large`"),
    (status = 415, content_type = "text/html", body = String, description = "`unsupported_media_type`"),
    (status = 422, content_type = "text/html", body = String,
        description = "`bad_wording`; and without the terms the page once more, which says what is missing (`terms_not_accepted`)"),
    (status = 429, content_type = "text/html", body = String, description = "`rate_limited`"),
    (status = 503, content_type = "text/html", body = String, description = "`busy`: the database does not answer; try again"),
))]
async fn press(
    State(app): State<App>,
    Path(token): Path<String>,
    form: std::result::Result<Form<Pressed>, FormRejection>,
) -> Result<Response> {
    pressed(&app, &token, form).await.map_err(ApiError::as_page)
}

async fn pressed(app: &App, token: &str, form: std::result::Result<Form<Pressed>, FormRejection>) -> Result<Response> {
    let found = app.find(token).await?;
    let Form(form) = form.map_err(malformed)?;
    let yes = |field: &Option<String>| field.as_deref() == Some("yes");
    let (id, order) = (found.checkout.id, &found.checkout.order);
    if !payable(&found.checkout) {
        let under_way = found.snapshot().redirect_url;
        return see_other(&under_way.unwrap_or_else(|| found.checkout.pay_url()));
    }
    if !yes(&form.terms_accepted) && order.terms_accepted_at.is_none() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(app, &found, true)).into_response());
    }
    let wording = form.wording.clone().unwrap_or_default();
    let given = yes(&form.share_phone_number).then_some(ConsentGiven { wording });
    let consent = orders::consent(&order.cart, given, order.language)?;
    let checkout = app.ledger.apply(id, Input::Pay(consent), Cause::Request).await?;
    let begun = |checkout: &Checkout| checkout.current().state != PaymentState::Starting;
    let checkout = app.wait_until(checkout, begun).await;
    let snapshot = found.snapshot_of(&checkout);
    see_other(&snapshot.redirect_url.unwrap_or_else(|| checkout.pay_url()))
}

/// A QR that leads to the pay page, as a drawing
///
/// Where `requests.qr` says so, the one that Vipps MobilePay makes.
#[utoipa::path(get, path = "/pay/{token}/qr.svg", operation_id = "qr_svg", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "image/svg+xml", body = String),
    (status = 307, description = "To Vipps MobilePay's picture"),
    (status = 403, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn qr_svg(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let found = app.find(&token).await?;
    if let Some(url) = vendor_qr(&app, &found.checkout, true).await {
        return Ok(Redirect::temporary(&url).into_response());
    }
    Ok(picture("image/svg+xml", qr::svg(&found.checkout.pay_url()).into_bytes()))
}

/// A QR that leads to the pay page, as a picture
///
/// Where `requests.qr` says so, the one that Vipps MobilePay makes.
#[utoipa::path(get, path = "/pay/{token}/qr.png", operation_id = "qr_png", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "image/png", body = Vec<u8>),
    (status = 307, description = "To Vipps MobilePay's picture"),
    (status = 403, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`origin_not_allowed`"),
    (status = 404, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 429, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = kvitt_wire::Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn qr_png(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let found = app.find(&token).await?;
    if let Some(url) = vendor_qr(&app, &found.checkout, false).await {
        return Ok(Redirect::temporary(&url).into_response());
    }
    let drawn = qr::png(&found.checkout.pay_url()).map_err(|_| ApiError::internal())?;
    Ok(picture("image/png", drawn))
}

/// A shop's page on another origin may show it.
fn picture(kind: &'static str, bytes: Vec<u8>) -> Response {
    let cross_origin = header::HeaderName::from_static("cross-origin-resource-policy");
    ([(header::CONTENT_TYPE, kind), (cross_origin, "cross-origin")], bytes).into_response()
}

/// Whether pay can be pressed: nobody has, or what came of it was not a payment, or it waits in an app that the customer may not look at.
fn payable(checkout: &Checkout) -> bool {
    let Attempt { state, flow, .. } = checkout.current();
    let stands = checkout.order.offer.as_ref().is_none_or(|offer| offer.is_open(clock::now()));
    let pressable = match state {
        PaymentState::Open => true,
        PaymentState::Created => *flow == Flow::Push,
        PaymentState::Starting | PaymentState::Authorized => false,
        PaymentState::Aborted | PaymentState::Expired | PaymentState::Terminated | PaymentState::Failed => true,
    };
    stands && pressable
}

fn page(app: &App, found: &Found, terms_missing: bool) -> Page {
    let (checkout, snapshot) = (&found.checkout, found.snapshot());
    let (language, shop_url) = (checkout.order.language, &app.shop.url);
    if payable(checkout) {
        let due = checkout.order.offer.as_ref().map(|offer| offer.expires_at);
        let accepted = checkout.order.terms_accepted_at.is_some();
        let asked = pages::Asked { due, terms_accepted: accepted, terms_missing };
        return pages::pay(&snapshot, language, &asked, &app.vipps);
    }
    let more = !snapshot.state.is_final() && snapshot.state != PaymentState::Open;
    pages::order(&snapshot, language, shop_url, more)
}

/// Where Vipps MobilePay has the QR, if that is the one to be shown.
async fn vendor_qr(app: &App, checkout: &Checkout, drawing: bool) -> Option<String> {
    if !app.shop.requests.vendor_qr {
        return None;
    }
    requests::vendor_qr(&app.performer, checkout, drawing).await
}
