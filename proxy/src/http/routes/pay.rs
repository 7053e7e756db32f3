//! Two routes that a browser opens: the form that pays without JavaScript, and the return address to which Vipps MobilePay sends the
//! customer.
//!
//! Both answer with a redirect or a page, also when something is wrong.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kvitt_wire::{Amount, ConsentGiven, Currency, Language, NewCheckout, State as PaymentState};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::{Peer, limit_orders};
use super::responses::{ForBrowser, FormBody, NotFoundPage};
use crate::access::token::{self, Found};
use crate::base::clock;
use crate::checkout::{Input, Update};
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::pages;
use crate::http::problem::{ApiError, Result};
use crate::observe::trace::{self, TraceId};
use crate::shop::{cart, return_url};
use crate::store::Cause;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pay)).routes(routes!(land)).routes(routes!(show_order_of_page))
}

/// The fields of the form. A checkbox that is not checked is absent.
#[derive(Debug, Deserialize, ToSchema)]
struct PayForm {
    /// `sku:quantity`, separated by commas.
    #[schema(example = "mug:2,tea:1")]
    #[serde(default)]
    items: String,
    /// A cart that the shop has priced and signed, instead of `items`.
    signed_cart: Option<String>,
    /// The total that the customer was shown, in minor units.
    amount: i64,
    /// Its currency.
    currency: Currency,
    /// `yes` when the customer accepts the terms.
    #[schema(example = "yes")]
    terms_accepted: Option<String>,
    /// `yes` when the customer consents to share the telephone number.
    #[schema(example = "yes")]
    share_phone_number: Option<String>,
    /// The version of the consent text that the customer was shown; required with the consent.
    #[schema(example = "2026-11")]
    wording: Option<String>,
    /// The language of the page.
    language: Option<String>,
    /// The name of the sales unit.
    sales_unit: Option<String>,
    /// The page that the customer returns to. Default: the proxy's own page.
    return_url: Option<String>,
}

impl PayForm {
    fn language(&self) -> Language {
        self.language.as_deref().map(Language::from_tag).unwrap_or_default()
    }

    fn into_checkout(self) -> Result<NewCheckout> {
        let given = |field: Option<String>| field.filter(|text| !text.is_empty());
        let checked = |field: Option<String>| field.as_deref() == Some("yes");
        let language = self.language();
        let wording = self.wording.unwrap_or_default();
        Ok(NewCheckout {
            items: cart::parse_items(&self.items)?,
            signed_cart: given(self.signed_cart),
            amount: Amount { value: self.amount, currency: self.currency },
            sales_unit: given(self.sales_unit),
            terms_accepted: checked(self.terms_accepted),
            consent: checked(self.share_phone_number).then_some(ConsentGiven { wording, language: None }),
            language,
            return_url: given(self.return_url),
            open: false,
            cart_id: None,
        })
    }
}

/// Pays from a plain form
///
/// Redirects the browser to the payment; an error is a page. A form that is submitted twice opens two orders, since a static page cannot
/// send a new idempotency key with each submission. The browser follows only the last response; the other order expires unpaid.
#[utoipa::path(post, path = "/pay", tag = "browser",
    request_body(content = PayForm, content_type = "application/x-www-form-urlencoded"), responses(
    ForBrowser, FormBody,
    (status = 303, description = "To the payment, or to the order's page while the payment does not exist yet"),
    (status = 409, content_type = "text/html", body = String, description = "`price_changed`"),
    (status = 422, content_type = "text/html", body = String,
        description = "The codes of `POST /v1/checkouts`, and `malformed_items`"),
))]
async fn pay(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    trace_id: TraceId,
    form: std::result::Result<Form<PayForm>, FormRejection>,
) -> Result<Response> {
    let Form(form) = form.map_err(|rejection| malformed(rejection).as_page())?;
    let language = form.language();
    let shop_url = &app.units.find(form.sales_unit.as_deref()).map_or(&app.shop.front, |unit| &unit.front).url;
    let started = async {
        limit_orders(&app, peer, &headers, false).await?;
        start(&app, &trace_id, form).await
    };
    started.await.map_err(|error| error.as_page_in(language, shop_url))
}

async fn start(app: &App, trace_id: &TraceId, form: PayForm) -> Result<Response> {
    let mut opened = app.orders.open(form.into_checkout()?, None, trace_id).await?.found;
    app.wait_until(&mut opened, |checkout| checkout.current().state != PaymentState::Starting).await;
    let payment_url = opened.snapshot().redirect_url;
    see_other(&payment_url.unwrap_or(opened.checkout.order.landing_return_url.0))
}

/// Receives the returning customer
///
/// Vipps MobilePay sends the customer here whatever the outcome of the payment, perhaps in another browser than the one in which it began.
/// The proxy redirects to the shop's page with the token in the query parameter `kvitt`, or shows the state of the order.
#[utoipa::path(get, path = "/return/{token}", operation_id = "come_back", tag = "browser", params(("token" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String, description = "The state of the order"),
    ForBrowser, NotFoundPage,
    (status = 303, description = "To the shop's page"),
))]
async fn land(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let found = app.find(&token).await.map_err(ApiError::as_page)?;
    trace::of_checkout(&found.checkout).in_scope(|| tracing::debug!("customer returned"));
    signal_return(&app, &found).await;
    if let Some(url) = &found.checkout.order.return_url {
        return see_other(&return_url::with_token(url, &token));
    }
    let attempt = found.checkout.current();
    let number_expected = attempt.state == PaymentState::Authorized && found.checkout.may_know_customer(attempt);
    let more = !attempt.state.is_final() || (number_expected && found.checkout.customer.is_none());
    let order = &found.checkout.order;
    let shop_url = &app.front(&order.cart.sales_unit).url;
    let ended = !found.checkout.is_payable(clock::now());
    let page = pages::order(&found.snapshot(), order.language, shop_url, more, ended);
    Ok(page.into_response())
}

/// Shows the order of the return page that links here
///
/// For a browser without JavaScript: a static page cannot write the token into a link, but a link with `referrerpolicy="unsafe-url"` sends the
/// page's own address along, and the token is in it. Redirects to the order's page.
#[utoipa::path(get, path = "/return", operation_id = "show_order_of_page", tag = "browser", params(
    ("referer" = Option<String>, Header, description = "The address of the return page, with the query parameter `kvitt`")), responses(
    ForBrowser, NotFoundPage,
    (status = 303, description = "To the order's page"),
))]
async fn show_order_of_page(headers: HeaderMap) -> Result<Response> {
    let page = headers.get(header::REFERER).and_then(|page| page.to_str().ok()).unwrap_or_default();
    let token = return_url::token_of(page).filter(|token| token::decode(token).is_some());
    see_other(&format!("pay/{}", token.ok_or(ApiError::not_found().as_page())?))
}

/// Has the payment polled, since the webhook may have been lost. The customer goes on even when the signal cannot be committed.
async fn signal_return(app: &App, found: &Found) {
    let attempt = found.checkout.current();
    if !attempt.state.is_final() || attempt.state == PaymentState::Authorized {
        let input = Input::Payment(attempt.reference.clone(), Update::Signal);
        if let Err(error) = app.ledger.apply(found.checkout.id, input, Cause::Request).await {
            tracing::warn!(checkout = %found.checkout.id, reference = %attempt.reference, %error, "return not committed");
        }
    }
}

/// The problem with a form that cannot be parsed.
pub(super) fn malformed(rejection: FormRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::unsupported_media_type("application/x-www-form-urlencoded"),
        _ => ApiError::malformed(rejection.body_text()),
    }
}

/// A redirect to a URL that may contain a token. The layers' `no-referrer` and `no-store` keep it out of referrers and caches.
pub(super) fn see_other(url: &str) -> Result<Response> {
    let location = HeaderValue::from_str(url).map_err(|_| ApiError::internal())?;
    let headers = HeaderMap::from_iter([(header::LOCATION, location)]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
