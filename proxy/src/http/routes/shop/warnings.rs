//! What wants a person, from what the doctor and the metrics read: deadlines, drift, effects that stand still, webhooks that do not come,
//! endpoints that do not hear. It only looks.

use axum::extract::State;
use kvitt_wire::{Problem, ShopWarning, ShopWarnings};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::shop_key::ShopKey;
use crate::base::clock;
use crate::http::app::App;
use crate::http::problem::Result;
use crate::observe::metrics::WEBHOOK_REGISTERED;
use crate::store;
use crate::store::queues::EffectFilter;
use crate::vendor::captures::Urgency;
use crate::vendor::reconcile::Report;

/// Of each kind.
const MOST: usize = 100;
/// So many parked effects are read to find those.
const MOST_READ: u32 = 10_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists what wants a person
///
/// Money whose guarantee ends, payments that the books differ about, what could not be done, webhooks that do not come, endpoints that do
/// not hear. Nothing means that all is well.
#[utoipa::path(get, path = "/v1/shop/warnings", operation_id = "list_warnings", tag = "shop", security(("shop_key" = [])), responses(
    (status = 200, body = ShopWarnings),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`unauthorized`"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "`rate_limited`"),
    (status = 503, body = Problem, content_type = "application/problem+json",
        description = "`busy`: the database does not answer; try again"),
))]
async fn list(State(app): State<App>, key: ShopKey) -> Result<axum::Json<ShopWarnings>> {
    // What others' sales units have must not crowd out one's own.
    let own = |warnings: Vec<ShopWarning>| {
        let known = |warning: &ShopWarning| warning.sales_unit.as_deref().is_none_or(|unit| key.may_access(unit));
        warnings.into_iter().filter(known).take(MOST).collect::<Vec<_>>()
    };
    let mut warnings = own(deadlines(&app).await?);
    warnings.extend(own(drift(&app).await?));
    warnings.extend(own(parked(&app).await?));
    warnings.extend(own(webhooks(&app).await?));
    if key.sales_unit.is_none() {
        warnings.extend(endpoints(&app).await?);
    }
    Ok(axum::Json(ShopWarnings { warnings }))
}

fn about(kind: &str, detail: impl Into<String>) -> ShopWarning {
    let (kind, detail) = (kind.to_owned(), detail.into());
    ShopWarning { kind, detail, reference: None, sales_unit: None, endpoint: None, at_ms: None }
}

async fn deadlines(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let deadlines = app.captures.deadlines(&app.store, clock::now()).await?;
    let warned = deadlines.into_iter().filter_map(|(_, deadline)| {
        let (kind, detail) = match deadline.urgency {
            Urgency::Overdue => {
                ("capture_overdue", "reserved and not guaranteed any more: capture it now, or let it go")
            }
            Urgency::Due => ("capture_due", "its guarantee ends soon: capture it, or let it go"),
            Urgency::Later => return None,
        };
        Some(ShopWarning {
            reference: Some(deadline.reservation.reference.to_string()),
            sales_unit: Some(deadline.reservation.sales_unit),
            at_ms: Some(deadline.capture_by.0),
            ..about(kind, detail)
        })
    });
    Ok(warned.collect())
}

async fn drift(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let Some(last) = app.store.last_comparison().await? else { return Ok(Vec::new()) };
    let report: Report = serde_json::from_str(&last.report)?;
    let drift = report.drift.into_iter().map(|drift| ShopWarning {
        reference: Some(drift.reference),
        sales_unit: Some(drift.sales_unit),
        at_ms: Some(last.begun_at.0),
        ..about(
            "drift",
            "our books and those of Vipps MobilePay differ about it: `kvitt reconcile --last` says in what",
        )
    });
    Ok(drift.collect())
}

async fn parked(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let parked = app.store.effects(EffectFilter::Parked, MOST_READ).await?;
    let parked = parked.into_iter().map(|effect| ShopWarning {
        reference: effect.reference,
        sales_unit: Some(effect.sales_unit),
        at_ms: Some(effect.created_at.0),
        ..about("parked", format!("{} could not be done: `kvitt outbox list --parked` says why", effect.kind))
    });
    Ok(parked.collect())
}

async fn webhooks(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let readings = app.store.gauges().await?;
    let missing = readings.into_iter().filter(|reading| reading.name == WEBHOOK_REGISTERED && reading.value == 0);
    let missing = missing.map(|reading| ShopWarning {
        sales_unit: Some(reading.label),
        at_ms: Some(reading.read_at.0),
        ..about(
            "webhooks_missing",
            "Vipps MobilePay sends no webhooks, so payments are seen later: `kvitt doctor` says why",
        )
    });
    Ok(missing.collect())
}

async fn endpoints(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let endpoints = app.store.endpoints().await?;
    let warned = endpoints.into_iter().filter_map(|endpoint| {
        let (kind, detail, at) = match (endpoint.disabled_at, endpoint.failing_since) {
            (Some(at), _) => {
                let reason = endpoint.disabled_reason.unwrap_or_default();
                ("endpoint_disabled", format!("it is told nothing: {reason}; enable it, and replay what it missed"), at)
            }
            (None, Some(at)) => {
                ("endpoint_failing", "it does not take what it is told; see its deliveries".to_owned(), at)
            }
            (None, None) => return None,
        };
        Some(ShopWarning { endpoint: Some(endpoint.id), at_ms: Some(at.0), ..about(kind, detail) })
    });
    Ok(warned.take(MOST).collect())
}
