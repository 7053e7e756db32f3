//! The database is away, locked or full: what is tried again meanwhile, and how little is said of it.
//!
//! Everything fails then, for every page and every worker at once. What has happened at the vendor's already is kept in hand and written
//! down when the database is back; everything else is told to come again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::engine::ledger;
use crate::store;

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two lines of the log.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// When the last line was written, and how many were kept back since.
static SAID: Mutex<(Option<Instant>, u64)> = Mutex::new((None, 0));

/// Says that the database failed and in what: every fault of ours, and of an outage one line a second with the number of those kept back.
pub fn report(error: &store::Error, what: &'static str) {
    let mut kept_back = 0;
    if error.is_transient() {
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        if said.0.is_some_and(|last| last.elapsed() < BETWEEN_LINES) {
            said.1 += 1;
            return;
        }
        kept_back = said.1;
        *said = (Some(Instant::now()), 0);
    }
    tracing::error!(what, %error, kept_back, "store failed");
}

/// Asks until there is another answer than that of an outage, until that moment at most. After the stop it asks no more.
///
/// # Errors
/// The last answer.
pub async fn sit_out<T, F: Future<Output = Result<T, ledger::Error>>>(
    what: &'static str,
    until: Instant,
    stop: &CancellationToken,
    ask: impl Fn() -> F,
) -> Result<T, ledger::Error> {
    loop {
        match ask().await {
            Err(ledger::Error::Store(error))
                if error.is_transient() && Instant::now() + PAUSE < until && !stop.is_cancelled() =>
            {
                report(&error, what);
            }
            answer => return answer,
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
}
