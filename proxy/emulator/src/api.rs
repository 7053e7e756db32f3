//! The merchant's APIs, at the paths of the real host: one file each, which exports its routes. A handler reads headers and body through
//! `gateway`, changes the state in one step and writes the answer. No handler has a rule about payments: those are in `state`.

mod epayment;
mod order_management;
mod qr_codes;
mod reply;
mod token;
mod userinfo;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;

use crate::problem::Problem;
use crate::shared::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(token::routes())
        .merge(epayment::routes())
        .merge(order_management::routes())
        .merge(webhooks::routes())
        .merge(userinfo::routes())
        .merge(qr_codes::routes())
        .fallback(unknown_path)
}

async fn unknown_path(uri: Uri) -> Problem {
    tracing::debug!(path = uri.path(), "unknown path");
    Problem::gateway(404, "There is nothing at this path")
}
