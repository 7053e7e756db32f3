//! The part of `kvitt doctor` about the database: size and disk, encryption, queues, reconciliation, and capture deadlines.

use crate::base::clock;
use crate::base::vault::Vault;
use crate::config::Config;
use crate::engine::sightings;
use crate::store::{Error, Store};
use crate::vendor::captures::Urgency;
use crate::vendor::registrations;

use super::{Findings, Health};
use crate::commands::{output, parts};

/// A reconciliation is stale when it is older than so many intervals.
const STALE_INTERVALS: i64 = 2;
/// The most payments with another amount that are named.
const MAX_DRIFTING: u32 = 20;

/// Examines the database.
pub(super) async fn examine(store: &Store, config: &Config, findings: &mut Findings) -> Result<(), Error> {
    let now = clock::now();
    let kind = store.kind();
    let (schema, size) = (store.schema().await?, output::bytes(store.size_bytes().await?));
    findings.add(Health::Ok, "database", format!("{kind}, migration {schema}, {size}"));
    if let Some(free) = store.free_bytes() {
        let found = format!("{} free", output::bytes(free));
        match free >= config.http.ready.free_bytes {
            true => findings.add(Health::Ok, "disk", found),
            false => findings.add(Health::Fail, "disk", format!("{found}: free some disk space")),
        }
    }
    encryption(store, &config.vault, findings).await?;
    let depths = store.depths(now).await?;
    let inbox = format!(
        "{} waiting, the oldest for {}",
        depths.inbox,
        output::duration(store.inbox_age_ms(now).await?.unwrap_or_default())
    );
    findings.add(Health::Ok, "inbox", inbox);
    let outbox = format!("{} waiting, the most overdue for {}", depths.outbox, output::duration(depths.overdue_ms));
    match depths.overdue_ms > config.http.ready.outbox_overdue_ms {
        true => findings.add(Health::Fail, "outbox", format!("{outbox}: is a proxy running?")),
        false => findings.add(Health::Ok, "outbox", outbox),
    }
    findings.add_count("parked", depths.parked, "run `kvitt outbox list --parked`");
    let comparison = store.last_comparison().await?;
    let every_ms = i64::try_from(config.reconcile.every.as_millis()).unwrap_or(i64::MAX / STALE_INTERVALS);
    match comparison {
        None => findings.add(Health::Warn, "books", "not compared yet: run `kvitt reconcile`"),
        Some(last) => {
            let age_ms = now.0 - last.begun_at.0;
            let fresh = age_ms < every_ms.saturating_mul(STALE_INTERVALS);
            let health = if fresh { Health::Ok } else { Health::Warn };
            findings.add(health, "books", format!("compared {} ago", output::duration(age_ms)));
            findings.add_count("drift", last.drift, "run `kvitt reconcile --last`");
        }
    }
    let drifting = store.drifting_orders(MAX_DRIFTING).await?;
    let references: Vec<_> = drifting.iter().map(|checkout| checkout.current().reference.as_str()).collect();
    findings.add_count(
        "other amounts",
        i64::try_from(references.len()).unwrap_or(i64::MAX),
        &format!("Vipps MobilePay states another amount since they were paid: {}", references.join(", ")),
    );
    let deadlines = parts::captures(config).deadlines(store, now).await?;
    let urgent = deadlines.iter().filter(|(_, deadline)| deadline.urgency != Urgency::Later).count();
    let gauges = store.gauges().await?;
    for unit in config.sales_units.iter() {
        let Some((_, verified)) = sightings::unverified(&gauges, &unit.name, now) else { continue };
        let verified = verified.map_or_else(
            || "none was ever verified".to_owned(),
            |at| format!("the last one that was verified is from {} ago", output::duration(now.0 - at.0)),
        );
        let found = format!(
            "webhooks arrive whose signature cannot be verified, and {verified}: compare webhook_secret with what \
             `kvitt webhooks register` printed, and public_url with the address of `kvitt webhooks list`"
        );
        findings.add(Health::Warn, &format!("sales unit {}", unit.name), found);
    }
    if let Some(at) = sightings::untrusted_forwarder(&gauges, now) {
        let found = format!(
            "{} ago a peer sent X-Forwarded-For that limits.trusted_proxies does not have: if that is the reverse proxy, all customers \
             count as one until it is added",
            output::duration(now.0 - at.0)
        );
        findings.add(Health::Warn, "reverse proxy", found);
    }
    findings.add_count("captures due", i64::try_from(urgent).unwrap_or(i64::MAX), "run `kvitt orders due`");
    Ok(())
}

/// Examines whether all encrypted data can be decrypted. A proxy does not start when personal data cannot be.
async fn encryption(store: &Store, vault: &Vault, findings: &mut Findings) -> Result<(), Error> {
    if let Err(error) = store.check_keys().await {
        let found = format!("{error}: `encryption.key` is the wrong key, or `encryption.previous_key` is missing");
        findings.add(Health::Fail, "encryption", found);
        return Ok(());
    }
    if let [first, rest @ ..] = &registrations::undecryptable(store, vault).await?[..] {
        let found = format!(
            "{} webhook secrets cannot be decrypted: if the key is lost, run `kvitt webhooks remove {first}`",
            rest.len() + 1
        );
        findings.add(Health::Warn, "encryption", found);
        return Ok(());
    }
    let marks = store.key_marks().await?;
    let previous = marks.iter().filter(|(mark, _)| vault.mark() != *mark && vault.has_key_of(mark));
    match previous.map(|(_, count)| count).sum::<i64>() {
        0 => findings.add(Health::Ok, "encryption", "all data can be decrypted"),
        count => {
            let found = format!("{count} encrypted with encryption.previous_key: run `kvitt encryption rotate`");
            findings.add(Health::Warn, "encryption", found);
        }
    }
    Ok(())
}
