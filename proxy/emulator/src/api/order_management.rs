//! Order Management: receipts (once), categories (overwritten), images (never overwritten), and reading them back.
//!
//! As in the real API, nothing checks that the order exists: a receipt may come before its payment, or without one.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::json_reply;
use crate::contract::Violation;
use crate::gateway::{LONG_SYSTEM, body, caller};
use crate::problem::Problem;
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{receipt_violations, url_is_accepted};

/// The largest image, in bytes after decoding.
const MOST_IMAGE: usize = 2 * 1024 * 1024;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/order-management/v2/{kind}/receipts/{order}", post(add_receipt))
        .route("/order-management/v2/{kind}/categories/{order}", put(set_category))
        .route("/order-management/v2/{kind}/{order}", get(read))
        .route("/order-management/v1/images", post(add_image))
}

fn invalid_field(name: &str, reason: &str) -> Problem {
    invalid(&[Violation { name: name.to_owned(), reason: reason.to_owned() }])
}

fn invalid(found: &[Violation]) -> Problem {
    Problem::order(400, "The request breaks its contract", found)
}

/// The order in the path, if its parts are valid.
fn order(unit: &SalesUnit, kind: &str, order: &str) -> Result<(String, String), Problem> {
    if !["ecom", "recurring"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(invalid_field("paymentType", "must be ecom or recurring"));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if order.is_empty() || !order.chars().all(is_plain) {
        return Err(invalid_field("orderId", "must be letters, digits, '-', '_' and '.'"));
    }
    Ok((unit.msn.to_owned(), order.to_owned()))
}

async fn add_receipt(
    Shares(shared): Shares<Arc<Shared>>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, "/receipts", LONG_SYSTEM)?;
    let order = order(unit, &kind, &id)?;
    let receipt = body("receipt", &headers, &bytes).map_err(|found| invalid(&found))?;
    let found = receipt_violations(&receipt, "");
    if !found.is_empty() {
        return Err(invalid(&found));
    }
    shared.change(|state| {
        if state.receipts.contains_key(&order) {
            return Err(Problem::order(409, "The order has its receipt already", &[]));
        }
        state.receipts.insert(order, receipt);
        Ok(())
    })?;
    Ok(json_reply(201, &json!(Uuid::new_v4().to_string())))
}

async fn set_category(
    Shares(shared): Shares<Arc<Shared>>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, "/categories", LONG_SYSTEM)?;
    let order = order(unit, &kind, &id)?;
    let category = body("category", &headers, &bytes).map_err(|found| invalid(&found))?;
    shared.change(|state| {
        let url = category["orderDetailsUrl"].as_str().unwrap_or_default();
        if !url_is_accepted(url, state.options.http_on_loopback) {
            return Err(invalid_field("orderDetailsUrl", "must be an https URL"));
        }
        if let Some(image) = category["imageId"].as_str()
            && !state.images.contains(&(unit.msn.to_owned(), image.to_owned()))
        {
            return Err(invalid_field("imageId", "is not an image that was added"));
        }
        state.categories.insert(order, category.clone());
        Ok(())
    })?;
    Ok(json_reply(200, &json!(Uuid::new_v4().to_string())))
}

async fn read(
    Shares(shared): Shares<Arc<Shared>>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, "/orders", LONG_SYSTEM)?;
    let order = order(unit, &kind, &id)?;
    let found = shared.read(|state| {
        let mut found = serde_json::Map::new();
        found.extend(state.categories.get(&order).map(|category| ("category".to_owned(), category.clone())));
        found.extend(state.receipts.get(&order).map(|receipt| ("receipt".to_owned(), receipt.clone())));
        found
    });
    if found.is_empty() {
        return Err(Problem::order(404, "Nothing is known of this order", &[]));
    }
    Ok(json_reply(200, &Value::Object(found)))
}

async fn add_image(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, "/images", LONG_SYSTEM)?;
    let image = body("image", &headers, &bytes).map_err(|found| invalid(&found))?;
    let data = STANDARD
        .decode(image["src"].as_str().unwrap_or_default())
        .map_err(|_| invalid_field("src", "must be base64"))?;
    if data.len() > MOST_IMAGE {
        return Err(invalid_field("src", "must have at most 2 MB"));
    }
    if !data.starts_with(b"\x89PNG\r\n\x1a\n") && !data.starts_with(b"\xff\xd8\xff") {
        return Err(invalid_field("src", "must be a PNG or a JPEG"));
    }
    let id = image["imageId"].as_str().unwrap_or_default().to_owned();
    let is_new = shared.change(|state| state.images.insert((unit.msn.to_owned(), id.clone())));
    if !is_new {
        return Err(Problem::order(409, "An image has this id already", &[]));
    }
    Ok(json_reply(200, &json!({ "imageId": id })))
}
