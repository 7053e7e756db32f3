//! What is counted, for `/metrics`: what passes by is counted here, what lies somewhere is read from the store when it is asked for.
//!
//! Labels have a fixed set of values: no token, reference or address is ever one.

use std::sync::Arc;
use std::time::Duration;

use kvitt_vipps::{Exchange, Observer};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::store::Depths;
use crate::store::deliveries::RelayDepths;
use crate::store::reconciliation::StoredGauge;

/// The stored gauge of whether webhooks of a sales unit come to us.
pub const WEBHOOK_REGISTERED: &str = "webhook_registered";
/// The stored gauge of how many reservations are to be captured within the days of warning.
pub const CAPTURES_DUE: &str = "captures_due";
/// The stored gauge of how many reservations are not guaranteed any more.
pub const CAPTURES_OVERDUE: &str = "captures_overdue";
/// From a store's answer to the longest that a customer waits.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The counters that the proxy keeps itself; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    webhooks: Family<Outcome, Counter>,
    deliveries: Family<Outcome, Counter>,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    calls: Family<Operation, Histogram, fn() -> Histogram>,
    answers: Family<Answer, Counter>,
}

/// What is read from elsewhere when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// How much waits where.
    pub depths: Depths,
    /// How the relay stands.
    pub relay: RelayDepths,
    /// How long the oldest webhook has waited, in milliseconds.
    pub inbox_age_ms: i64,
    /// Checkouts by the state of their current attempt.
    pub phases: Vec<(String, i64)>,
    /// What chores have read off.
    pub readings: Vec<StoredGauge>,
    /// When the books were last compared, in milliseconds since 1970, and how many payments they differed about.
    pub compared: Option<(i64, i64)>,
    /// Pages and requests that wait for news.
    pub watchers: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Phase {
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    operation: &'static str,
    status: String,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SalesUnit {
    sales_unit: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds: fn() -> Histogram = || Histogram::new(SECONDS);
        Self {
            webhooks: Family::default(),
            deliveries: Family::default(),
            requests: Family::new_with_constructor(seconds),
            calls: Family::new_with_constructor(seconds),
            answers: Family::default(),
        }
    }
}

impl Metrics {
    /// A webhook was `accepted`, or why it was not.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&Outcome { outcome }).inc();
    }

    /// A delivery to the shop was tried, and what became of it.
    pub fn delivery(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&Outcome { outcome }).inc();
    }

    /// A request was answered. The route is its pattern, not its path.
    pub fn request(&self, method: &str, route: &str, status: u16, latency: Duration) {
        let method = ["GET", "POST", "DELETE", "OPTIONS", "HEAD"].into_iter().find(|known| *known == method);
        let request = Request { method: method.unwrap_or("other"), route: route.to_owned(), status };
        self.requests.get_or_create(&request).observe(latency.as_secs_f64());
    }

    /// Counts what a client of the vendor is told.
    pub fn observer(&self) -> Observer {
        let (calls, answers) = (self.calls.clone(), self.answers.clone());
        Arc::new(move |Exchange { operation, status, code, latency, .. }| {
            calls.get_or_create(&Operation { operation }).observe(latency.as_secs_f64());
            let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            let code = code.map(|code| code.to_string()).unwrap_or_default();
            answers.get_or_create(&Answer { operation, status, code }).inc();
        })
    }

    /// All of it in [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) text.
    ///
    /// # Errors
    /// When it cannot be written, which text always can.
    pub fn render(&self, levels: &Levels) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("kvitt");
        registry.register("webhooks", "Webhooks by what became of them", self.webhooks.clone());
        registry.register("deliveries", "Tries to tell the shop by what became of them", self.deliveries.clone());
        registry.register("request_seconds", "From a request to the head of its answer", self.requests.clone());
        registry.register("vipps_call_seconds", "Calls to Vipps MobilePay by what was asked for", self.calls.clone());
        registry.register(
            "vipps_answers",
            "Answers of Vipps MobilePay; status none where none came",
            self.answers.clone(),
        );
        let checkouts = Family::<Phase, Gauge>::default();
        for (state, count) in &levels.phases {
            checkouts.get_or_create(&Phase { state: state.clone() }).set(*count);
        }
        registry.register("checkouts", "Checkouts by the state of their current attempt", checkouts);
        let registered = Family::<SalesUnit, Gauge>::default();
        for reading in levels.readings.iter().filter(|reading| reading.name == WEBHOOK_REGISTERED) {
            registered.get_or_create(&SalesUnit { sales_unit: reading.label.clone() }).set(reading.value);
        }
        registry.register("webhook_registered", "Whether webhooks of a sales unit come, when last looked", registered);
        let relay = levels.relay;
        let Depths { inbox, outbox, parked, overdue_ms } = levels.depths;
        let read = |name: &str| levels.readings.iter().find(|reading| reading.name == name).map(|found| found.value);
        let watchers = i64::try_from(levels.watchers).unwrap_or(i64::MAX);
        for (name, help, value) in [
            ("inbox_waiting", "Webhooks not yet worked on", Some(inbox)),
            ("inbox_age_milliseconds", "How long the oldest of them has waited", Some(levels.inbox_age_ms)),
            ("outbox_waiting", "Effects that wait for their time or their worker", Some(outbox)),
            ("outbox_parked", "Effects that cannot succeed and wait for the operator", Some(parked)),
            ("outbox_overdue_milliseconds", "How late the most overdue effect is", Some(overdue_ms)),
            ("deliveries_waiting", "Events that the shop is yet to be told", Some(relay.waiting)),
            ("deliveries_oldest_milliseconds", "How long the oldest of them has waited", Some(relay.oldest_ms)),
            ("endpoints_disabled", "Endpoints of the shop that are told nothing any more", Some(relay.disabled)),
            ("watchers", "Pages and requests that wait for news of a checkout", Some(watchers)),
            ("captures_due", "Reservations whose guarantee ends soon", read(CAPTURES_DUE)),
            ("captures_overdue", "Reservations whose guarantee has ended", read(CAPTURES_OVERDUE)),
            ("drift", "Payments that the books differed about", levels.compared.map(|(_, drift)| drift)),
            ("compared_timestamp_seconds", "When the books were compared", levels.compared.map(|(at, _)| at / 1000)),
        ] {
            if let Some(value) = value {
                let gauge = Gauge::<i64>::default();
                gauge.set(value);
                registry.register(name, help, gauge);
            }
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}
