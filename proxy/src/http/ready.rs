//! Whether the proxy can do its work at this moment: nobody should be sent to one that cannot.
//!
//! It only asks. Vipps MobilePay being away is no reason, since another proxy would not reach it either.

use std::time::Duration;

use crate::base::clock;
use crate::engine::outage;
use crate::http::app::App;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What stands in the way, in words; empty when nothing does.
pub async fn troubles(app: &App) -> Vec<&'static str> {
    let mut troubles = Vec::new();
    match tokio::time::timeout(PATIENCE, app.store.depths(clock::now())).await {
        Ok(Ok(depths)) => {
            // What is late from before this proxy was there says nothing of it: it is being caught up with.
            let here_ms = i64::try_from(app.since.elapsed().as_millis()).unwrap_or(i64::MAX);
            if depths.overdue_ms.min(here_ms) > app.http.ready.outbox_overdue_ms {
                troubles.push("outbox: what is due is not done");
            }
        }
        Ok(Err(error)) => {
            outage::report(&error, "not ready");
            troubles.push("database: does not answer");
        }
        Err(_) => troubles.push("database: does not answer within a second"),
    }
    if app.inbox.is_full() {
        troubles.push("inbox: the queue is full");
    }
    if app.store.free_bytes().is_some_and(|free| free < app.http.ready.free_bytes) {
        troubles.push("disk: full");
    }
    troubles
}
