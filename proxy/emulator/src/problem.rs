//! Refusals, in the shapes of the different APIs.
//!
//! ePayment and Webhooks answer a problem with `extraDetails` (a numeric code as a string, or one entry a field), Order
//! Management one with `invalidParams`, and the gateway in front of them all (keys, tokens, unknown paths, too many
//! calls) a small `{statusCode, message}`. The titles are not those of the real API: clients decide on status and code.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::contract::Violation;

/// The number of a documented ePayment refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u16);

impl Code {
    /// The status of the code. The documentation has 409 for conflicts, 404 for an unknown reference and 422 for 5070; 403 for what a sales unit
    /// is not enabled for and 423 for a locked payment are concluded from their descriptions.
    fn status(self) -> u16 {
        match self.0 {
            4010 | 4020 | 4150 => 409,
            5020 | 5030 | 5050 | 5080 | 10020 => 403,
            5070 => 422,
            5090 => 404,
            6160 => 423,
            _ => 400,
        }
    }

    fn title(self) -> &'static str {
        match self.0 {
            4010 => "This key was used for another capture",
            4020 => "This key was used for another payment",
            4040 => "The amount is not valid",
            4050 => "The customer token is not valid",
            4070 => "The phone number is not valid",
            4080 => "The scope is not valid",
            4090 => "The URL is not valid",
            4140 => "A required parameter is missing",
            4150 => "The reference is taken, or the key was used for another refund",
            4160 => "This payment method is not possible",
            5010 => "Sources cannot be blocked here",
            5020 => "Express is not enabled",
            5030 => "This scope is not enabled",
            5040 => "Not the currency of the sales unit",
            5050 => "Long-living payments are not enabled",
            5080 => "PUSH_MESSAGE is not enabled",
            5090 => "No payment has this reference",
            5100 => "The refund is not possible",
            6010 => "The amount is too small",
            6020 => "Nothing is reserved that could be refunded",
            6030 => "It is too late to cancel",
            6040 => "A captured payment cannot be cancelled",
            6060 => "An authorized payment was not cancelled",
            6080 => "Nothing is reserved that could be captured",
            6090 => "More than what is left to capture",
            6100 => "It is too late to capture",
            6110 => "The payment would expire too late",
            6120 => "The payment would expire too soon",
            6130 => "A long-living payment needs a receipt",
            6150 => "More than what is left to refund",
            6160 => "The payment is locked",
            6190 => "The payment cannot be cancelled",
            6200 => "The payment cannot be captured",
            6210 => "The payment cannot be refunded",
            6220 => "It is too late to refund",
            6230 => "The payment is reserved already",
            6250 => "The customer is approving the payment",
            7010 => "No such customer",
            10010 => "The approval failed",
            10020 => "This payment cannot be approved",
            _ => "Refused",
        }
    }
}

/// A refusal, in one of the shapes.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    /// ePayment: a violated rule.
    pub(crate) fn domain(code: Code, instance: &str) -> Problem {
        let status = code.status();
        let details = json!([{ "name": "ErrorCode", "reason": code.0.to_string() }]);
        Problem::extra(status, code.title(), code.title(), instance, details)
    }

    /// ePayment and Webhooks: the request violates its contract.
    pub(crate) fn invalid(violations: &[Violation], instance: &str) -> Problem {
        Problem::extra(400, "Bad Request", "The request breaks its contract", instance, entries(violations))
    }

    /// The same for one field or header.
    pub(crate) fn invalid_field(name: &str, reason: &str, instance: &str) -> Problem {
        Problem::invalid(&[Violation { name: name.to_owned(), reason: reason.to_owned() }], instance)
    }

    fn extra(status: u16, title: &str, detail: &str, instance: &str, details: Value) -> Problem {
        let body = json!({
            "type": format!("https://httpstatuses.io/{status}"),
            "title": title,
            "detail": detail,
            "instance": instance,
            "status": status,
            "traceId": trace_id(),
            "extraDetails": details,
        });
        Problem { status, body, retry_after: None }
    }

    /// Order Management.
    pub(crate) fn order(status: u16, title: &str, violations: &[Violation]) -> Problem {
        let kind = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Refused");
        let body = json!({
            "type": format!("https://httpstatuses.io/{status}"),
            "title": title,
            "detail": kind,
            "instance": trace_id(),
            "invalidParams": entries(violations),
        });
        Problem { status, body, retry_after: None }
    }

    /// The gateway.
    pub(crate) fn gateway(status: u16, message: &str) -> Problem {
        Problem { status, body: json!({ "statusCode": status, "message": message }), retry_after: None }
    }

    /// The gateway: too many calls. `seconds` until the next one is let through.
    pub(crate) fn too_many(seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..Problem::gateway(429, "Too many calls for this reference") }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = if self.body.get("statusCode").is_some() { "application/json" } else { "application/problem+json" };
        let mut response = (status, self.body.to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn entries(violations: &[Violation]) -> Value {
    violations.iter().map(|found| json!({ "name": found.name, "reason": found.reason })).collect()
}

/// A new trace id, in the format of a `traceparent` header.
fn trace_id() -> String {
    let trace = uuid::Uuid::new_v4().simple().to_string();
    let span = uuid::Uuid::new_v4().simple().to_string();
    format!("00-{trace}-{}-01", &span[..16])
}
