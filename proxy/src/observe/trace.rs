//! One id that ties together what was done for a checkout: the page's request that opened it, what was asked of Vipps MobilePay, its
//! webhooks, and what the page was told in the end.
//!
//! A request has the id of its caller ([trace context](https://www.w3.org/TR/trace-context/)) or a new one, and answers with it. The one
//! that opens a checkout leaves it there. Spans carry it into the log: the checkout's goes over the request's, which stays as
//! `request_id`.
//!
//! Where traces are exported (`telemetry/otlp.rs`), the same spans and the same id are the traces there; `joined` sees to that.

#[cfg(feature = "otlp")]
pub(crate) mod joined;

use tracing::Span;
use tracing::field::Empty;

use crate::checkout::{Checkout, CheckoutId, Effect};

/// The id of a request: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId {
    id: String,
    /// The caller's own span, 16 hexadecimal digits; none where the trace begins here.
    caller: Option<String>,
}

impl TraceId {
    /// A new one.
    pub fn random() -> Self {
        Self { id: uuid::Uuid::new_v4().simple().to_string(), caller: None }
    }

    /// The one that a caller's `traceparent` names, or a new one.
    pub fn of(traceparent: Option<&str>) -> Self {
        // version-trace_id-parent_id-flags
        let mut parts = traceparent.unwrap_or_default().split('-');
        // The next but so many.
        let mut hex = |but, length| {
            let is_one = |id: &&str| id.len() == length && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let id = parts.nth(but).filter(is_one).filter(|id| id.bytes().any(|byte| byte != b'0'));
            id.map(str::to_ascii_lowercase)
        };
        hex(1, 32).map_or_else(Self::random, |id| Self { id, caller: hex(0, 16) })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.id
    }
}

// Spans are of the level `error`, so that a filter which lets a line through lets its span through too.

/// Around a request. `route` is that of the router: the address itself may have a token in it. The answer's `status` is recorded later.
pub fn of_request(method: &str, route: &str, trace: &TraceId) -> Span {
    let id = trace.as_str();
    let span = tracing::error_span!("request", method, route, trace_id = id, request_id = id, status = Empty);
    #[cfg(feature = "otlp")]
    joined::begin(&span, id, trace.caller.as_deref());
    span
}

/// Around what is done about a checkout; those of earlier releases have no id of their own.
pub fn of_checkout(checkout: &Checkout) -> Span {
    of_row(checkout.id, Some(&checkout.trace_id))
}

/// The same where only its row is at hand.
pub fn of_row(checkout: CheckoutId, trace_id: Option<&str>) -> Span {
    let trace_id = trace_id.filter(|id| !id.is_empty());
    joined_to(trace_id, tracing::error_span!("checkout", %checkout, trace_id))
}

/// Around the settling of a webhook.
pub fn of_webhook(checkout: CheckoutId, trace_id: Option<&str>) -> Span {
    let trace_id = trace_id.filter(|id| !id.is_empty());
    joined_to(trace_id, tracing::error_span!("webhook", %checkout, trace_id))
}

/// Around an effect that is carried out.
pub fn of_effect(checkout: CheckoutId, trace_id: Option<&str>, effect: &Effect) -> Span {
    let (trace_id, reference) = (trace_id.filter(|id| !id.is_empty()), effect.reference());
    joined_to(trace_id, tracing::error_span!("effect", %checkout, trace_id, %reference, effect = effect.kind()))
}

/// The span, in the trace of that id also where traces are exported.
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
    fn a_caller_s_id_is_taken_when_it_is_one() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let taken = TraceId::of(Some(&format!("00-{}-b7ad6b7169203331-01", id.to_uppercase())));
        assert_eq!((taken.as_str(), taken.caller.as_deref()), (id, Some("b7ad6b7169203331")));
        for bad in ["", "00-x-y-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", id] {
            let new = TraceId::of(Some(bad));
            assert!(new.as_str().len() == 32 && new.as_str() != id && new != TraceId::of(None), "{bad}");
        }
    }
}
