//! The control API under `/_emulator`: what a test can do and a merchant cannot.
//!
//! It acts as the customer, advances the clock, injects faults and returns the recorded calls. JSON in and out; the README documents it. It is
//! not behind the gateway: no faults, no record, no keys.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shares};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::format_time;
use crate::problem::Code;
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{Approvals, Fault, Payment, State};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_emulator/payments", get(payments))
        .route("/_emulator/payments/{reference}", get(payment))
        .route("/_emulator/payments/{reference}/{action}", post(act))
        .route("/_emulator/clock", get(clock).post(advance))
        .route("/_emulator/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_emulator/requests", get(requests).delete(clear_requests))
        .route("/_emulator/deliveries", get(deliveries))
        .route("/_emulator/profile-delay", post(profile_delay))
        .route("/_emulator/sales-units/{msn}", post(approvals))
        .route("/_emulator/reset", post(reset))
}

/// A refusal of the control API itself.
fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

/// Two sales units may have the same reference; without `?msn=` the first one is used.
#[derive(Deserialize)]
struct Which {
    msn: Option<String>,
}

fn find(state: &State, which: &Which, reference: &str) -> Option<usize> {
    SalesUnit::ALL
        .iter()
        .filter(|unit| which.msn.as_deref().is_none_or(|msn| msn == unit.msn))
        .find_map(|unit| state.find(unit.msn, reference))
}

/// The full record of a payment.
fn record(state: &State, payment: &Payment) -> Value {
    let mut record = payment.details(true);
    record["msn"] = json!(payment.unit.msn);
    record["events"] = payment.event_log();
    record["request"] = payment.request.clone();
    record["receipt"] = json!(state.receipts.get(&(payment.unit.msn.to_owned(), payment.reference.clone())));
    record["redirectUrl"] = json!(payment.redirect_url);
    record["customer"] = json!(payment.customer);
    record["expiresAt"] = json!(format_time(payment.timestamps.expires));
    record
}

async fn payments(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    Json(shared.read(|state| state.payments().map(|payment| record(state, payment)).collect()))
}

async fn payment(
    Shares(shared): Shares<Arc<Shared>>,
    Path(reference): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    let found = shared.read(|state| find(state, &which, &reference).map(|index| record(state, state.payment(index))));
    found.map_or_else(|| refused(StatusCode::NOT_FOUND, "unknown reference"), |record| Json(record).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Approval {
    share: bool,
    phone_number: Option<String>,
}

impl Default for Approval {
    fn default() -> Self {
        Approval { share: true, phone_number: None }
    }
}

async fn act(
    Shares(shared): Shares<Arc<Shared>>,
    Path((reference, action)): Path<(String, String)>,
    Query(which): Query<Which>,
    body: Option<Json<Approval>>,
) -> Response {
    let approval = body.map(|Json(approval)| approval).unwrap_or_default();
    shared.change(|state| {
        let Some(index) = find(state, &which, &reference) else {
            return refused(StatusCode::NOT_FOUND, "unknown reference");
        };
        let done = match action.as_str() {
            "approve" => state.approve(index, approval.share, approval.phone_number.as_deref()),
            "reject" | "refuse-consent" => state.change(index, Payment::abort),
            "expire" => state.change(index, Payment::expire),
            _ => return refused(StatusCode::NOT_FOUND, "unknown action"),
        };
        match done {
            Ok(()) => Json(record(state, state.payment(index))).into_response(),
            Err(Code(code)) => {
                (StatusCode::CONFLICT, Json(json!({ "error": "refused", "code": code }))).into_response()
            }
        }
    })
}

fn time(state: &State) -> Json<Value> {
    Json(json!({ "now": format_time(state.now()), "offset_ms": state.clock.offset_ms() }))
}

async fn clock(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    shared.read(|state| time(state))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

async fn advance(Shares(shared): Shares<Arc<Shared>>, Json(wish): Json<Advance>) -> Response {
    shared.change(|state| {
        if !state.clock.advance(SignedDuration::from_millis(wish.advance_ms)) {
            return refused(StatusCode::UNPROCESSABLE_ENTITY, "the clock only goes forwards, and not for ever");
        }
        state.run_due();
        time(state).into_response()
    })
}

async fn faults(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    Json(shared.read(|state| json!(state.faults.list())))
}

async fn add_fault(Shares(shared): Shares<Arc<Shared>>, Json(fault): Json<Fault>) -> StatusCode {
    shared.change(|state| state.faults.add(fault));
    StatusCode::CREATED
}

async fn clear_faults(Shares(shared): Shares<Arc<Shared>>) -> StatusCode {
    shared.change(|state| state.faults.clear());
    StatusCode::NO_CONTENT
}

async fn requests(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    Json(shared.read(|state| json!(state.received)))
}

async fn clear_requests(Shares(shared): Shares<Arc<Shared>>) -> StatusCode {
    shared.change(|state| state.received.clear());
    StatusCode::NO_CONTENT
}

async fn deliveries(Shares(shared): Shares<Arc<Shared>>) -> Json<Value> {
    Json(shared.read(|state| json!({ "attempts": state.webhooks.log, "pending": state.webhooks.pending() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileDelay {
    ms: u64,
}

async fn profile_delay(Shares(shared): Shares<Arc<Shared>>, Json(wish): Json<ProfileDelay>) -> StatusCode {
    shared.change(|state| state.options.profile_delay_ms = wish.ms);
    StatusCode::NO_CONTENT
}

async fn approvals(
    Shares(shared): Shares<Arc<Shared>>,
    Path(msn): Path<String>,
    Json(wish): Json<Approvals>,
) -> Response {
    let Some(unit) = SalesUnit::of(&msn) else { return refused(StatusCode::NOT_FOUND, "unknown sales unit") };
    shared.change(|state| state.set_approvals(unit, wish));
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Reset {
    keep_webhooks: bool,
}

async fn reset(Shares(shared): Shares<Arc<Shared>>, body: Option<Json<Reset>>) -> StatusCode {
    let wish = body.map(|Json(wish)| wish).unwrap_or_default();
    shared.change(|state| state.reset(wish.keep_webhooks));
    StatusCode::NO_CONTENT
}
