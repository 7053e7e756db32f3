//! The part of `kvitt doctor` about Vipps MobilePay: the credentials and webhook registrations of each sales unit, and the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::base::clock;
use crate::base::reference::MAX_DIFFERENCE_MS;
use crate::config::Config;
use crate::store::Store;
use crate::vendor::registrations::Status;

use super::{Findings, Health};
use crate::commands::parts;

/// The largest difference between two clocks that counts as equal. NTP keeps them much closer, but a slow response adds to the measured difference.
const SLACK_MS: u64 = 30_000;
/// The value before the difference is known.
const UNKNOWN: i64 = i64::MIN;

/// Examines each sales unit.
pub(super) async fn examine(store: &Store, config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    let performer = parts::performer(config)?;
    let registrations = parts::registrations(config, store, &performer);
    let now = clock::now();
    // How far the clock is ahead, by the date of the latest response.
    let ahead_ms = Arc::new(AtomicI64::new(UNKNOWN));
    for unit in config.sales_units.iter() {
        let about = format!("sales unit {}", unit.name);
        findings.add(Health::Ok, &about, format!("sells as {:?}", unit.brand(config.shop.renamed_at, now)));
        let Some((_, client)) = performer.clients().find(|(name, _)| **name == unit.name) else { continue };
        let ahead_ms = ahead_ms.clone();
        client.observe(Arc::new(move |exchange| {
            if let Some(date) = exchange.date {
                ahead_ms.store(clock::now().0 - date.as_millisecond(), Ordering::Relaxed);
            }
        }));
        match client.warm_up().await {
            Ok(()) => findings.add(Health::Ok, &about, "the credentials are valid"),
            Err(error) => {
                findings.add(Health::Fail, &about, format!("no access token: {error}"));
                continue;
            }
        }
        match registrations.status(&unit.name).await {
            Ok(standing @ Status::Registered { orphan: None }) => {
                findings.add(Health::Ok, &about, standing.to_string());
            }
            Ok(standing @ (Status::Missing | Status::Orphaned { .. })) => {
                findings.add(Health::Warn, &about, format!("{standing}: run `kvitt webhooks repair`, or `register`"));
            }
            Ok(standing) => findings.add(Health::Warn, &about, standing.to_string()),
            Err(unseen) => findings.add(Health::Fail, &about, format!("registrations: {}", unseen.reason)),
        }
    }
    let ahead_ms = ahead_ms.load(Ordering::Relaxed);
    if ahead_ms != UNKNOWN {
        report_clock(ahead_ms, config.webhook.tolerance, findings);
    }
    Ok(())
}

/// Reports the difference of the two clocks.
fn report_clock(ahead_ms: i64, tolerance: Duration, findings: &mut Findings) {
    let off_ms = ahead_ms.unsigned_abs();
    let side = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let found = format!("{} s {side} Vipps MobilePay's", off_ms / 1_000);
    match off_ms {
        ..=SLACK_MS => findings.add(Health::Ok, "clock", "agrees with Vipps MobilePay's"),
        _ if u128::from(off_ms) <= tolerance.as_millis() => {
            findings.add(Health::Warn, "clock", format!("{found}: synchronize the clock by NTP"));
        }
        _ => {
            findings.add(
                Health::Fail,
                "clock",
                format!(
                    "{found}, so webhooks are refused as stale{}: synchronize the clock by NTP",
                    nothing_expires(off_ms)
                ),
            );
        }
    }
}

/// What else a wrong clock stops.
fn nothing_expires(off_ms: u64) -> &'static str {
    if off_ms > MAX_DIFFERENCE_MS.unsigned_abs() { ", and nothing is deleted or expired" } else { "" }
}
