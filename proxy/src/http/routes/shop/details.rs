//! What the customer finds in the app beside the payment: a link to the shop's page on the order, and pictures for it.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imagesize::ImageType;
use kvitt_wire::{NewCategory, NewImage, Problem, ShopImage, ShopOrder};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{order_of, shown};
use crate::access::shop_key::ShopKey;
use crate::checkout::category::Category;
use crate::checkout::operation::Outcome;
use crate::checkout::{Checkout, Input, Private};
use crate::http::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::{ApiError, Code, Result};
use crate::store::Cause;
use crate::vendor::perform::Uploaded;

/// The most that a picture may have, in bytes.
const MOST_BYTES: usize = 2_000_000;
/// The least height of a picture, in pixels.
const LEAST_HEIGHT: usize = 167;
/// A picture in base64, and what is around it.
const MOST_BODY: usize = MOST_BYTES / 3 * 4 + 4_096;
const LONGEST_ID: usize = 128;
const LONGEST_URL: usize = 2_000;

pub(super) fn router() -> OpenApiRouter<App> {
    let pictures = OpenApiRouter::new().routes(routes!(upload)).layer(DefaultBodyLimit::max(MOST_BODY));
    OpenApiRouter::new().routes(routes!(categorize)).merge(pictures)
}

/// Gives a paid order its link in the app
///
/// An order confirmation, a parcel to follow, a receipt, a ticket, a booking. An order has one: a new one takes its place. While Vipps
/// MobilePay does not answer it is `pending`, and done later; it moves no money.
#[utoipa::path(post, path = "/v1/shop/orders/{reference}/category", operation_id = "categorize_order", tag = "shop",
    params(("reference" = String, Path)), security(("shop_key" = [])), request_body = NewCategory, responses(
    (status = 200, body = ShopOrder),
    (status = 202, body = ShopOrder, description = "Written down, and still `pending`: ask for the order again"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 409, body = Problem, content_type = "application/problem+json",
        description = "`not_paid`; `operation_refused`: `detail` says what to do, such as to upload the picture first"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_details_url`, `bad_image`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn categorize(
    State(app): State<App>,
    key: ShopKey,
    Path(reference): Path<String>,
    Json(body): Json<NewCategory>,
) -> Result<(StatusCode, axum::Json<ShopOrder>)> {
    let stored = order_of(&app, &key, &reference).await?;
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
    let checkout = app.ledger.apply(stored.checkout.id, Input::Categorize(category), Cause::Request).await?;
    let checkout = app.wait_until(checkout, |checkout| outcome(checkout) != Some(&Outcome::Pending)).await;
    let status = match outcome(&checkout) {
        Some(Outcome::Refused { trouble }) => return Err(ApiError::operation_refused(trouble)),
        Some(Outcome::Done) => StatusCode::OK,
        Some(Outcome::Pending) | None => StatusCode::ACCEPTED,
    };
    Ok((status, axum::Json(shown(&app, &checkout, shared))))
}

/// Uploads a picture for the app
///
/// To be named by `image_id` of a category. A name is taken for good: derive it from the picture.
#[utoipa::path(post, path = "/v1/shop/images", operation_id = "upload_image", tag = "shop", security(("shop_key" = [])),
    request_body = NewImage, responses(
    (status = 200, body = ShopImage),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "`malformed_json`"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "`operation_refused`: `detail` says what to do"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "`unsupported_media_type`"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "`bad_image`, `unknown_sales_unit`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: Vipps MobilePay does not answer; try again"),
))]
async fn upload(State(app): State<App>, key: ShopKey, Json(body): Json<NewImage>) -> Result<axum::Json<ShopImage>> {
    let asked = body.sales_unit.as_deref().or(key.sales_unit.as_deref());
    let unit = app.units.find(asked).filter(|unit| key.may_access(&unit.name)).ok_or(ApiError::unknown_sales_unit())?;
    let picture = picture(&body).map_err(|wrong| ApiError::new(Code::BadImage).detail(wrong))?;
    let already_there = match app.performer.upload(&unit.name, &body.id, &picture).await {
        Ok(Uploaded::Now) => false,
        Ok(Uploaded::Already) => true,
        Ok(Uploaded::Refused { trouble }) => return Err(ApiError::operation_refused(&trouble)),
        Err(unseen) => {
            tracing::warn!(error = unseen.reason, "picture not uploaded");
            return Err(ApiError::busy());
        }
    };
    Ok(axum::Json(ShopImage { id: body.id, already_there }))
}

fn outcome(checkout: &Checkout) -> Option<&Outcome> {
    checkout.current().category.as_ref().map(|categorized| &categorized.outcome)
}

fn https(url: &str) -> Result<String> {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https" && url.len() <= LONGEST_URL);
    parsed.map(String::from).ok_or(ApiError::new(Code::BadDetailsUrl))
}

fn is_image_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
}

/// The picture, or what is wrong with it: checked here, since the vendor keeps a name for good.
fn picture(body: &NewImage) -> std::result::Result<Vec<u8>, &'static str> {
    if !is_image_id(&body.id) {
        return Err("id must be 1 to 128 letters, digits, -, _ and .");
    }
    let picture = STANDARD.decode(&body.data).map_err(|_| "data must be base64")?;
    if picture.len() > MOST_BYTES {
        return Err("the picture must have at most 2 MB");
    }
    if !matches!(imagesize::image_type(&picture), Ok(ImageType::Png | ImageType::Jpeg)) {
        return Err("the picture must be a PNG or a JPEG");
    }
    let size = imagesize::blob_size(&picture).map_err(|_| "the picture does not read")?;
    if size.height < LEAST_HEIGHT { Err("the picture must be at least 167 pixels high") } else { Ok(picture) }
}
