//! Exports the spans of [`trace`](crate::observe::trace), and of calls to Vipps MobilePay, to a collector: OTLP, as
//! protobuf over HTTP ([specification](https://opentelemetry.io/docs/specs/otlp/)).
//!
//! A thread of its own sends them in batches from a bounded queue. When the queue is full, spans are dropped: nothing
//! waits for the collector. A span is exported with the [`ATTRIBUTES`] and nothing else: no event, no message, no
//! address.

mod client;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{SpanKind, Status, TracerProvider};
use opentelemetry::{Key, Value};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanEvents, SpanExporter};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::observe::trace::joined::{self, Ids};
use client::Client;

/// The time limit for sending the remaining spans: one batch that times out, and a little more.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The attributes that are exported: our names, and those of OpenTelemetry.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("status", "http.response.status_code"),
    ("checkout", "kvitt.checkout"),
    ("reference", "kvitt.reference"),
    ("effect", "kvitt.effect"),
    ("operation", "kvitt.operation"),
    ("code", "kvitt.vipps_code"),
];

/// The export of traces.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Exports to the collector at an address; `/v1/traces` is added to it.
    pub(super) fn to(endpoint: &str) -> anyhow::Result<Self> {
        joined::export();
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(client::TIMEOUT)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_http_client(Client::new(endpoint)?)
            .build()?;
        let resource = Resource::builder()
            .with_service_name("kvitt")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_id_generator(Ids)
            .with_resource(resource.build())
            .with_batch_exporter(Exporter { inner: exporter, is_down: AtomicBool::new(false) });
        Ok(Self(provider.build()))
    }

    /// A layer that exports the spans of our own crates, whatever the filter of the log is.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("kvitt"));
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("kvitt"));
        let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
        layer.with_context_activation(false).with_filter(ours)
    }

    /// Sends the remaining spans.
    pub(super) async fn end(self) {
        let ending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(SHUTDOWN_TIMEOUT));
        if !matches!(ending.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// Sanitizes spans and sends them. Logs once when the collector is unreachable, and once when it is back.
#[derive(Debug)]
struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    is_down: AtomicBool,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.inner.export(batch.into_iter().map(sanitized).collect()).await;
        match (&sent, self.is_down.swap(sent.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!(%error, "traces do not reach the collector"),
            (Ok(()), true) => tracing::info!("traces reach the collector again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// A span with the names of OpenTelemetry and the listed attributes only.
fn sanitized(mut span: SpanData) -> SpanData {
    span.events = SpanEvents::default();
    span.attributes.retain_mut(|attribute| {
        let known = ATTRIBUTES.iter().find(|(ours, _)| *ours == attribute.key.as_str());
        known.inspect(|(_, theirs)| attribute.key = Key::from_static_str(theirs)).is_some()
    });
    let attribute =
        |key: &str| span.attributes.iter().find(|known| known.key.as_str() == key).map(|known| &known.value);
    let status = match attribute("http.response.status_code") {
        Some(Value::I64(status)) => Some(*status),
        _ => None,
    };
    let (kind, name, failed) = match &*span.name {
        "request" => {
            let [method, route] = ["http.request.method", "http.route"].map(|key| attribute(key).map(Value::as_str));
            let name = format!("{} {}", method.unwrap_or_default(), route.unwrap_or_default());
            (SpanKind::Server, Some(name), status.is_some_and(|status| status >= 500))
        }
        "call" => {
            let name = attribute("kvitt.operation").map(|operation| format!("vipps {operation}"));
            (SpanKind::Client, name, status.is_none_or(|status| status >= 400))
        }
        "effect" => (SpanKind::Internal, attribute("kvitt.effect").map(Value::to_string), false),
        _ => (SpanKind::Internal, None, false),
    };
    span.span_kind = kind;
    span.status = if failed { Status::error("") } else { Status::Unset };
    span.name = name.map_or(span.name, Into::into);
    span
}
