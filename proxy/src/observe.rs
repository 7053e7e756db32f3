//! What an operator sees of a running proxy: metrics, the log, traces.

pub mod metrics;
pub mod telemetry;
pub mod trace;
