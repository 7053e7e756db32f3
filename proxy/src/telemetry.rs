//! The log. Its convention: a message in plain words AND fields; fields are snake_case with units in their names (`latency_ms`); a
//! checkout's lines carry `checkout` and its [`trace_id`](crate::trace), and `reference` where one payment is meant; a failure is logged once, where it is handled; no token, secret, telephone number
//! or body is ever a field.

mod line;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

use crate::config::Log;
use line::Line;

/// Starts the log on standard error.
///
/// # Errors
/// When the filter does not read, or a log has been started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Of a log that cannot be written, as on a full disk, nothing can be said on standard error either: saying so would panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .fmt_fields(JsonFields::new())
        .event_format(Line { json: log.json })
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}
