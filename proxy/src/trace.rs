//! One id that ties together what was done for a checkout: the page's request that opened it, what was asked of Vipps MobilePay, its
//! webhooks, and what the page was told in the end.
//!
//! A request has the id of its caller ([trace context](https://www.w3.org/TR/trace-context/)) or a new one, and answers with it. The one
//! that opens a checkout leaves it there. Spans carry it into the log: the checkout's goes over the request's, which stays as
//! `request_id`.

use tracing::Span;

use crate::checkout::{Checkout, CheckoutId, Effect};

/// The id of a request: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(String);

impl TraceId {
    /// A new one.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The one that a caller's `traceparent` names, or a new one.
    pub fn of(traceparent: Option<&str>) -> Self {
        traceparent
            .and_then(|value| value.split('-').nth(1))
            .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .filter(|id| id.bytes().any(|byte| byte != b'0'))
            .map_or_else(Self::random, |id| Self(id.to_ascii_lowercase()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Spans are of the level `error`, so that a filter which lets a line through lets its span through too.

/// Around a request.
pub fn of_request(method: &str, id: &TraceId) -> Span {
    let id = id.as_str();
    tracing::error_span!("request", method, trace_id = id, request_id = id)
}

/// Around what is done about a checkout; those of earlier releases have no id of their own.
pub fn of_checkout(checkout: &Checkout) -> Span {
    of_row(checkout.id, Some(&checkout.trace_id))
}

/// The same where only its row is at hand.
pub fn of_row(checkout: CheckoutId, trace_id: Option<&str>) -> Span {
    let trace_id = trace_id.filter(|id| !id.is_empty());
    tracing::error_span!("checkout", %checkout, trace_id)
}

/// Around an effect that is carried out.
pub fn of_effect(checkout: CheckoutId, trace_id: Option<&str>, effect: &Effect) -> Span {
    let (trace_id, reference) = (trace_id.filter(|id| !id.is_empty()), effect.reference());
    tracing::error_span!("effect", %checkout, trace_id, %reference, effect = effect.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_s_id_is_taken_when_it_is_one() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(TraceId::of(Some(&format!("00-{}-b7ad6b7169203331-01", id.to_uppercase()))).as_str(), id);
        for bad in ["", "00-x-y-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", id] {
            let new = TraceId::of(Some(bad));
            assert!(new.as_str().len() == 32 && new.as_str() != id && new != TraceId::of(None), "{bad}");
        }
    }
}
