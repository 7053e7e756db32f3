//! What the app shows beside a payment: a category with a link to the shop's page about the order, and images for it.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imagesize::ImageType;
use kvitt_wire::{NewCategory, NewImage, Problem, ShopImage, ShopOrder};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, find_order, order_view};
use crate::access::rights::Categorize;
use crate::access::token::Found;
use crate::checkout::category::Category;
use crate::checkout::operation::Outcome;
use crate::checkout::{Checkout, Input, Private};
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Code, Result};
use crate::http::routes::responses::{ForShop, JsonBody, NotFound};
use crate::store::Cause;
use crate::vendor::perform::Uploaded;

/// The largest image, in bytes.
const MAX_IMAGE_BYTES: usize = 2_000_000;
/// The smallest height of an image, in pixels.
const MIN_HEIGHT: usize = 167;
/// The largest body: an image in base64, with line breaks, and the JSON around it.
const MAX_BODY_BYTES: usize = MAX_IMAGE_BYTES / 2 * 3;
const MAX_ID_LENGTH: usize = 128;
const MAX_URL_LENGTH: usize = 2_000;

pub(super) fn router() -> OpenApiRouter<App> {
    let images = OpenApiRouter::new().routes(routes!(upload)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    OpenApiRouter::new().routes(routes!(categorize)).merge(images)
}

/// Sets an order's category and link in the app
///
/// For example an order confirmation, a tracked parcel, a receipt, a ticket or a booking. The order must be paid. An order has one category; a
/// new one replaces it. While Vipps MobilePay does not answer, the category is `pending`; the proxy retries. No money moves.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/category", operation_id = "categorize_order", tag = "shop",
    params(("reference" = String, Path)), security(("shop_key" = [])), request_body = NewCategory, responses(
    (status = 200, body = ShopOrder, description = "Done"),
    (status = 202, body = ShopOrder, description = "Accepted, and still `pending`: read the order later"),
    ForShop<Categorize>, JsonBody, NotFound,
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_paid`; `operation_refused`: `detail` says what to do, for example upload the image first"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_details_url`, `bad_image`"),
))]
async fn categorize(
    State(app): State<App>,
    key: Caller<Categorize>,
    Path(reference): Path<String>,
    Json(body): Json<NewCategory>,
) -> Result<(StatusCode, axum::Json<ShopOrder>)> {
    let stored = find_order(&app, &key, &reference).await?;
    let NewCategory { category, details_url, image_id } = body;
    if image_id.as_deref().is_some_and(|id| !is_image_id(id)) {
        return Err(ApiError::new(Code::BadImage).detail("image_id must be letters, digits, -, _ and ."));
    }
    let own_page = details_url.is_none();
    let details_url = match details_url {
        Some(url) => Private(https(&url)?),
        None => stored.checkout.order.landing_return_url.clone(),
    };
    let category = Category { name: category, details_url, own_page, image_id };
    let shared = stored.shared();
    let mut found = Found::new(stored.checkout, stored.secret);
    found.subscription = Some(app.hub.subscribe(found.checkout.id));
    found.checkout =
        app.ledger.apply_by(found.checkout.id, Input::Categorize(category), Cause::Request, &key.by).await?;
    app.wait_until(&mut found, |checkout| outcome(checkout) != Some(&Outcome::Pending)).await;
    let checkout = found.checkout;
    let status = match outcome(&checkout) {
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble)),
        Some(Outcome::Done) => StatusCode::OK,
        Some(Outcome::Pending) | None => StatusCode::ACCEPTED,
    };
    Ok((status, axum::Json(order_view(&app, &checkout, shared))))
}

/// Uploads an image for the app
///
/// A category refers to it by `image_id`. Vipps MobilePay never replaces the image of an id: derive the id from the image, for example by a hash.
#[utoipa::path(post, path = "/v1/shop/images", operation_id = "upload_image", tag = "shop", security(("shop_key" = [])),
    request_body = NewImage, responses(
    (status = 200, body = ShopImage, description = "Uploaded now or before"),
    ForShop<Categorize>, JsonBody,
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`operation_refused`: `detail` says what to do"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_image`, `unknown_sales_unit`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: Vipps MobilePay does not answer; try again"),
))]
async fn upload(
    State(app): State<App>,
    key: Caller<Categorize>,
    Json(body): Json<NewImage>,
) -> Result<axum::Json<ShopImage>> {
    let requested = body.sales_unit.as_deref().or(key.sales_unit.as_deref());
    let unit =
        app.units.find(requested).filter(|unit| key.may_access(&unit.name)).ok_or(ApiError::unknown_sales_unit())?;
    let image = decode(&body).map_err(|wrong| ApiError::new(Code::BadImage).detail(wrong))?;
    let already_there = match app.performer.upload(&unit.name, &body.id, &image).await {
        Ok(Uploaded::Now) => false,
        Ok(Uploaded::Already) => true,
        Ok(Uploaded::Refused { trouble }) => return Err(ApiError::operation_refused(&trouble)),
        Err(unseen) => {
            tracing::warn!(error = unseen.reason, "image not uploaded");
            return Err(ApiError::busy());
        }
    };
    Ok(axum::Json(ShopImage { id: body.id, already_there }))
}

fn outcome(checkout: &Checkout) -> Option<&Outcome> {
    checkout.current().category.as_ref().map(|categorized| &categorized.outcome)
}

fn https(url: &str) -> Result<String> {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https" && url.len() <= MAX_URL_LENGTH);
    parsed.map(String::from).ok_or(ApiError::new(Code::BadDetailsUrl))
}

fn is_image_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_ID_LENGTH).contains(&id.len()) && id.bytes().all(plain)
}

/// The image, or what is wrong with it. The proxy checks it, since Vipps MobilePay never replaces the image of an id.
fn decode(body: &NewImage) -> std::result::Result<Vec<u8>, &'static str> {
    if !is_image_id(&body.id) {
        return Err("id must be 1 to 128 letters, digits, -, _ and .");
    }
    // Many encoders break lines (RFC 2045, section 6.8).
    let data: Vec<u8> = body.data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let image = STANDARD.decode(data).map_err(|_| "data must be base64")?;
    if image.len() > MAX_IMAGE_BYTES {
        return Err("the image must have at most 2 MB");
    }
    if !matches!(imagesize::image_type(&image), Ok(ImageType::Png | ImageType::Jpeg)) {
        return Err("the image must be a PNG or a JPEG");
    }
    let size = imagesize::blob_size(&image).map_err(|_| "the image cannot be parsed")?;
    if size.height < MIN_HEIGHT { Err("the image must be at least 167 pixels high") } else { Ok(image) }
}
