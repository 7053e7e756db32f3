//! The metrics at `/metrics`. The proxy counts requests, calls, webhooks and deliveries here, in memory. Queue lengths
//! and states are read from the store when the metrics are rendered.
//!
//! Each label has a small set of values. No token, reference or address is ever a label.

use std::sync::Arc;
use std::time::Duration;

use kvitt_vipps::{Exchange, Observer};
use kvitt_wire::State;
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

/// Name of the stored gauge: whether the webhooks of a sales unit are registered. The label is their address.
pub const WEBHOOK_REGISTERED: &str = "webhook_registered";
/// Name of the stored gauge: reservations whose guarantee ends within the days of warning.
pub const CAPTURES_DUE: &str = "captures_due";
/// Name of the stored gauge: reservations that are no longer guaranteed.
pub const CAPTURES_OVERDUE: &str = "captures_overdue";
/// Histogram buckets, in seconds: from a query of the store to the longest wait of a customer.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The counters in memory; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    webhooks: Family<Outcome, Counter>,
    deliveries: Family<Outcome, Counter>,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    calls: Family<Operation, Histogram, fn() -> Histogram>,
    answers: Family<Answer, Counter>,
    heads_too_large: Counter,
}

/// The values that are read when the metrics are rendered.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    /// How many rows wait in each queue.
    pub depths: Depths,
    /// The queue of deliveries to the shop.
    pub relay: RelayDepths,
    /// The age of the oldest webhook in the inbox, in milliseconds.
    pub inbox_age_ms: i64,
    /// The number of checkouts by the state of their current attempt.
    pub phases: Vec<(State, i64)>,
    /// The sales units, and whether their webhooks are known to be registered.
    pub registered: Vec<(String, bool)>,
    /// The sales units, and whether this proxy trusts their webhooks.
    pub trusted: Vec<(String, bool)>,
    /// How far the clock is ahead of that of Vipps MobilePay, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
    /// The gauges that chores have stored.
    pub readings: Vec<StoredGauge>,
    /// When payments were last reconciled, in milliseconds since 1970, and how many differed.
    pub reconciled: Option<(i64, i64)>,
    /// Pages and requests that are subscribed to a checkout.
    pub subscribers: usize,
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
            heads_too_large: Counter::default(),
        }
    }
}

impl Metrics {
    /// Counts a webhook: `accepted`, or the reason why not.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a try to deliver an event to the shop, by its outcome.
    pub fn delivery(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a request whose head was too large.
    pub fn head_too_large(&self) {
        self.heads_too_large.inc();
    }

    /// Counts a response. The route is its pattern, not the path.
    pub fn request(&self, method: &str, route: &str, status: u16, latency: Duration) {
        let method = ["GET", "POST", "DELETE", "OPTIONS", "HEAD"].into_iter().find(|known| *known == method);
        let request = Request { method: method.unwrap_or("other"), route: route.to_owned(), status };
        self.requests.get_or_create(&request).observe(latency.as_secs_f64());
    }

    /// An observer that counts the calls of a client of Vipps MobilePay.
    pub fn observer(&self) -> Observer {
        let (calls, answers) = (self.calls.clone(), self.answers.clone());
        Arc::new(move |Exchange { operation, status, code, latency, .. }| {
            calls.get_or_create(&Operation { operation }).observe(latency.as_secs_f64());
            let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            let code = code.map(|code| code.to_string()).unwrap_or_default();
            answers.get_or_create(&Answer { operation, status, code }).inc();
        })
    }

    /// Renders everything as [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) text.
    ///
    /// # Errors
    /// When formatting fails, which it does not for a `String`.
    pub fn render(&self, gauges: &Gauges) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("kvitt");
        registry.register("webhooks", "Webhooks by outcome", self.webhooks.clone());
        registry.register("deliveries", "Tries to deliver events to the shop, by outcome", self.deliveries.clone());
        registry.register("request_seconds", "Time from a request to the head of its response", self.requests.clone());
        registry.register("vipps_call_seconds", "Calls to Vipps MobilePay, by operation", self.calls.clone());
        registry.register(
            "vipps_answers",
            "Responses of Vipps MobilePay; status none where there was none",
            self.answers.clone(),
        );
        registry.register(
            "heads_too_large",
            "Requests that were refused because their head was too large, such as by too many cookies",
            self.heads_too_large.clone(),
        );
        let checkouts = Family::<Phase, Gauge>::default();
        for (state, count) in &gauges.phases {
            checkouts.get_or_create(&Phase { state: state.as_str().to_owned() }).set(*count);
        }
        registry.register("checkouts", "Checkouts by the state of their current attempt", checkouts);
        registry.register(
            "webhook_registered",
            "Whether the webhooks of a sales unit are registered, when last checked; 0 before the first check",
            by_sales_unit(&gauges.registered),
        );
        registry.register(
            "webhooks_trusted",
            "Whether the webhooks of a sales unit have proven themselves, so that its waiting payments are polled rarely",
            by_sales_unit(&gauges.trusted),
        );
        let relay = gauges.relay;
        let Depths { inbox, outbox, parked, overdue_ms } = gauges.depths;
        let read = |name: &str| gauges.readings.iter().find(|reading| reading.name == name).map(|found| found.value);
        let subscribers = i64::try_from(gauges.subscribers).unwrap_or(i64::MAX);
        for (name, help, value) in [
            ("inbox_waiting", "Webhooks not yet processed", Some(inbox)),
            ("inbox_age_milliseconds", "How long the oldest of them has waited", Some(gauges.inbox_age_ms)),
            ("outbox_waiting", "Effects that wait for their due time or for a worker", Some(outbox)),
            ("outbox_parked", "Effects that failed permanently and wait for an operator", Some(parked)),
            ("outbox_overdue_milliseconds", "How late the most overdue effect is", Some(overdue_ms)),
            ("deliveries_waiting", "Events not yet delivered to the shop", Some(relay.waiting)),
            ("deliveries_oldest_milliseconds", "How long the oldest of them has waited", Some(relay.oldest_ms)),
            ("endpoints_disabled", "Endpoints of the shop that are disabled", Some(relay.disabled)),
            (
                "clock_ahead_milliseconds",
                "How far the clock is ahead of that of Vipps MobilePay",
                gauges.clock_ahead_ms,
            ),
            ("watchers", "Pages and requests that are subscribed to a checkout", Some(subscribers)),
            ("captures_due", "Reservations whose guarantee ends soon", read(CAPTURES_DUE)),
            ("captures_overdue", "Reservations whose guarantee has ended", read(CAPTURES_OVERDUE)),
            (
                "drift",
                "Payments whose records differed from those of Vipps MobilePay",
                gauges.reconciled.map(|(_, drift)| drift),
            ),
            (
                "compared_timestamp_seconds",
                "When payments were last reconciled",
                gauges.reconciled.map(|(at, _)| at / 1000),
            ),
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

/// A gauge of each sales unit: 1 or 0.
fn by_sales_unit(units: &[(String, bool)]) -> Family<SalesUnit, Gauge> {
    let family = Family::<SalesUnit, Gauge>::default();
    for (sales_unit, holds) in units {
        family.get_or_create(&SalesUnit { sales_unit: sales_unit.clone() }).set(i64::from(*holds));
    }
    family
}
