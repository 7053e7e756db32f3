//! The log, and the collector of traces.

use super::reader::Reader;

/// The log, and the collector of traces.
#[derive(Clone, Debug)]
pub struct Log {
    /// Whether to log lines of JSON instead of text.
    pub json: bool,
    /// The tracing filter of messages.
    pub filter: String,
    /// The OpenTelemetry collector that receives traces, without a slash at the end; none: traces are not sent.
    pub otlp_endpoint: Option<String>,
}

impl Log {
    pub(super) fn read(top: &mut Reader<'_>) -> Self {
        let (json, filter) = top
            .section("log", |log| (log.one_of("format", &[("pretty", false), ("json", true)]), log.filter("filter")));
        let otlp_endpoint = top.section("telemetry", |telemetry| telemetry.collector("otlp_endpoint"));
        Self { json, filter, otlp_endpoint }
    }
}
