//! Trace ids. One id connects all that is done for a checkout: the request of the page that opened it, the calls to
//! Vipps MobilePay, the webhooks, and what the page and the shop received.
//!
//! A request has the id of its caller ([W3C Trace Context](https://www.w3.org/TR/trace-context/)) or a new one, and its
//! response has it too. A checkout keeps the id of the request that opened it. Spans carry the id into the log: the
//! checkout's id takes the place of the request's, which stays as `request_id`.
//!
//! Where traces are exported (`telemetry/otlp.rs`), the exported traces have the same spans and ids; `joined` does
//! that.

#[cfg(feature = "otlp")]
pub(crate) mod joined;

use tracing::Span;

use crate::checkout::{Checkout, CheckoutId, Effect};

/// The id of a request: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId {
    id: String,
    /// The caller's span id, 16 hexadecimal digits; `None` where the trace begins here.
    caller: Option<String>,
}

impl TraceId {
    /// A random id.
    pub fn random() -> Self {
        Self { id: uuid::Uuid::new_v4().simple().to_string(), caller: None }
    }

    /// The id in a `traceparent` header, or a random one where that is missing or invalid.
    pub fn of(traceparent: Option<&str>) -> Self {
        // version-trace_id-parent_id-flags
        let mut parts = traceparent.unwrap_or_default().split('-');
        // The part after skipping `but` parts, if it is a valid id of that length.
        let mut hex = |but, length| {
            let is_one = |id: &&str| id.len() == length && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let id = parts.nth(but).filter(is_one).filter(|id| id.bytes().any(|byte| byte != b'0'));
            id.map(str::to_ascii_lowercase)
        };
        hex(1, 32).map_or_else(Self::random, |id| Self { id, caller: hex(0, 16) })
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.id
    }
}

// Spans have the level `error`, so that no filter drops a span but keeps its lines.

/// The span of a request. `route` is the pattern of the router: the path may contain a token.
pub fn of_request(method: &str, route: &str, trace: &TraceId) -> Span {
    let id = trace.as_str();
    let span = tracing::error_span!("request", method, route, trace_id = id, request_id = id);
    #[cfg(feature = "otlp")]
    joined::begin(&span, id, trace.caller.as_deref());
    span
}

/// Notes the status of the response in the exported span. The lines of the log are written before it is known.
#[cfg_attr(not(feature = "otlp"), expect(unused_variables, reason = "nothing is exported"))]
pub fn answered(span: &Span, status: u16) {
    #[cfg(feature = "otlp")]
    joined::answered(span, status);
}

/// The span of work on a checkout. Checkouts of early releases have no trace id.
pub fn of_checkout(checkout: &Checkout) -> Span {
    of_id(checkout.id, Some(&checkout.trace_id))
}

/// The same, by the id of the checkout.
pub fn of_id(checkout: CheckoutId, trace_id: Option<&str>) -> Span {
    let trace_id = trace_id.filter(|id| !id.is_empty());
    joined_to(trace_id, tracing::error_span!("checkout", %checkout, trace_id))
}

/// The span of processing a webhook.
pub fn of_webhook(checkout: CheckoutId, trace_id: Option<&str>) -> Span {
    let trace_id = trace_id.filter(|id| !id.is_empty());
    joined_to(trace_id, tracing::error_span!("webhook", %checkout, trace_id))
}

/// The span of executing an effect.
pub fn of_effect(checkout: CheckoutId, trace_id: Option<&str>, effect: &Effect) -> Span {
    let (trace_id, reference) = (trace_id.filter(|id| !id.is_empty()), effect.reference());
    joined_to(trace_id, tracing::error_span!("effect", %checkout, trace_id, %reference, effect = effect.kind()))
}

/// The span, joined to that trace where traces are exported.
#[cfg_attr(not(feature = "otlp"), expect(unused_variables, reason = "the log has the id as a field"))]
fn joined_to(trace_id: Option<&str>, span: Span) -> Span {
    #[cfg(feature = "otlp")]
    trace_id.into_iter().for_each(|id| joined::join(&span, id));
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_s_id_is_used_when_it_is_valid() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let taken = TraceId::of(Some(&format!("00-{}-b7ad6b7169203331-01", id.to_uppercase())));
        assert_eq!((taken.as_str(), taken.caller.as_deref()), (id, Some("b7ad6b7169203331")));
        for bad in ["", "00-x-y-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", id] {
            let new = TraceId::of(Some(bad));
            assert!(new.as_str().len() == 32 && new.as_str() != id && new != TraceId::of(None), "{bad}");
        }
    }
}
