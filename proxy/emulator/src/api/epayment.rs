//! ePayment: create, get, event log, capture, cancel, refund, and the forced approval of the test environment. This module counts the calls
//! against the limits, replays idempotent calls and writes the answers; `state` decides what a payment allows.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::reply::json_reply;
use crate::contract::Violation;
use crate::gateway::{KEY_AND_MSN, body, caller, idempotency_key};
use crate::lenient;
use crate::problem::{Code, Problem};
use crate::sales_units::SalesUnit;
use crate::shared::Shared;
use crate::state::{Operation, State, receipt_violations};

/// The limit of create, capture, cancel and refund: each, per reference.
const CHANGES_A_MINUTE: usize = 5;
/// The limit of get and event log: each, per reference.
const READS_A_MINUTE: usize = 120;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/epayment/v1/payments", post(create))
        .route("/epayment/v1/payments/{reference}", get(read))
        .route("/epayment/v1/payments/{reference}/events", get(event_log))
        .route("/epayment/v1/payments/{reference}/capture", post(capture))
        .route("/epayment/v1/payments/{reference}/cancel", post(cancel))
        .route("/epayment/v1/payments/{reference}/refund", post(refund))
        .route("/epayment/v1/test/payments/{reference}/approve", post(force_approve))
}

type Reply = Result<Response, Problem>;

/// The path without the API's prefix, which problems have as their `instance`.
fn instance(uri: &Uri) -> String {
    uri.path().trim_start_matches("/epayment").to_owned()
}

fn limit(state: &mut State, call: &str, a_minute: usize, unit: &SalesUnit, reference: &str) -> Result<(), Problem> {
    let now = state.now();
    state.limits.count(format!("{call}/{}/{reference}", unit.msn), a_minute, now).map_err(Problem::too_many)
}

fn required_key<'a>(headers: &'a HeaderMap, path: &str) -> Result<&'a str, Problem> {
    idempotency_key(headers, path)?.ok_or_else(|| Problem::invalid_field("Idempotency-Key", "is required", path))
}

async fn create(Shares(shared): Shares<Arc<Shared>>, uri: Uri, headers: HeaderMap, bytes: Bytes) -> Reply {
    let path = instance(&uri);
    let unit = caller(&shared, &headers, &path, KEY_AND_MSN)?;
    let key = required_key(&headers, &path)?;
    let (mut sent, mut bytes) = (serde_json::from_slice::<Value>(&bytes).unwrap_or_default(), bytes);
    if sent.is_object() && !shared.read(|state| state.options.strict) {
        lenient::create(&mut sent);
        bytes = Bytes::from(sent.to_string());
    }
    let reference = sent["reference"].as_str().unwrap_or_default().to_owned();
    let (status, reply) = shared.change(|state| {
        limit(state, "create", CHANGES_A_MINUTE, unit, &reference)?;
        let landing = shared.links(state, unit);
        state.idempotent((unit, Operation::Create, key), (&path, sent), |state, sent| {
            let checked = body("create-payment", &headers, &bytes).map_err(|found| create_problem(&found, &path))?;
            let found = sent.get("receipt").map(|receipt| receipt_violations(receipt, "receipt.")).unwrap_or_default();
            if !found.is_empty() {
                return Err(Problem::invalid(&found, &path));
            }
            state.create(unit, key, checked, &landing).map_err(|code| Problem::domain(code, &path))
        })
    })?;
    Ok(json_reply(status, &reply))
}

/// A create request with an invalid amount or number, and no other error, has a code of its own.
fn create_problem(found: &[Violation], path: &str) -> Problem {
    let only = |field: &str| found.iter().all(|violation| violation.name == field);
    if only("amount.value") {
        Problem::domain(Code(4040), path)
    } else if only("customer.phoneNumber") {
        Problem::domain(Code(4070), path)
    } else {
        Problem::invalid(found, path)
    }
}

async fn read(
    Shares(shared): Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let path = instance(&uri);
    let unit = caller(&shared, &headers, &path, KEY_AND_MSN)?;
    let details = shared.read(|state| {
        limit(state, "get", READS_A_MINUTE, unit, &reference)?;
        let payment = state.payment(known(state, unit, &reference, &path)?);
        Ok(payment.details(state.profile_is_visible(payment)))
    })?;
    Ok(json_reply(200, &details))
}

async fn event_log(
    Shares(shared): Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let path = instance(&uri);
    let unit = caller(&shared, &headers, &path, KEY_AND_MSN)?;
    let log = shared.read(|state| {
        limit(state, "events", READS_A_MINUTE, unit, &reference)?;
        Ok(state.payment(known(state, unit, &reference, &path)?).event_log())
    })?;
    Ok(json_reply(200, &log))
}

fn known(state: &State, unit: &SalesUnit, reference: &str, path: &str) -> Result<usize, Problem> {
    state.find(unit.msn, reference).ok_or_else(|| Problem::domain(Code(5090), path))
}

async fn capture(
    shared: Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    adjust(&shared, Operation::Capture, &instance(&uri), &reference, &headers, &bytes)
}

async fn refund(
    shared: Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    adjust(&shared, Operation::Refund, &instance(&uri), &reference, &headers, &bytes)
}

/// A capture or a refund: they differ in the name and the rules of the payment.
fn adjust(
    shared: &Shared,
    operation: Operation,
    path: &str,
    reference: &str,
    headers: &HeaderMap,
    bytes: &Bytes,
) -> Reply {
    let unit = caller(shared, headers, path, KEY_AND_MSN)?;
    let key = required_key(headers, path)?;
    let sent: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let (status, reply) = shared.change(|state| {
        let call = if operation == Operation::Capture { "capture" } else { "refund" };
        limit(state, call, CHANGES_A_MINUTE, unit, reference)?;
        state.idempotent((unit, operation, key), (path, sent), |state, _| {
            let checked = body("modification", headers, bytes).map_err(|found| Problem::invalid(&found, path))?;
            let index = known(state, unit, reference, path)?;
            let amount = &checked["modificationAmount"];
            if amount["currency"].as_str() != Some(unit.currency) {
                return Err(Problem::domain(Code(4040), path));
            }
            let value = amount["value"].as_i64().unwrap_or_default();
            let done = state.change(index, |payment, now| match operation {
                Operation::Capture => payment.capture(value, key, now),
                _ => payment.refund(value, key, now),
            });
            done.map_err(|code| Problem::domain(code, path))?;
            Ok((200, state.payment(index).summary()))
        })
    })?;
    Ok(json_reply(status, &reply))
}

async fn cancel(
    Shares(shared): Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    let path = instance(&uri);
    let unit = caller(&shared, &headers, &path, KEY_AND_MSN)?;
    let key = idempotency_key(&headers, &path)?;
    let request = if bytes.is_empty() { Ok(json!({})) } else { body("cancel", &headers, &bytes) };
    let request = request.map_err(|found| Problem::invalid(&found, &path))?;
    let transaction_only = request["cancelTransactionOnly"].as_bool().unwrap_or(false);
    let (status, reply) = shared.change(|state| {
        limit(state, "cancel", CHANGES_A_MINUTE, unit, &reference)?;
        let run = |state: &mut State, _| {
            let index = known(state, unit, &reference, &path)?;
            let done = state.change(index, |payment, now| payment.cancel(transaction_only, key, now));
            done.map_err(|code| Problem::domain(code, &path))?;
            Ok((200, state.payment(index).summary()))
        };
        match key {
            Some(key) => state.idempotent((unit, Operation::Cancel, key), (&path, request), run),
            None => run(state, request),
        }
    })?;
    Ok(json_reply(status, &reply))
}

async fn force_approve(
    Shares(shared): Shares<Arc<Shared>>,
    uri: Uri,
    Path(reference): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    let path = instance(&uri);
    let unit = caller(&shared, &headers, &path, KEY_AND_MSN)?;
    let request = body("force-approve", &headers, &bytes).map_err(|found| Problem::invalid(&found, &path))?;
    let number = request.pointer("/customer/phoneNumber").and_then(Value::as_str);
    shared.change(|state| {
        let index = known(state, unit, &reference, &path)?;
        if request["token"].as_str().is_some_and(|token| token != state.payment(index).token) {
            return Err(Problem::domain(Code(10020), &path));
        }
        if number.is_some_and(|number| !crate::state::has_the_app(number)) {
            return Err(Problem::domain(Code(7010), &path));
        }
        state.approve(index, true, number).map_err(|code| Problem::domain(code, &path))
    })?;
    Ok(StatusCode::OK.into_response())
}
