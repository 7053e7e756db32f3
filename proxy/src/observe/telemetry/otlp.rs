//! The spans of [`trace`](crate::observe::trace) and of calls to Vipps MobilePay, sent to a collector by OTLP, as protobuf over HTTP.
//!
//! A thread of its own sends them in batches. What ends a span only puts it into a bounded queue, and what finds no room there is lost:
//! nothing waits for the collector. Spans leave with the [`ATTRIBUTES`] and nothing else: no event, no message, no address.

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

use crate::observe::trace::joined::Ids;
use client::Client;

/// How long what is left may take at the end: a batch that is given up, and a little more.
const GRACE: Duration = Duration::from_secs(5);

/// What a span may say, by our names and by those of OpenTelemetry.
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

/// The way to the collector.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector at an address, to which `/v1/traces` is added.
    pub(super) fn to(endpoint: &str) -> anyhow::Result<Self> {
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
            .with_batch_exporter(Exporter { inner: exporter, is_away: AtomicBool::new(false) });
        Ok(Self(provider.build()))
    }

    /// Takes the spans of our own crates, whatever the log's filter says.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("kvitt"));
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("kvitt"));
        let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
        layer.with_context_activation(false).with_filter(ours)
    }

    /// Sends what is left.
    pub(super) async fn end(self) {
        let ending = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(GRACE));
        if !matches!(ending.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// Dresses spans for the journey, and says once when the collector goes away and when it is back.
#[derive(Debug)]
struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    is_away: AtomicBool,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.inner.export(batch.into_iter().map(dressed).collect()).await;
        match (&sent, self.is_away.swap(sent.is_err(), Ordering::Relaxed)) {
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

/// A span by the names of OpenTelemetry, without anything that is not on the list.
fn dressed(mut span: SpanData) -> SpanData {
    span.events = SpanEvents::default();
    span.attributes.retain_mut(|attribute| {
        let known = ATTRIBUTES.iter().find(|(ours, _)| *ours == attribute.key.as_str());
        known.inspect(|(_, theirs)| attribute.key = Key::from_static_str(theirs)).is_some()
    });
    let said = |key: &str| span.attributes.iter().find(|known| known.key.as_str() == key).map(|known| &known.value);
    let status = match said("http.response.status_code") {
        Some(Value::I64(status)) => Some(*status),
        _ => None,
    };
    let (kind, name, failed) = match &*span.name {
        "request" => {
            let [method, route] = ["http.request.method", "http.route"].map(|key| said(key).map(Value::as_str));
            let name = format!("{} {}", method.unwrap_or_default(), route.unwrap_or_default());
            (SpanKind::Server, Some(name), status.is_some_and(|status| status >= 500))
        }
        "call" => {
            let name = said("kvitt.operation").map(|operation| format!("vipps {operation}"));
            (SpanKind::Client, name, status.is_none_or(|status| status >= 400))
        }
        "effect" => (SpanKind::Internal, said("kvitt.effect").map(Value::to_string), false),
        _ => (SpanKind::Internal, None, false),
    };
    span.span_kind = kind;
    span.status = if failed { Status::error("") } else { Status::Unset };
    span.name = name.map_or(span.name, Into::into);
    span
}
