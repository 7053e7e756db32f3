//! What requests show to be set up wrongly: webhooks that nobody can verify, a reverse proxy that is not trusted. It is stored, so that the
//! warnings and `kvitt doctor` can say so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::checkout::Moment;
use crate::engine::outage;
use crate::store::Store;
use crate::store::reconciliation::StoredGauge;

/// A webhook was verified; the label is the sales unit.
pub const WEBHOOK_VERIFIED: &str = "webhook_verified";
/// A webhook was signed, and not with a secret that is known; the label is the sales unit.
pub const WEBHOOK_UNVERIFIED: &str = "webhook_unverified";
/// A peer sent `X-Forwarded-For` that is not a trusted proxy.
pub const UNTRUSTED_FORWARDER: &str = "untrusted_forwarder";

/// The shortest time between two writes of the same.
const WRITE_EVERY: Duration = Duration::from_secs(10 * 60);
/// A sighting says something about now for this long, in milliseconds.
const RECENT_MS: i64 = 24 * 60 * 60 * 1000;

/// A handle; clones share it.
#[derive(Clone)]
pub struct Sightings {
    store: Store,
    /// What was written last under each label, and when. Labels are few: names of the configuration.
    written: Arc<Mutex<HashMap<String, (&'static str, Instant)>>>,
}

impl Sightings {
    /// Stores sightings in this store.
    pub fn new(store: Store) -> Self {
        Self { store, written: Arc::default() }
    }

    /// Something was seen. It is stored every ten minutes at most, and when something else was seen under that label before. True when it
    /// is stored, which is also when it may be logged.
    pub async fn saw(&self, name: &'static str, label: &str) -> bool {
        {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let before = written.get(label);
            if before.is_some_and(|(last, at)| *last == name && at.elapsed() < WRITE_EVERY) {
                return false;
            }
            written.insert(label.to_owned(), (name, Instant::now()));
        }
        if let Err(error) = self.store.save_gauge(name, label, 1, clock::now()).await {
            outage::report(&error, "sighting not stored");
        }
        true
    }
}

/// When a sales unit's webhook was last refused that was signed, if none was verified since; and when one was.
pub fn unverified(gauges: &[StoredGauge], sales_unit: &str, now: Moment) -> Option<(Moment, Option<Moment>)> {
    let refused = last(gauges, WEBHOOK_UNVERIFIED, sales_unit).filter(|at| now.0 - at.0 < RECENT_MS)?;
    let verified = last(gauges, WEBHOOK_VERIFIED, sales_unit);
    verified.is_none_or(|verified| verified < refused).then_some((refused, verified))
}

/// When a reverse proxy was last seen that is not trusted, if that is recent.
pub fn untrusted_forwarder(gauges: &[StoredGauge], now: Moment) -> Option<Moment> {
    last(gauges, UNTRUSTED_FORWARDER, "").filter(|at| now.0 - at.0 < RECENT_MS)
}

fn last(gauges: &[StoredGauge], name: &str, label: &str) -> Option<Moment> {
    gauges.iter().find(|gauge| gauge.name == name && gauge.label == label).map(|gauge| gauge.read_at)
}
