//! Parts of the proxy that commands build for themselves, beside a running proxy.

use anyhow::Context;

use crate::config::Config;
use crate::store::Store;
use crate::vendor::captures::Captures;
use crate::vendor::perform::Performer;
use crate::vendor::registrations::Registrations;

/// The deadlines of reserved money.
pub(super) fn captures(config: &Config) -> Captures {
    Captures::new(config.capture, config.sales_units.clone())
}

/// The client of Vipps MobilePay.
pub(super) fn performer(config: &Config) -> anyhow::Result<Performer> {
    Performer::new(&config.vipps, &config.sales_units).context("HTTP client")
}

/// The webhook registrations, asked for by `performer`.
pub(super) fn registrations(config: &Config, store: &Store, performer: &Performer) -> Registrations {
    let (webhook, units, vault) = (config.webhook.clone(), config.sales_units.clone(), config.vault.clone());
    Registrations::new(webhook, units, vault, store.clone(), performer.clone())
}
