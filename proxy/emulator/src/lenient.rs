//! What the real API takes beyond its description: the known deviations of the official plugin for WooCommerce. A strict emulator refuses
//! them, so that no other client depends on them by mistake.

use axum::extract::Request;
use axum::http::Uri;
use serde_json::{Value, json};

const TOKEN: &str = "/accesstoken/get";

/// The call with the path that it means: without slashes at its end, and the token endpoint in any case.
pub(crate) fn path(mut request: Request) -> Request {
    let sent = request.uri().path();
    let path = sent.trim_end_matches('/');
    let path = if path.eq_ignore_ascii_case(TOKEN) { TOKEN } else { path };
    if path != sent {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(meant) = format!("{path}{query}").parse::<Uri>() {
            *request.uri_mut() = meant;
        }
    }
    request
}

/// The create request that is meant: numbers in `metadata` as text, and without a `customerInteraction` within `customer`.
pub(crate) fn create(request: &mut Value) {
    for value in request.get_mut("metadata").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut())
    {
        if value.is_number() || value.is_boolean() {
            *value = json!(value.to_string());
        }
    }
    if let Some(customer) = request.get_mut("customer").and_then(Value::as_object_mut) {
        customer.remove("customerInteraction");
        if customer.is_empty()
            && let Some(request) = request.as_object_mut()
        {
            request.remove("customer");
        }
    }
}
