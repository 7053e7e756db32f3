//! The log, on standard error. Conventions:
//!
//! - A line has a message in plain words and fields. Fields are snake_case, with the unit in the name (`latency_ms`).
//! - A line about a checkout has `checkout` and its [`trace_id`](crate::observe::trace), and `reference` where it is
//!   about one payment.
//! - A failure is logged once, where it is handled.
//! - No token, secret, telephone number or body is ever a field.
//!
//! With the feature `otlp`, the spans are also sent to a collector.

mod line;
#[cfg(feature = "otlp")]
mod otlp;

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::Log;
use line::{Fields, Line};

/// The log and the export of traces, once they run.
#[derive(Debug)]
pub struct Telemetry {
    #[cfg(feature = "otlp")]
    traces: Option<otlp::Traces>,
}

/// Starts the log on standard error, and the export of traces where a collector is configured.
///
/// # Errors
/// When the filter is invalid, or a log was started before.
pub fn start(log: &Log) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // When the log cannot be written, as on a full disk, the error cannot be written either: trying would panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .fmt_fields(Fields::default())
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
    /// Sends the remaining spans; takes a few seconds at most.
    pub async fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(traces) = self.traces {
            traces.end().await;
        }
    }
}
