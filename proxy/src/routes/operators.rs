//! For operators and their machines: is it alive, is it ready, what does it count, what does it speak.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kvitt_wire::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Result};
use crate::outage;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(openapi))
}

/// The process is alive
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = String)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers
#[utoipa::path(get, path = "/readyz", tag = "operators", responses(
    (status = 200, body = String),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`"),
))]
async fn readyz(State(app): State<App>) -> Result<&'static str> {
    app.store.ping().await.map_err(|error| {
        outage::report(&error, "not ready");
        ApiError::busy()
    })?;
    Ok("ok\n")
}

/// Counts and depths, in OpenMetrics text
#[utoipa::path(get, path = "/metrics", tag = "operators", responses(
    (status = 200, content_type = "application/openmetrics-text", body = String),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: the database does not answer"),
))]
async fn metrics(State(app): State<App>) -> Result<Response> {
    let depths = app.store.depths(clock::now()).await?;
    let phases = app.store.phases().await?;
    let text = app.metrics.render(depths, phases, app.hub.watchers()).map_err(|_| ApiError::internal())?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "operators", responses(
    (status = 200, content_type = "application/json", body = String),
))]
async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], super::openapi_json())
}
