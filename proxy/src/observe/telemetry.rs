//! The log. Its convention: a message in plain words AND fields; fields are snake_case with units in their names (`latency_ms`); a
//! checkout's lines carry `checkout` and its [`trace_id`](crate::observe::trace), and `reference` where one payment is meant; a failure is logged once, where it is handled; no token, secret, telephone number
//! or body is ever a field.
//!
//! With the feature `otlp`, the spans around the lines go to a collector too.

mod line;
#[cfg(feature = "otlp")]
mod otlp;

use std::io::IsTerminal;

use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::Log;
use line::Line;

/// What has been started.
#[derive(Debug)]
pub struct Telemetry {
    #[cfg(feature = "otlp")]
    traces: Option<otlp::Traces>,
}

/// Starts the log on standard error and, where there is a collector, the export of traces.
///
/// # Errors
/// When the filter does not read, or a log has been started before.
pub fn start(log: &Log) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // Of a log that cannot be written, as on a full disk, nothing can be said on standard error either: saying so would panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .fmt_fields(JsonFields::new())
        .event_format(Line { json: log.json })
        .with_filter(filter);
    let subscriber = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otlp")]
    let traces = log.otlp_endpoint.as_deref().map(otlp::Traces::to).transpose()?;
    #[cfg(feature = "otlp")]
    let subscriber = subscriber.with(traces.as_ref().map(otlp::Traces::layer));
    subscriber.try_init().map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))?;
    Ok(Telemetry {
        #[cfg(feature = "otlp")]
        traces,
    })
}

impl Telemetry {
    /// Sends what is left, in a few seconds at most.
    pub async fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(traces) = self.traces {
            traces.end().await;
        }
    }
}
