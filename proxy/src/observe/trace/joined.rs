//! Makes our trace ids the ids of the exported traces.
//!
//! A checkout keeps only the id of its trace. A span that joins the trace later, maybe in another process, needs a
//! parent. So the span id of the request that begins a trace is derived from the trace id. Where a caller began the
//! trace, that parent is not exported by us; the spans still share the id.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Whether traces are exported. If not, there is nothing to join.
static EXPORTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The trace that the span being created begins, if any.
    static NEW_TRACE: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Called once traces are exported.
pub(crate) fn export() {
    EXPORTED.store(true, Ordering::Relaxed);
}

/// Generates ids of spans and traces: random, except within [`begin`].
#[derive(Debug)]
pub(crate) struct Ids;

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        NEW_TRACE.get().unwrap_or_else(|| RandomIdGenerator::default().new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        NEW_TRACE.get().map_or_else(|| RandomIdGenerator::default().new_span_id(), first_span)
    }
}

/// The id of the span that begins a trace.
fn first_span(trace: TraceId) -> SpanId {
    let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
    // An id must not be all zeros.
    SpanId::from_bytes([a, b, c, d, e, f, g, h | 1])
}

/// Makes the span of a request the first of its trace, or a child of its caller's span.
pub(super) fn begin(span: &Span, trace_id: &str, caller: Option<&str>) {
    let Some(trace) = exported(trace_id) else { return };
    match caller.and_then(|id| SpanId::from_hex(id).ok()) {
        Some(caller) => set_parent(span, trace, caller),
        None => {
            NEW_TRACE.set(Some(trace));
            // Reading the context starts the span.
            span.context();
            NEW_TRACE.set(None);
        }
    }
}

/// Moves a span into the trace, unless it is already there, and links it to the span in which it was created.
pub(super) fn join(span: &Span, trace_id: &str) {
    let Some(trace) = exported(trace_id) else { return };
    let here = Span::current().context().span().span_context().clone();
    if here.trace_id() != trace {
        set_parent(span, trace, first_span(trace));
        span.add_link(here);
    }
}

/// Notes the status of a response.
pub(super) fn answered(span: &Span, status: u16) {
    span.set_attribute("status", i64::from(status));
}

/// The trace, if it is valid and traces are exported.
fn exported(trace_id: &str) -> Option<TraceId> {
    TraceId::from_hex(trace_id).ok().filter(|_| EXPORTED.load(Ordering::Relaxed))
}

fn set_parent(span: &Span, trace: TraceId, parent: SpanId) {
    let parent = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::NONE);
    // It fails where a filter has dropped the span.
    let _ = span.set_parent(Context::new().with_remote_span_context(parent));
}
