//! What needs the attention of a person: capture deadlines, differences with Vipps MobilePay, parked effects, missing webhook
//! registrations, webhooks that cannot be verified, a wrong clock, failing endpoints.
//!
//! It reads the same data as `kvitt doctor` and the metrics, and changes nothing.

use axum::extract::State;
use kvitt_wire::{ShopWarning, ShopWarnings};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Caller;
use crate::access::rights::Read;
use crate::base::clock;
use crate::checkout::{Checkout, Moment};
use crate::engine::sightings;
use crate::http::app::App;
use crate::http::problem::Result;
use crate::http::routes::responses::ForShop;
use crate::store;
use crate::store::queues::EffectFilter;
use crate::vendor::captures::Urgency;
use crate::vendor::reconcile::Report;

/// The most warnings of each kind.
const MAX_PER_KIND: usize = 100;
/// The most parked effects, and the most differing payments, that are read to find those of the key's sales units.
const MAX_READ: u32 = 10_000;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists warnings
///
/// What needs the attention of a person: reservations whose guarantee ends, payments that differ from the records of Vipps MobilePay, operations
/// that failed for good, missing webhook registrations, webhooks that cannot be verified, a wrong clock, failing endpoints. An empty list means that nothing needs attention.
#[utoipa::path(get, path = "/v1/shop/warnings", operation_id = "list_warnings", tag = "shop", security(("shop_key" = [])), responses(
    (status = 200, body = ShopWarnings, description = "The warnings"),
    ForShop<Read>,
))]
async fn list(State(app): State<App>, key: Caller<Read>) -> Result<axum::Json<ShopWarnings>> {
    // The limit applies after the filter: warnings of other sales units must not displace the key's own.
    let own = |warnings: Vec<ShopWarning>| {
        let known = |warning: &ShopWarning| warning.sales_unit.as_deref().is_none_or(|unit| key.may_access(unit));
        warnings.into_iter().filter(known).take(MAX_PER_KIND).collect::<Vec<_>>()
    };
    let mut warnings = own(deadlines(&app).await?);
    warnings.extend(own(drift(&app).await?));
    warnings.extend(own(parked(&app).await?));
    warnings.extend(own(webhooks(&app).await?));
    warnings.extend(wrong_clock(&app));
    if key.sales_unit.is_none() {
        warnings.extend(endpoints(&app).await?);
    }
    Ok(axum::Json(ShopWarnings { warnings }))
}

fn warning(kind: &str, detail: impl Into<String>) -> ShopWarning {
    let (kind, detail) = (kind.to_owned(), detail.into());
    ShopWarning { kind, detail, reference: None, sales_unit: None, endpoint: None, at_ms: None }
}

async fn deadlines(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let deadlines = app.captures.deadlines(&app.store, clock::now()).await?;
    let warned = deadlines.into_iter().filter_map(|(_, deadline)| {
        let (kind, detail) = match deadline.urgency {
            Urgency::Overdue => {
                ("capture_overdue", "the reservation is no longer guaranteed: capture it now, or release it")
            }
            Urgency::Due => ("capture_due", "the guarantee of the reservation ends soon: capture it, or release it"),
            Urgency::Later => return None,
        };
        Some(ShopWarning {
            reference: Some(deadline.reservation.reference.to_string()),
            sales_unit: Some(deadline.reservation.sales_unit),
            at_ms: Some(deadline.capture_by.0),
            ..warning(kind, detail)
        })
    });
    Ok(warned.collect())
}

/// Payments whose amount changed after the authorization, and those that the latest reconciliation found to differ otherwise.
async fn drift(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let drifting = app.store.drifting_orders(MAX_READ).await?;
    let mut warnings: Vec<_> = drifting.iter().filter_map(other_amount).collect();
    let Some(last) = app.store.last_comparison().await? else { return Ok(warnings) };
    let report: Report = serde_json::from_str(&last.report)?;
    for drift in report.drift {
        let reference = Some(drift.reference);
        if warnings.iter().all(|known| known.reference != reference) {
            warnings.push(ShopWarning {
                reference,
                sales_unit: Some(drift.sales_unit),
                at_ms: Some(last.begun_at.0),
                ..warning(
                    "drift",
                    "the payment differs from the records of Vipps MobilePay: `kvitt reconcile --last` shows how",
                )
            });
        }
    }
    Ok(warnings)
}

fn other_amount(checkout: &Checkout) -> Option<ShopWarning> {
    let attempt = checkout.current();
    let drift = attempt.drift?;
    Some(ShopWarning {
        reference: Some(attempt.reference.to_string()),
        sales_unit: Some(checkout.order.cart.sales_unit.clone()),
        at_ms: Some(drift.since.0),
        ..warning(
            "drift",
            "since it was paid, Vipps MobilePay states another amount for the payment than the order's: compare it in the portal",
        )
    })
}

async fn parked(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let parked = app.store.effects(EffectFilter::Parked, MAX_READ).await?;
    let parked = parked.into_iter().map(|effect| ShopWarning {
        reference: effect.reference,
        sales_unit: Some(effect.sales_unit),
        at_ms: Some(effect.created_at.0),
        ..warning(
            "parked",
            format!("{} failed for good and is parked: `kvitt outbox list --parked` says why", effect.kind),
        )
    });
    Ok(parked.collect())
}

async fn webhooks(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let (gauges, now) = (app.store.gauges().await?, clock::now());
    let mut warned = Vec::new();
    for (sales_unit, checked) in app.registrations.checked(&gauges) {
        let about = |kind, detail, at: Moment| ShopWarning {
            sales_unit: Some(sales_unit.to_owned()),
            at_ms: Some(at.0),
            ..warning(kind, detail)
        };
        if let Some(checked) = checked.filter(|checked| checked.value == 0) {
            let detail =
                "Vipps MobilePay sends no webhooks, so updates arrive late, by polling: `kvitt doctor` says why";
            warned.push(about("webhooks_missing", detail, checked.read_at));
        }
        if let Some((refused_at, _)) = sightings::unverified(&gauges, sales_unit, now) {
            let detail = "webhooks arrive whose signature cannot be verified, and none that can, so updates arrive late, \
                          by polling: `kvitt doctor` says more";
            warned.push(about("webhooks_unverified", detail, refused_at));
        }
    }
    Ok(warned)
}

/// A wrong clock concerns everybody.
fn wrong_clock(app: &App) -> Option<ShopWarning> {
    let minutes = app.performer.reference().wrong_by_ms()?.abs() / 60_000;
    let detail = format!(
        "the proxy's clock and Vipps MobilePay's differ by {minutes} minutes: nothing is deleted or expired until it is right, \
         and webhooks are refused"
    );
    Some(warning("clock", detail))
}

async fn endpoints(app: &App) -> std::result::Result<Vec<ShopWarning>, store::Error> {
    let endpoints = app.store.endpoints().await?;
    let warned = endpoints.into_iter().filter_map(|endpoint| {
        let (kind, detail, at) = match (endpoint.disabled_at, endpoint.failing_since) {
            (Some(at), _) => {
                let reason = endpoint.disabled_reason.unwrap_or_default();
                (
                    "endpoint_disabled",
                    format!("it receives no events: {reason}; enable it, and replay the events that it missed"),
                    at,
                )
            }
            (None, Some(at)) => ("endpoint_failing", "deliveries to it fail: see its deliveries".to_owned(), at),
            (None, None) => return None,
        };
        Some(ShopWarning { endpoint: Some(endpoint.id), at_ms: Some(at.0), ..warning(kind, detail) })
    });
    Ok(warned.take(MAX_PER_KIND).collect())
}
