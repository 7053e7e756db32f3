//! Merchant-redirect QR codes: made to be printed, with a target that the merchant can change.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::reply::json_reply;
use crate::gateway::{KEY_ONLY, body, caller, text};
use crate::problem::Problem;
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{State, url_is_accepted};

const PATH: &str = "/v1/merchant-redirect";
const PICTURE: &str = "qr-code.png";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/qr/v1/merchant-redirect", get(list).post(create))
        .route("/qr/v1/merchant-redirect/{id}", get(read).put(update).delete(remove))
}

/// The code as the API shows it. `url` is the link to its picture, or what the picture says.
fn shown(shared: &Shared, state: &State, unit: &SalesUnit, id: &str, link: &str) -> Option<Value> {
    let (target, ends) = state.qr_codes.get(&(unit.msn.to_owned(), id.to_owned()))?;
    let expires_in = ends.map_or(-1, |ends| ends.duration_since(state.now()).as_secs());
    if ends.is_some() && expires_in <= 0 {
        return None;
    }
    let mut url = reqwest::Url::parse(&format!("{}/{link}", shared.links(state, unit))).ok()?;
    url.query_pairs_mut().append_pair("msn", unit.msn).append_pair("id", id);
    Some(json!({ "id": id, "url": url.as_str(), "redirectUrl": target, "expiresIn": expires_in }))
}

/// The link that the `Accept` header asks for.
fn link(headers: &HeaderMap) -> &'static str {
    match text(headers, "accept").unwrap_or_default() {
        accept if accept.contains("image/svg+xml") => "qr-code.svg",
        accept if accept.contains("text/targetUrl") => "qr",
        _ => PICTURE,
    }
}

async fn create(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let request = body("merchant-redirect-qr", &headers, &bytes).map_err(|found| Problem::invalid(&found, PATH))?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let (id, target) = (text("id"), text("redirectUrl"));
    let created = shared.change(|state| {
        if !url_is_accepted(&target, state.options.http_on_loopback) {
            return Err(Problem::invalid_field("redirectUrl", "must be an https URL", PATH));
        }
        if shown(&shared, state, unit, &id, PICTURE).is_some() {
            return Err(Problem { status: 409, ..Problem::invalid_field("id", "is taken", PATH) });
        }
        let ttl = request["ttl"].as_i64().map(SignedDuration::from_secs);
        let ends = ttl.and_then(|ttl| state.now().checked_add(ttl).ok());
        state.qr_codes.insert((unit.msn.to_owned(), id.clone()), (target, ends));
        Ok(shown(&shared, state, unit, &id, link(&headers)).unwrap_or_default())
    })?;
    Ok(json_reply(200, &created))
}

/// All codes of the sales unit.
async fn list(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let codes: Value = shared.read(|state| {
        let mut ids: Vec<_> = state.qr_codes.keys().filter(|(msn, _)| msn == unit.msn).map(|(_, id)| id).collect();
        ids.sort();
        ids.into_iter().filter_map(|id| shown(&shared, state, unit, id, link(&headers))).collect()
    });
    Ok(json_reply(200, &codes))
}

async fn read(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let found = shared.read(|state| shown(&shared, state, unit, &id, link(&headers)));
    found.map(|found| json_reply(200, &found)).ok_or_else(|| unknown(&id))
}

/// Changes the target of a code; the printed picture stays the same.
async fn update(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let wish = body("merchant-redirect-qr-update", &headers, &bytes).map_err(|found| Problem::invalid(&found, PATH))?;
    let target = wish["redirectUrl"].as_str().unwrap_or_default().to_owned();
    let updated = shared.change(|state| {
        if !url_is_accepted(&target, state.options.http_on_loopback) {
            return Err(Problem::invalid_field("redirectUrl", "must be an https URL", PATH));
        }
        if shown(&shared, state, unit, &id, PICTURE).is_none() {
            return Err(unknown(&id));
        }
        state.qr_codes.entry((unit.msn.to_owned(), id.clone())).and_modify(|code| code.0 = target);
        Ok(shown(&shared, state, unit, &id, link(&headers)).unwrap_or_default())
    })?;
    Ok(json_reply(200, &updated))
}

async fn remove(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let removed = shared.change(|state| state.qr_codes.remove(&(unit.msn.to_owned(), id.clone())));
    removed.map(|_| StatusCode::OK.into_response()).ok_or_else(|| unknown(&id))
}

fn unknown(id: &str) -> Problem {
    Problem { status: 404, ..Problem::invalid_field("id", "is not a QR code", &format!("{PATH}/{id}")) }
}
