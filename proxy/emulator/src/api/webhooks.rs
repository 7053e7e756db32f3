//! Webhooks: register, list, delete. Only the answer to the registration has the secret.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use serde_json::{Value, json};

use super::reply::json_reply;
use crate::gateway::{KEY_ONLY, body, caller};
use crate::problem::Problem;
use crate::shared::Shared;
use crate::state::url_is_accepted;

const PATH: &str = "/v1/webhooks";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/webhooks/v1/webhooks", get(list).post(register))
        .route("/webhooks/v1/webhooks/{id}", delete(remove))
}

async fn register(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let request = body("webhook-registration", &headers, &bytes).map_err(|found| Problem::invalid(&found, PATH))?;
    let url = request["url"].as_str().unwrap_or_default();
    let mut events: Vec<String> =
        request["events"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    events.sort();
    events.dedup();
    let (id, secret) = shared.change(|state| {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if !is_web || !url_is_accepted(url, state.options.http_on_loopback) {
            return Err(Problem::invalid_field("url", "must be an https URL", PATH));
        }
        state.webhooks.register(unit.msn, url, events).map_err(|event| {
            Problem::invalid_field("events", &format!("there are too many registrations for {event}"), PATH)
        })
    })?;
    Ok(json_reply(201, &json!({ "id": id, "secret": secret })))
}

async fn list(Shares(shared): Shares<Arc<Shared>>, headers: HeaderMap) -> Result<Response, Problem> {
    let unit = caller(&shared, &headers, PATH, KEY_ONLY)?;
    let webhooks: Value = shared.read(|state| {
        state.webhooks.of(unit.msn).map(|r| json!({ "id": r.id, "url": r.url, "events": r.events })).collect()
    });
    Ok(json_reply(200, &json!({ "webhooks": webhooks })))
}

async fn remove(
    Shares(shared): Shares<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let path = format!("{PATH}/{id}");
    let unit = caller(&shared, &headers, &path, KEY_ONLY)?;
    if uuid::Uuid::parse_str(&id).is_err() {
        return Err(Problem::invalid_field("id", "must be a UUID", &path));
    }
    if shared.change(|state| state.webhooks.delete(unit.msn, &id)) {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problem { status: 404, ..Problem::invalid_field("id", "is not a registration", &path) })
    }
}
