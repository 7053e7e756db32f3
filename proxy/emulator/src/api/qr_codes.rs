//! Merchant-redirect QR codes: made to be printed, with a target that the merchant can change.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::reply::json_reply;
use crate::gateway::{KEY_ONLY, body, caller, text};
use crate::problem::Problem;
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{State, url_is_accepted};

const PATH: &str = "/v1/merchant-redirect";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/qr/v1/merchant-redirect", post(create))
        .route("/qr/v1/merchant-redirect/{id}", get(read).delete(remove))
}

/// The code as the API shows it. `url` is the link to its picture.
fn shown(shared: &Shared, state: &State, unit: &SalesUnit, id: &str, kind: &str) -> Option<Value> {
    let (target, ends) = state.qr_codes.get(&(unit.msn.to_owned(), id.to_owned()))?;
    let expires_in = ends.map_or(-1, |ends| ends.duration_since(state.now()).as_secs());
    if ends.is_some() && expires_in <= 0 {
        return None;
    }
    let mut url = reqwest::Url::parse(&format!("{}/qr-code.{kind}", shared.links(state, unit))).ok()?;
    url.query_pairs_mut().append_pair("msn", unit.msn).append_pair("id", id);
    Some(json!({ "id": id, "url": url.as_str(), "redirectUrl": target, "expiresIn": expires_in }))
}

/// The kind of picture that the `Accept` header asks for.
fn kind(headers: &HeaderMap) -> &'static str {
    if text(headers, "accept").is_some_and(|accept| accept.contains("image/svg+xml")) { "svg" } else { "png" }
}

async fn create(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let request = body("merchant-redirect-qr", &headers, &bytes).map_err(|found| Problem::invalid(&found, PATH))?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let (id, target) = (text("id"), text("redirectUrl"));
    let created = shared.change(|state| {
        if !url_is_accepted(&target, state.options.strict) {
            return Err(Problem::invalid_field("redirectUrl", "must be an https URL", PATH));
        }
        if shown(&shared, state, unit, &id, "png").is_some() {
            return Err(Problem { status: 409, ..Problem::invalid_field("id", "is taken", PATH) });
        }
        let ttl = request["ttl"].as_i64().map(SignedDuration::from_secs);
        let ends = ttl.and_then(|ttl| state.now().checked_add(ttl).ok());
        state.qr_codes.insert((unit.msn.to_owned(), id.clone()), (target, ends));
        Ok(shown(&shared, state, unit, &id, kind(&headers)).unwrap_or_default())
    })?;
    Ok(json_reply(200, &created))
}

async fn read(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let found = shared.read(|state| shown(&shared, state, unit, &id, kind(&headers)));
    found.map(|found| json_reply(200, &found)).ok_or_else(|| unknown(&id))
}

async fn remove(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let removed = shared.change(|state| state.qr_codes.remove(&(unit.msn.to_owned(), id.clone())));
    removed.map(|_| StatusCode::NO_CONTENT.into_response()).ok_or_else(|| unknown(&id))
}

fn unknown(id: &str) -> Problem {
    Problem { status: 404, ..Problem::invalid_field("id", "is not a QR code", &format!("{PATH}/{id}")) }
}
