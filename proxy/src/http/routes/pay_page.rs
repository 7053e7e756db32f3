//! The pay page behind a link or QR: the amount, the terms, and a button. The payment is created when the customer submits the form, since
//! it expires after ten minutes.
//!
//! Anybody who has the address may pay, as with an invoice. The page is a plain form, so that it works in any browser that opens the link.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use kvitt_wire::{ConsentGiven, State as PaymentState};
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pay::{malformed, see_other};
use super::responses::{Busy, ForBrowser, ForPage, FormBody, NotFound, NotFoundPage};
use crate::access::token::Found;
use crate::base::clock;
use crate::checkout::{Attempt, Checkout, Flow, Input};
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::files;
use crate::http::pages::{self, Page};
use crate::http::problem::{ApiError, Result};
use crate::http::qr;
use crate::shop::orders;
use crate::shop::requests;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, submit)).routes(routes!(qr_svg)).routes(routes!(qr_png))
}

/// The fields of the page's form. A checkbox that is not checked is absent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = Pressed)]
struct PayPageForm {
    /// `yes` when the customer accepts the terms.
    #[schema(example = "yes")]
    terms_accepted: Option<String>,
    /// `yes` when the customer consents to share the telephone number.
    #[schema(example = "yes")]
    share_phone_number: Option<String>,
    /// The version of the consent text that the customer was shown; required with the consent.
    #[schema(example = "2026-11")]
    wording: Option<String>,
}

/// Shows the pay page
///
/// The page behind a link or QR: the form while the order can be paid, otherwise the state of the order.
#[utoipa::path(get, path = "/pay/{token}", operation_id = "show_pay_page", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String, description = "The page"),
    ForBrowser, NotFoundPage,
))]
async fn show(State(app): State<App>, Path(token): Path<String>) -> Result<Page> {
    let found = app.find(&token).await.map_err(ApiError::as_page)?;
    app.looks.shown(&found.checkout);
    Ok(page(&app, &found, false))
}

/// Pays from the pay page
///
/// Creates the payment and redirects the browser to it. Two submissions, also on two devices, create one payment.
#[utoipa::path(post, path = "/pay/{token}", operation_id = "press_pay", tag = "browser", params(("token" = String, Path)),
    request_body(content = PayPageForm, content_type = "application/x-www-form-urlencoded"), responses(
    ForBrowser, FormBody, NotFoundPage,
    (status = 303, description = "To the payment, or back to the page while the payment does not exist yet"),
    (status = 409, content_type = "text/html", body = String, description = "`offer_ended`, `not_retryable`, `too_many_attempts`"),
    (status = 422, content_type = "text/html", body = String,
        description = "`bad_wording`; without the terms, the page again with a note (`terms_not_accepted`)"),
))]
async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    form: std::result::Result<Form<PayPageForm>, FormRejection>,
) -> Result<Response> {
    let found = app.find(&token).await.map_err(ApiError::as_page)?;
    let language = found.checkout.order.language;
    let shop_url = &app.front(&found.checkout.order.cart.sales_unit).url;
    pay(&app, found, form).await.map_err(|error| error.as_page_in(language, shop_url))
}

async fn pay(
    app: &App,
    mut found: Found,
    form: std::result::Result<Form<PayPageForm>, FormRejection>,
) -> Result<Response> {
    let Form(form) = form.map_err(malformed)?;
    let checked = |field: &Option<String>| field.as_deref() == Some("yes");
    let (id, order) = (found.checkout.id, &found.checkout.order);
    if !payable(&found.checkout) {
        let payment_url = found.snapshot().redirect_url;
        return see_other(&payment_url.unwrap_or_else(|| found.checkout.pay_url()));
    }
    if !checked(&form.terms_accepted) && order.terms_accepted_at.is_none() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(app, &found, true)).into_response());
    }
    let wording = form.wording.clone().unwrap_or_default();
    let given = checked(&form.share_phone_number).then_some(ConsentGiven { wording, language: None });
    let consent = orders::consent(&app.shop, &order.cart, given, order.language)?;
    found.subscription = Some(app.hub.subscribe(id));
    found.checkout = app.ledger.apply(id, Input::Pay(consent), Cause::Request).await?;
    app.wait_until(&mut found, |checkout| checkout.current().state != PaymentState::Starting).await;
    let payment_url = found.snapshot().redirect_url;
    see_other(&payment_url.unwrap_or_else(|| found.checkout.pay_url()))
}

/// Shows the QR of the pay page, as SVG
///
/// With `requests.qr = "vipps"`, redirects to the QR of Vipps MobilePay.
#[utoipa::path(get, path = "/pay/{token}/qr.svg", operation_id = "qr_svg", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "image/svg+xml", body = String, description = "The image"),
    ForPage, NotFound, Busy,
    (status = 307, description = "To the image at Vipps MobilePay"),
))]
async fn qr_svg(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Result<Response> {
    let found = app.find(&token).await?;
    if let Some(url) = vendor_qr(&app, &found.checkout, true).await {
        return Ok(Redirect::temporary(&url).into_response());
    }
    let drawn = qr::svg(&found.checkout.pay_url()).into_bytes();
    let vary = (header::VARY, "accept-encoding");
    Ok(if files::accepts(&headers, "gzip") {
        ([vary, (header::CONTENT_ENCODING, "gzip")], image("image/svg+xml", files::gzip(&drawn))).into_response()
    } else {
        ([vary], image("image/svg+xml", drawn)).into_response()
    })
}

/// The bytes of an image, for the description of the API.
struct Png;

impl PartialSchema for Png {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        bytes.format(Some(binary)).content_media_type("image/png").into()
    }
}

impl ToSchema for Png {}

/// Shows the QR of the pay page, as PNG
///
/// With `requests.qr = "vipps"`, redirects to the QR of Vipps MobilePay.
#[utoipa::path(get, path = "/pay/{token}/qr.png", operation_id = "qr_png", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "image/png", body = inline(Png), description = "The image"),
    ForPage, NotFound, Busy,
    (status = 307, description = "To the image at Vipps MobilePay"),
))]
async fn qr_png(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let found = app.find(&token).await?;
    if let Some(url) = vendor_qr(&app, &found.checkout, false).await {
        return Ok(Redirect::temporary(&url).into_response());
    }
    let drawn = qr::png(&found.checkout.pay_url()).map_err(|_| ApiError::internal())?;
    Ok(image("image/png", drawn))
}

/// The response with an image, which pages on other origins may show.
fn image(kind: &'static str, bytes: Vec<u8>) -> Response {
    let cross_origin = header::HeaderName::from_static("cross-origin-resource-policy");
    ([(header::CONTENT_TYPE, kind), (cross_origin, "cross-origin")], bytes).into_response()
}

/// Whether the form can be submitted: the order can still be paid, and no payment was started, the last attempt failed, or the payment was
/// pushed to an app that the customer may not open.
fn payable(checkout: &Checkout) -> bool {
    let Attempt { state, flow, .. } = checkout.current();
    let startable = match state {
        PaymentState::Open => true,
        PaymentState::Created => *flow == Flow::Push,
        PaymentState::Starting | PaymentState::Authorized => false,
        PaymentState::Aborted | PaymentState::Expired | PaymentState::Terminated | PaymentState::Failed => true,
    };
    checkout.is_payable(clock::now()) && startable
}

fn page(app: &App, found: &Found, terms_missing: bool) -> Page {
    let (checkout, snapshot) = (&found.checkout, found.snapshot());
    let (language, shop_url) = (checkout.order.language, &app.front(&checkout.order.cart.sales_unit).url);
    if payable(checkout) {
        let accepted = checkout.order.terms_accepted_at.is_some();
        let form = pages::PayForm { due: checkout.payable_until(), terms_accepted: accepted, terms_missing };
        return pages::pay(&snapshot, language, &form, &app.vipps);
    }
    let more = !snapshot.state.is_final() && snapshot.state != PaymentState::Open;
    pages::order(&snapshot, language, shop_url, more, !checkout.is_payable(clock::now()))
}

/// The address of Vipps MobilePay's QR, if the configuration asks for that one.
async fn vendor_qr(app: &App, checkout: &Checkout, svg: bool) -> Option<String> {
    if !app.shop.requests.vendor_qr {
        return None;
    }
    requests::vendor_qr(&app.performer, checkout, svg).await
}
