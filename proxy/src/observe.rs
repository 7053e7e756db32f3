//! What an operator sees of a running proxy: metrics, the log, traces. None of them may contain a token, a secret, a
//! telephone number or a body.

pub mod metrics;
pub mod telemetry;
pub mod throttle;
pub mod trace;
