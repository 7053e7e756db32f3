//! Retries and logging while the database is unavailable, locked or full.
//!
//! All pages and workers then fail at once. A result of Vipps MobilePay is kept in memory and retried until it is
//! stored or its lease expires; everything else fails and is retried by its caller. The log gets at most one line a
//! second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::engine::ledger;
use crate::store;

/// The pause between two tries.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The shortest time between two lines about an outage.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// When the last line was logged, and how many were suppressed since.
static LAST_LINE: Mutex<(Option<Instant>, u64)> = Mutex::new((None, 0));

/// Logs a store error and the operation that it hit. A permanent error is always logged; during an outage, one line a
/// second with the number of suppressed lines.
pub fn report(error: &store::Error, what: &'static str) {
    let mut suppressed = 0;
    if error.is_transient() {
        let mut last_line = LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner);
        if last_line.0.is_some_and(|last| last.elapsed() < LOG_EVERY) {
            last_line.1 += 1;
            return;
        }
        suppressed = last_line.1;
        *last_line = (Some(Instant::now()), 0);
    }
    tracing::error!(what, %error, suppressed, "store failed");
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
