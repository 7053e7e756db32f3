//! The log, and the collector of traces.

use super::reader::Reader;

/// How to log, and where traces go.
#[derive(Clone, Debug)]
pub struct Log {
    /// Lines of JSON instead of text.
    pub json: bool,
    /// Which messages.
    pub filter: String,
    /// The OpenTelemetry collector that traces are sent to, without a slash at the end; none: they are not sent.
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
