//! The log. Its convention: a message in plain words AND fields; fields are snake_case with units in their names (`latency_ms`); a
//! checkout's lines carry `checkout` and `reference`; a failure is logged once, where it is handled; no token, secret, telephone number
//! or body is ever a field.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// Starts the log on standard error.
///
/// # Errors
/// When the filter does not read, or a log has been started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Of a log that cannot be written, as on a full disk, nothing can be said on standard error either: saying so would panic.
    let lines = lines.log_internal_errors(false);
    let started = if log.json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).compact().try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}
