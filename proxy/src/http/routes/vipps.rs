//! The webhooks of Vipps MobilePay ([delivery](https://developer.vippsmobilepay.com/docs/APIs/webhooks-api/)).
//!
//! A webhook is verified over its raw bytes and the registered address, stored in the inbox, and acknowledged; the inbox processes it
//! afterwards. Every webhook with a valid signature is acknowledged, also a duplicate, and one about another system's payment.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use kvitt_vipps::EventKind;
use kvitt_vipps::webhook::{self, Event, PublicUrl, Rejected, SignatureHeaders};
use kvitt_wire::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::clock;
use crate::engine::sightings::{WEBHOOK_UNVERIFIED, WEBHOOK_VERIFIED};
use crate::http::app::App;
use crate::http::extract::Path;
use crate::http::problem::{ApiError, Result};
use crate::observe::throttle::Throttle;
use crate::store::Webhook;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(take))
}

/// Receives a webhook
#[utoipa::path(post, path = "/callbacks/vipps/{sales_unit}", tag = "vipps", params(("sales_unit" = String, Path)),
    security(("vipps_signature" = [])), request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, description = "Stored, or a duplicate, or about a payment of another system"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "`bad_signature`"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "`body_too_large`"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "`busy`: not stored; send it again"),
))]
async fn take(
    State(app): State<App>,
    Path(sales_unit): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode> {
    static REJECTED: Throttle = Throttle::new(1);
    let unit = app.units.find(Some(&sales_unit)).ok_or(ApiError::not_found())?;
    let url = app.webhook.url(unit).parse::<PublicUrl>().map_err(|_| ApiError::internal())?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = SignatureHeaders {
        date: text("x-ms-date"),
        content_sha256: text("x-ms-content-sha256"),
        authorization: text(header::AUTHORIZATION.as_str()),
    };
    let now = clock::timestamp();
    let tolerance = app.webhook.tolerance;
    let verify = || webhook::verify(signature, &url, &app.registrations.secrets(&unit.name), &body, now, tolerance);
    let mut verified = verify();
    // Another proxy may have registered in the meantime.
    if verified == Err(Rejected::Signature) && app.registrations.reload().await {
        verified = verify();
    }
    if let Err(rejected) = verified {
        if rejected == Rejected::Signature {
            app.sightings.saw(WEBHOOK_UNVERIFIED, &unit.name).await;
        }
        app.metrics.webhook(outcome(rejected));
        if let Some(suppressed) = REJECTED.passes() {
            tracing::warn!(sales_unit, reason = outcome(rejected), suppressed, "webhook rejected");
        }
        return Err(ApiError::bad_signature());
    }
    app.sightings.saw(WEBHOOK_VERIFIED, &unit.name).await;
    let Ok(event) = Event::read(&body) else {
        app.metrics.webhook("unreadable");
        tracing::warn!(sales_unit, length_bytes = body.len(), "signed webhook cannot be parsed as an event");
        return Ok(StatusCode::OK);
    };
    let webhook = Webhook {
        sales_unit,
        reference: event.reference,
        name: event.name.as_str().to_owned(),
        // An event without a PSP reference is identified by the hash of its body.
        // The answer to the request that creates the payment says the same.
        note: (event.name == EventKind::Created).then_some("nothing new"),
        event_id: event.psp_reference.unwrap_or_else(|| text("x-ms-content-sha256").unwrap_or_default().to_owned()),
    };
    app.inbox.accept(webhook).await.map_err(|_| {
        app.metrics.webhook("not_taken");
        ApiError::busy()
    })?;
    app.metrics.webhook("accepted");
    Ok(StatusCode::OK)
}

fn outcome(rejected: Rejected) -> &'static str {
    match rejected {
        Rejected::Missing(_) => "signature_missing",
        Rejected::Malformed(_) => "signature_malformed",
        Rejected::ContentHash => "content_hash",
        Rejected::Signature => "signature",
        Rejected::Stale => "stale",
    }
}
