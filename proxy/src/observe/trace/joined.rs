//! Our trace ids as those of the exported traces.
//!
//! Of a checkout's trace we keep the id alone, and a span that joins it later, maybe in another process, needs a parent. So the request
//! that begins a trace has a span id that follows from the trace's. Where a caller has begun it, that parent is not ours to export,
//! and the spans still have the one id.

use std::cell::Cell;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

thread_local! {
    /// The trace that the span which is being started begins.
    static BEGUN: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Ids of spans and traces: random, unless [`begin`] says which.
#[derive(Debug)]
pub(crate) struct Ids;

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        BEGUN.get().unwrap_or_else(|| RandomIdGenerator::default().new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        BEGUN.get().map_or_else(|| RandomIdGenerator::default().new_span_id(), first_span)
    }
}

/// The span of the request that begins a trace.
fn first_span(trace: TraceId) -> SpanId {
    let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
    // An id must have a bit that is set.
    SpanId::from_bytes([a, b, c, d, e, f, g, h | 1])
}

/// Makes a request's span the first one of its trace, or the child of its caller's.
pub(super) fn begin(span: &Span, trace_id: &str, caller: Option<&str>) {
    let Ok(trace) = TraceId::from_hex(trace_id) else { return };
    match caller.and_then(|id| SpanId::from_hex(id).ok()) {
        Some(caller) => below(span, trace, caller),
        None => {
            BEGUN.set(Some(trace));
            // Asking for its context starts the span.
            span.context();
            BEGUN.set(None);
        }
    }
}

/// Puts a span into the trace, unless that is where it is. What it is done for is linked.
pub(super) fn join(span: &Span, trace_id: &str) {
    let Ok(trace) = TraceId::from_hex(trace_id) else { return };
    let here = Span::current().context().span().span_context().clone();
    if here.trace_id() != trace {
        below(span, trace, first_span(trace));
        span.add_link(here);
    }
}

fn below(span: &Span, trace: TraceId, parent: SpanId) {
    let parent = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::NONE);
    // It fails where nothing is exported.
    let _ = span.set_parent(Context::new().with_remote_span_context(parent));
}
