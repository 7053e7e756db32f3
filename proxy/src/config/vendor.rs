//! Vipps MobilePay: its API, its webhooks, reserved money, reconciliation.

use std::time::Duration;

use super::reader::Reader;
use super::sales_units::{Market, SalesUnit};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The API of Vipps MobilePay.
#[derive(Clone, Debug)]
pub struct Vipps {
    /// Its address, without a slash at the end.
    pub base_url: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// Customers are sent to these hosts and those below them.
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

/// How webhooks come.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// How far a webhook's date may be off.
    pub tolerance: Duration,
    /// How many webhooks may wait to be written.
    pub queue: usize,
    /// Whether the proxy registers itself for webhooks where it is not.
    pub repair: bool,
    /// How often it checks whether it is.
    pub every: Duration,
    /// How Vipps MobilePay reaches the proxy, without a slash at the end.
    public_url: String,
}

impl Webhook {
    pub(super) fn read(webhook: &mut Reader<'_>, public_url: &str) -> Self {
        Self {
            tolerance: webhook.duration("tolerance_ms"),
            queue: webhook.count("queue"),
            repair: webhook.flag("repair"),
            every: webhook.duration("check_every_ms"),
            public_url: public_url.to_owned(),
        }
    }

    /// The address that a sales unit's webhook is registered with.
    pub fn url(&self, unit: &SalesUnit) -> String {
        format!("{}/callbacks/vipps/{}", self.public_url, unit.name)
    }
}

/// When reserved money is to be captured.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    /// How long before a deadline it is warned of, in milliseconds.
    pub warn_ms: i64,
    /// How long money is reserved in Norway at most, in milliseconds.
    pub no_ms: i64,
    /// The same in Denmark.
    pub dk_ms: i64,
    /// The same in Finland.
    pub fi_ms: i64,
    /// How often deadlines are looked at.
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

    /// How long money is reserved in a market at most, in milliseconds.
    pub const fn window_ms(&self, market: Market) -> i64 {
        match market {
            Market::No => self.no_ms,
            Market::Dk => self.dk_ms,
            Market::Fi => self.fi_ms,
        }
    }

    /// The longest that it is in any market, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        self.no_ms.max(self.dk_ms).max(self.fi_ms)
    }
}

/// How payments are reconciled with Vipps MobilePay.
#[derive(Clone, Copy, Debug)]
pub struct Reconcile {
    /// How often.
    pub every: Duration,
    /// Orders that are asked about at the same time.
    pub at_once: usize,
}

impl Reconcile {
    pub(super) fn read(reconcile: &mut Reader<'_>) -> Self {
        Self { every: reconcile.duration("every_ms"), at_once: reconcile.count("at_once") }
    }
}
