//! Vipps MobilePay: its API, its webhooks, the deadlines of reserved money, and the reconciliation.

use std::time::Duration;

use super::reader::Reader;
use super::sales_units::{Market, SalesUnit};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The API of Vipps MobilePay.
#[derive(Clone, Debug)]
pub struct Vipps {
    /// The URL, without a slash at the end.
    pub base_url: String,
    /// The timeout of one call.
    pub timeout: Duration,
    /// The hosts to which customers may be sent, subdomains included.
    pub redirect_hosts: Vec<String>,
}

impl Vipps {
    pub(super) fn read(vipps: &mut Reader<'_>) -> Self {
        Self {
            base_url: vipps.base_url("base_url"),
            timeout: vipps.duration("timeout_ms"),
            redirect_hosts: vipps.hosts("redirect_hosts"),
        }
    }
}

/// The webhooks of Vipps MobilePay.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// How far a webhook's date may be from the proxy's clock.
    pub tolerance: Duration,
    /// The most webhooks that may wait to be stored.
    pub queue: usize,
    /// How long a webhook may be behind the poll that found what it tells of.
    pub grace: Duration,
    /// Whether the proxy registers missing webhooks by itself.
    pub repair: bool,
    /// The interval at which the registrations are checked.
    pub every: Duration,
    /// The URL under which Vipps MobilePay reaches the proxy, without a slash at the end.
    public_url: String,
}

impl Webhook {
    pub(super) fn read(webhook: &mut Reader<'_>, public_url: &str) -> Self {
        Self {
            tolerance: webhook.duration("tolerance_ms"),
            queue: webhook.count("queue"),
            grace: webhook.duration("grace_ms"),
            repair: webhook.flag("repair"),
            every: webhook.duration("check_every_ms"),
            public_url: public_url.to_owned(),
        }
    }

    /// The URL with which a sales unit's webhook is registered.
    pub fn url(&self, unit: &SalesUnit) -> String {
        format!("{}/callbacks/vipps/{}", self.public_url, unit.name)
    }
}

/// The deadlines of reserved money.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    /// How long before a deadline the warning begins, in milliseconds.
    pub warn_ms: i64,
    /// The longest time that a reservation lasts in Norway, in milliseconds.
    pub no_ms: i64,
    /// The same in Denmark.
    pub dk_ms: i64,
    /// The same in Finland.
    pub fi_ms: i64,
    /// The interval at which the deadlines are checked.
    pub every: Duration,
}

impl Capture {
    pub(super) fn read(capture: &mut Reader<'_>) -> Self {
        let mut days = |key| capture.between(key, 1, 366) * DAY_MS;
        Self {
            warn_ms: days("warn_days"),
            no_ms: days("no_days"),
            dk_ms: days("dk_days"),
            fi_ms: days("fi_days"),
            every: capture.duration("every_ms"),
        }
    }

    /// The longest time that a reservation lasts in a market, in milliseconds.
    pub const fn window_ms(&self, market: Market) -> i64 {
        match market {
            Market::No => self.no_ms,
            Market::Dk => self.dk_ms,
            Market::Fi => self.fi_ms,
        }
    }

    /// The longest time that a reservation lasts in any market, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        self.no_ms.max(self.dk_ms).max(self.fi_ms)
    }
}

/// The reconciliation with Vipps MobilePay.
#[derive(Clone, Copy, Debug)]
pub struct Reconcile {
    /// The interval.
    pub every: Duration,
    /// How many orders are read at the same time.
    pub at_once: usize,
}

impl Reconcile {
    pub(super) fn read(reconcile: &mut Reader<'_>) -> Self {
        Self { every: reconcile.duration("every_ms"), at_once: reconcile.count("at_once") }
    }
}
