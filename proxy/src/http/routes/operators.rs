//! The routes for operators: liveness, readiness, metrics, and the API's description.
//!
//! Readiness and metrics are for operators only: on the listener of `metrics.listen` where it is set, and otherwise for clients on this machine.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use kvitt_wire::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description;
use crate::base::clock;
use crate::http::app::App;
use crate::http::files::Document;
use crate::http::problem::{ApiError, Result};
use crate::http::ready;
use crate::observe::metrics::Gauges;
use crate::store;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(openapi))
}

/// The routes that only operators should reach.
pub(super) fn internal() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(readyz)).routes(routes!(metrics))
}

/// Checks that the process is alive
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = String, description = "`ok`: the process is alive")))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Checks that the proxy is ready: the database answers, the queues move, the disk has space
#[utoipa::path(get, path = "/readyz", tag = "operators", responses(
    (status = 200, body = String, description = "`ok`: the proxy is ready"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`not_ready`: `detail` names the checks that fail"),
))]
async fn readyz(State(app): State<App>) -> Result<&'static str> {
    let checks = async { Ok::<_, ApiError>(ready::failed_checks(&app).await) };
    let failed = app.unready.get(checks).await?;
    if failed.is_empty() { Ok("ok\n") } else { Err(ApiError::not_ready(failed.join("; "))) }
}

/// Reports the metrics, as OpenMetrics text
#[utoipa::path(get, path = "/metrics", tag = "operators", responses(
    (status = 200, content_type = "application/openmetrics-text", body = String, description = "The metrics"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: the database does not answer"),
))]
async fn metrics(State(app): State<App>) -> Result<Response> {
    let gauges = app.gauges.get(gauges(&app)).await?;
    let text = app.metrics.render(&gauges).map_err(|_| ApiError::internal())?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

async fn gauges(app: &App) -> std::result::Result<Gauges, store::Error> {
    let now = clock::now();
    let readings = app.store.gauges().await?;
    let registered = app.registrations.checked(&readings);
    let registered = registered.map(|(unit, found)| (unit.to_owned(), found.is_some_and(|found| found.value == 1)));
    Ok(Gauges {
        registered: registered.collect(),
        trusted: app.units.iter().map(|unit| (unit.name.clone(), app.trusts.is_earned(&unit.name))).collect(),
        clock_ahead_ms: app.performer.reference().ahead_ms(),
        depths: app.store.depths(now).await?,
        relay: app.store.relay_depths(now).await?,
        inbox_age_ms: app.store.inbox_age_ms(now).await?.unwrap_or_default(),
        phases: app.store.phases().await?,
        readings,
        reconciled: app.store.last_comparison().await?.map(|last| (last.begun_at.0, last.drift)),
        subscribers: app.hub.subscribers(),
    })
}

/// Returns this description
#[utoipa::path(get, path = "/openapi.json", tag = "operators", responses(
    (status = 200, content_type = "application/json", body = Object, description = "This description"),
))]
async fn openapi(State(app): State<App>, headers: HeaderMap) -> Response {
    let served = || Document::new(description::served_at(&app.http.public_url, super::openapi_json()));
    let own = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    app.description.get_or_init(served).response(&headers, own)
}
