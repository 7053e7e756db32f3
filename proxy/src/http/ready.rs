//! Readiness: whether this proxy can do its work now, or a load balancer should send requests elsewhere.
//!
//! The checks only read. An outage of Vipps MobilePay does not make a proxy unready: another proxy would not reach it either.

use std::time::Duration;

use crate::base::clock;
use crate::engine::outage;
use crate::http::app::App;

/// How long the database may take to answer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The checks that fail, as texts for an operator; empty when the proxy is ready.
pub async fn failed_checks(app: &App) -> Vec<&'static str> {
    let mut failed = Vec::new();
    match tokio::time::timeout(TIMEOUT, app.store.depths(clock::now())).await {
        Ok(Ok(depths)) => {
            // Effects that were overdue before this proxy started do not count against it: it is catching up.
            let uptime_ms = i64::try_from(app.since.elapsed().as_millis()).unwrap_or(i64::MAX);
            // By a wrong clock everything may seem overdue.
            let clock_is_right = app.performer.reference().wrong_by_ms().is_none();
            if clock_is_right && depths.overdue_ms.min(uptime_ms) > app.http.ready.outbox_overdue_ms {
                failed.push("outbox: effects are overdue");
            }
        }
        Ok(Err(error)) => {
            outage::report(&error, "not ready");
            failed.push("database: does not answer");
        }
        Err(_) => failed.push("database: does not answer within a second"),
    }
    if app.inbox.is_full() {
        failed.push("inbox: the queue is full");
    }
    if app.store.free_bytes().is_some_and(|free| free < app.http.ready.free_bytes) {
        failed.push("disk: full");
    }
    failed
}
