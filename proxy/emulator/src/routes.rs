//! The paths of the real host, and beside them the pages and the control API.
//!
//! Each module here is one of the APIs and exports its routes; this file only puts them together. Handlers read headers
//! and body through `gate`, change the state in one go and write the answer.

mod epayment;
mod order_management;
mod qr_codes;
mod token;
mod userinfo;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::problem::Problem;
use crate::{Shared, control, gate, pages, qr};

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .merge(token::routes())
        .merge(epayment::routes())
        .merge(order_management::routes())
        .merge(webhooks::routes())
        .merge(userinfo::routes())
        .merge(qr_codes::routes())
        .fallback(unknown_path)
        .layer(from_fn_with_state(shared.clone(), gate::watch));
    let beside = Router::new().merge(pages::routes()).merge(qr::routes()).merge(control::routes());
    beside.fallback_service(api.with_state(shared.clone())).with_state(shared)
}

async fn unknown_path(uri: Uri) -> Problem {
    tracing::debug!(path = uri.path(), "unknown path");
    Problem::gateway(404, "There is nothing at this path")
}

fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
