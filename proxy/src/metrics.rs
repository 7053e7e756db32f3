//! What is counted, for `/metrics`. The depths of the queues are read from the store when they are asked for.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::store::Depths;

/// The counters that the proxy keeps itself.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    webhooks: Family<Outcome, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Phase {
    state: String,
}

impl Metrics {
    /// A webhook was `accepted`, or why it was not.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&Outcome { outcome }).inc();
    }

    /// All of it in [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) text.
    ///
    /// # Errors
    /// When it cannot be written, which text always can.
    pub fn render(
        &self,
        depths: Depths,
        phases: Vec<(String, i64)>,
        watchers: usize,
    ) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("kvitt");
        registry.register("webhooks", "Webhooks by what became of them", self.webhooks.clone());
        let checkouts = Family::<Phase, Gauge>::default();
        for (state, count) in phases {
            checkouts.get_or_create(&Phase { state }).set(count);
        }
        registry.register("checkouts", "Checkouts by the state of their current attempt", checkouts);
        let watchers = i64::try_from(watchers).unwrap_or(i64::MAX);
        for (name, help, value) in [
            ("inbox_waiting", "Webhooks not yet worked on", depths.inbox),
            ("outbox_waiting", "Effects that wait for their time or their worker", depths.outbox),
            ("outbox_parked", "Effects that cannot succeed and wait for the operator", depths.parked),
            ("outbox_overdue_milliseconds", "How late the most overdue effect is", depths.overdue_ms),
            ("watchers", "Pages and requests that wait for news of a checkout", watchers),
        ] {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}
