//! The gateway before every API call: injected faults, the record, keys, headers and contracts.
//!
//! [`intercept`] wraps every API route: it applies faults and records the call without its secrets. The handlers then call [`caller`], which
//! checks the token and the headers and returns the sales unit, and [`body`], which checks the JSON. It changes no payment.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Shares};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use crate::clock::{format_time, http_date};
use crate::contract::{Violation, violations};
use crate::problem::Problem;
use crate::sales_units::{Credentials, SalesUnit};
use crate::serve::CloseConnection;
use crate::shared::Shared;

/// An image has at most 2 MB, and base64 makes it a third larger.
const MOST_BODY: usize = 3 * 1024 * 1024;
const SECRET_HEADERS: &[&str] = &["authorization", "client_secret", "ocp-apim-subscription-key"];
const SYSTEM_HEADERS: &[&str] =
    &["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"];

/// The middleware of every API route: faults, and the record of the call.
pub(crate) async fn intercept(Shares(shared): Shares<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_BODY).collect().await.map(|collected| collected.to_bytes()) else {
        return Problem::gateway(413, "The body is too large or did not arrive").into_response();
    };
    let method = parts.method.to_string();
    let path = parts.uri.path().to_owned();
    let mut line = json!({
        "method": method,
        "path": path,
        "query": parts.uri.query(),
        "headers": redacted(&parts.headers),
        "body": serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
    });
    let fault = shared.change(|state| {
        line["at"] = json!(format_time(state.now()));
        state.faults.on_call(&method, &path)
    });
    let fault = fault.unwrap_or_default();
    if fault.delay_ms > 0 {
        shared.pause(Duration::from_millis(fault.delay_ms)).await;
    }
    let work = async { next.run(Request::from_parts(parts, Body::from(body))).await };
    let mut response = if fault.drop_before_work {
        close_connection()
    } else if let Some(status) = fault.status {
        let problem = Problem::gateway(status, "An injected fault");
        Problem { body: fault.body.unwrap_or(problem.body), retry_after: fault.retry_after, status }.into_response()
    } else if fault.drop_after_work {
        work.await;
        close_connection()
    } else if let Some(url) = fault.redirect_url {
        with_redirect_url(work.await, url).await
    } else {
        work.await
    };
    let was_closed = response.extensions().get::<CloseConnection>().is_some();
    line["status"] = if was_closed { Value::Null } else { json!(response.status().as_u16()) };
    let now = shared.read(|state| {
        state.received.push(line);
        state.now()
    });
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The answer with its `redirectUrl` replaced, if it has one.
async fn with_redirect_url(response: Response, url: String) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
    let mut answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(place) = answer.get_mut("redirectUrl") {
        *place = json!(url);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(answer.to_string()))
}

fn close_connection() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}

/// The headers without their secrets.
fn redacted(headers: &HeaderMap) -> Value {
    let line = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        let secret = SECRET_HEADERS.contains(&name.as_str());
        let value = if secret { "(hidden)".to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        (name.as_str().to_owned(), json!(value))
    };
    Value::Object(headers.iter().map(line).collect())
}

/// The headers that an API requires beside a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequiredHeaders {
    pub(crate) subscription_key: SubscriptionKey,
    pub(crate) msn: bool,
    /// The most characters of a `Vipps-System-*` header.
    pub(crate) system_length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionKey {
    Required,
    Refused,
}

/// The most characters of a `Vipps-System-*` header in all APIs but Order Management.
pub(crate) const SYSTEM_LENGTH: usize = 30;
/// For ePayment.
pub(crate) const KEY_AND_MSN: RequiredHeaders =
    RequiredHeaders { subscription_key: SubscriptionKey::Required, msn: true, system_length: SYSTEM_LENGTH };
/// For Order Management.
pub(crate) const LONG_SYSTEM: RequiredHeaders = RequiredHeaders { system_length: 100, ..KEY_AND_MSN };
/// For Webhooks and QR.
pub(crate) const KEY_ONLY: RequiredHeaders = RequiredHeaders { msn: false, ..KEY_AND_MSN };

/// The sales unit that calls.
pub(crate) fn caller(
    shared: &Shared,
    headers: &HeaderMap,
    path: &str,
    required: RequiredHeaders,
) -> Result<&'static SalesUnit, Problem> {
    let denied = |why: &str| Problem::gateway(401, why);
    let token = text(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or_else(|| denied("There is no bearer token"))?;
    let unit = shared.read(|state| state.unit_of_token(token));
    let unit = unit.ok_or_else(|| denied("The token is unknown or has expired"))?;
    let keys = Credentials::of(unit.msn).expect("every sales unit has keys");
    let key = text(headers, "ocp-apim-subscription-key");
    match required.subscription_key {
        SubscriptionKey::Required if key != Some(&keys.subscription_key) => {
            return Err(denied("The subscription key is missing or belongs elsewhere"));
        }
        SubscriptionKey::Refused if key.is_some() => return Err(denied("There is a subscription key")),
        _ => {}
    }
    match text(headers, "merchant-serial-number") {
        None if required.msn => return Err(Problem::invalid_field("Merchant-Serial-Number", "is required", path)),
        Some(msn) if msn != unit.msn => return Err(denied("The token belongs to another sales unit")),
        _ => {}
    }
    check_system_headers(headers, path, required.system_length)?;
    Ok(unit)
}

/// Refuses a `Vipps-System-*` header of more than `most` characters.
pub(crate) fn check_system_headers(headers: &HeaderMap, path: &str, most: usize) -> Result<(), Problem> {
    let too_long = |name: &&&str| headers.get(**name).is_some_and(|value| value.len() > most);
    match SYSTEM_HEADERS.iter().find(too_long) {
        Some(name) => Err(Problem::invalid_field(name, &format!("must have at most {most} characters"), path)),
        None => Ok(()),
    }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The `Idempotency-Key`, which must have 1 to 50 characters where it is given.
pub(crate) fn idempotency_key<'a>(headers: &'a HeaderMap, path: &str) -> Result<Option<&'a str>, Problem> {
    match headers.get("idempotency-key") {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(key) if (1..=50).contains(&key.len()) => Ok(Some(key)),
            _ => Err(Problem::invalid_field("Idempotency-Key", "must have 1 to 50 characters", path)),
        },
    }
}

/// The JSON body, checked against its contract. `Err` has all violations.
pub(crate) fn body(contract: &str, headers: &HeaderMap, bytes: &Bytes) -> Result<Value, Vec<Violation>> {
    let one = |name: &str, reason: &str| vec![Violation { name: name.to_owned(), reason: reason.to_owned() }];
    let kind = text(headers, "content-type").unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(one("Content-Type", "must be application/json"));
    }
    let body: Value = serde_json::from_slice(bytes).map_err(|_| one("body", "must be JSON"))?;
    match violations(contract, &body) {
        found if found.is_empty() => Ok(body),
        found => Err(found),
    }
}
