//! What a browser opens: the form that pays without JavaScript, and the address that Vipps MobilePay sends the customer back to.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kvitt_wire::{Amount, ConsentGiven, Currency, Language, NewCheckout, State as PaymentState};
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::token::Found;
use crate::checkout::{Checkout, Input, Update};
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::pages;
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::{self, TraceId};
use crate::shop::cart;
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pay)).routes(routes!(come_back))
}

/// The fields of the form. An unticked box is absent.
#[derive(Debug, Deserialize, ToSchema)]
struct PayForm {
    /// `sku:quantity`, separated by commas.
    #[schema(example = "mug:2,tea:1")]
    #[serde(default)]
    items: String,
    /// Instead of items: the cart that the shop has priced and signed.
    signed_cart: Option<String>,
    /// The total that the customer was shown, in minor units.
    amount: i64,
    /// Its currency.
    currency: Currency,
    /// `yes` when the customer accepted the terms.
    #[schema(example = "yes")]
    terms_accepted: Option<String>,
    /// `yes` when the customer said yes to sharing the telephone number.
    #[schema(example = "yes")]
    share_phone_number: Option<String>,
    /// The version of the words that were shown beside it; required with a yes.
    #[schema(example = "2026-11")]
    wording: Option<String>,
    /// The language of the page.
    language: Option<String>,
    /// The sales unit, by name.
    sales_unit: Option<String>,
    /// The page to come back to; without it the proxy shows its own.
    return_url: Option<String>,
}

impl PayForm {
    fn into_checkout(self) -> Result<NewCheckout> {
        let given = |field: Option<String>| field.filter(|text| !text.is_empty());
        let yes = |field: Option<String>| field.as_deref() == Some("yes");
        let wording = self.wording.unwrap_or_default();
        Ok(NewCheckout {
            items: cart::parse_items(&self.items)?,
            signed_cart: given(self.signed_cart),
            amount: Amount { value: self.amount, currency: self.currency },
            sales_unit: given(self.sales_unit),
            terms_accepted: yes(self.terms_accepted),
            consent: yes(self.share_phone_number).then_some(ConsentGiven { wording }),
            language: self.language.as_deref().map(Language::from_tag).unwrap_or_default(),
            return_url: given(self.return_url),
            open: false,
        })
    }
}

/// Pays from a plain form
///
/// Sends the browser on to the payment. What is wrong is shown as a page. A form that is sent twice opens two orders: a static page
/// cannot give each press a key of its own. The browser follows the last answer only, and the other order expires unpaid.
#[utoipa::path(post, path = "/pay", tag = "browser",
    request_body(content = PayForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 303, description = "To the payment, or to the order's page when it could not be created yet"),
    (status = 400, content_type = "text/html", body = String, description = "`malformed_body`"),
    (status = 403, content_type = "text/html", body = String, description = "`origin_not_allowed`"),
    (status = 409, content_type = "text/html", body = String, description = "`price_changed`"),
    (status = 413, content_type = "text/html", body = String, description = "`body_too_large`"),
    (status = 415, content_type = "text/html", body = String, description = "`unsupported_media_type`"),
    (status = 422, content_type = "text/html", body = String,
        description = "Those of `POST /v1/checkouts`, and `malformed_items`"),
    (status = 429, content_type = "text/html", body = String, description = "`rate_limited`"),
    (status = 503, content_type = "text/html", body = String, description = "`busy`: the database does not answer; try again"),
))]
async fn pay(
    State(app): State<App>,
    trace_id: TraceId,
    form: std::result::Result<Form<PayForm>, FormRejection>,
) -> Result<Response> {
    start(&app, &trace_id, form).await.map_err(ApiError::as_page)
}

async fn start(
    app: &App,
    trace_id: &TraceId,
    form: std::result::Result<Form<PayForm>, FormRejection>,
) -> Result<Response> {
    let Form(form) = form.map_err(malformed)?;
    let opened = app.orders.open(form.into_checkout()?, None, trace_id).await?;
    let begun = |checkout: &Checkout| checkout.current().state != PaymentState::Starting;
    let checkout = app.wait_until(opened.checkout.clone(), begun).await;
    let snapshot = opened.snapshot_of(&checkout);
    see_other(&snapshot.redirect_url.unwrap_or(checkout.order.landing_return_url.0))
}

/// Brings the customer back
///
/// Vipps MobilePay sends the customer here whatever came of the payment, perhaps in another browser than the one that they paid in. They
/// are sent on to the shop's page with the token as the query parameter `kvitt`, or shown where the order stands.
#[utoipa::path(get, path = "/return/{token}", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String, description = "Where the order stands"),
    (status = 303, description = "To the shop's page"),
    (status = 403, content_type = "text/html", body = String, description = "`origin_not_allowed`"),
    (status = 404, content_type = "text/html", body = String, description = "`not_found`"),
    (status = 429, content_type = "text/html", body = String, description = "`rate_limited`"),
    (status = 503, content_type = "text/html", body = String, description = "`busy`: the database does not answer; try again"),
))]
async fn come_back(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let found = app.find(&token).await.map_err(ApiError::as_page)?;
    trace::of_checkout(&found.checkout).in_scope(|| tracing::debug!("customer came back"));
    look(&app, &found).await;
    if let Some(url) = &found.checkout.order.return_url {
        let mut url = Url::parse(url).map_err(|_| ApiError::internal().as_page())?;
        // A return page that a customer orders from again has the token of the earlier order in its address.
        let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "kvitt").collect();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("kvitt", &token);
        return see_other(url.as_str());
    }
    let attempt = found.checkout.current();
    let number_to_come = attempt.state == PaymentState::Authorized && found.checkout.may_know_customer(attempt);
    let more = !attempt.state.is_final() || (number_to_come && found.checkout.customer.is_none());
    let page = pages::order(&found.snapshot(), found.checkout.order.language, &app.shop.url, more);
    Ok(page.into_response())
}

/// A return is a signal: the webhook may have been lost. One that cannot be written down does not hold the customer up.
async fn look(app: &App, found: &Found) {
    let attempt = found.checkout.current();
    if !attempt.state.is_final() || attempt.state == PaymentState::Authorized {
        let input = Input::Payment(attempt.reference.clone(), Update::Signal);
        if let Err(error) = app.ledger.apply(found.checkout.id, input, Cause::Request).await {
            tracing::warn!(checkout = %found.checkout.id, reference = %attempt.reference, %error, "return not written down");
        }
    }
}

/// A form that does not read.
pub(super) fn malformed(rejection: FormRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::unsupported_media_type("application/x-www-form-urlencoded"),
        _ => ApiError::malformed(rejection.body_text()),
    }
}

/// To an address that may hold a token: nothing of it is to leak into a referrer or a cache.
pub(super) fn see_other(url: &str) -> Result<Response> {
    let location = HeaderValue::from_str(url).map_err(|_| ApiError::internal())?;
    let headers = HeaderMap::from_iter([(header::LOCATION, location)]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
