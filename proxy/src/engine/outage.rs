//! Retries and logging while the database is unavailable, locked or full.
//!
//! All pages and workers then fail at once. A result of Vipps MobilePay is kept in memory and retried until it is
//! stored or its lease expires; everything else fails and is retried by its caller. The log gets at most one line a
//! second.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::engine::ledger;
use crate::observe::throttle::Throttle;
use crate::store;

/// The pause between two tries.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Logs a store error and the operation that it hit. A permanent error is always logged; during an outage, one line a
/// second with the number of suppressed lines.
pub fn report(error: &store::Error, what: &'static str) {
    static LINES: Throttle = Throttle::new(1);
    let passes = if error.is_transient() { LINES.passes() } else { Some(0) };
    if let Some(suppressed) = passes {
        tracing::error!(what, %error, suppressed, "store failed");
    }
}

/// Retries an operation while the database is unavailable, until `until` at most. After `stop` is cancelled it does not
/// retry.
///
/// # Errors
/// The error of the last try.
pub async fn retry_until<T, F: Future<Output = Result<T, ledger::Error>>>(
    what: &'static str,
    until: Instant,
    stop: &CancellationToken,
    operation: impl Fn() -> F,
) -> Result<T, ledger::Error> {
    loop {
        match operation().await {
            Err(ledger::Error::Store(error))
                if error.is_transient() && Instant::now() + RETRY_DELAY < until && !stop.is_cancelled() =>
            {
                report(&error, what);
            }
            result => return result,
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY_DELAY) => {}
            () = stop.cancelled() => {}
        }
    }
}
