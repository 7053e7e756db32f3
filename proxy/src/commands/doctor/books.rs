//! What is written down, and where.

use crate::base::clock;
use crate::base::vault::Vault;
use crate::config::Config;
use crate::store::{Error, Store};
use crate::vendor::captures::Urgency;
use crate::vendor::registrations;

use super::{Findings, Health};
use crate::commands::{parts, shown};

/// Books that were not compared for so many of the times in which they should be are not being compared.
const STALE_TIMES: i64 = 2;

/// Looks at the database, its queues and its books.
pub(super) async fn examine(store: &Store, config: &Config, findings: &mut Findings) -> Result<(), Error> {
    let now = clock::now();
    let kind = if matches!(store, Store::Sqlite(_)) { "SQLite" } else { "PostgreSQL" };
    let (schema, size) = (store.schema().await?, shown::bytes(store.size_bytes().await?));
    findings.add(Health::Ok, "database", format!("{kind}, migration {schema}, {size}"));
    if let Some(free) = store.free_bytes() {
        let found = format!("{} are free", shown::bytes(free));
        match free >= config.http.ready.free_bytes {
            true => findings.add(Health::Ok, "disk", found),
            false => findings.add(Health::Fail, "disk", format!("{found}: make room")),
        }
    }
    encryption(store, &config.vault, findings).await?;
    let depths = store.depths(now).await?;
    let inbox =
        format!("{} wait, {}", depths.inbox, shown::duration(store.inbox_age_ms(now).await?.unwrap_or_default()));
    findings.add(Health::Ok, "inbox", inbox);
    let outbox = format!("{} wait, the most overdue for {}", depths.outbox, shown::duration(depths.overdue_ms));
    match depths.overdue_ms > config.http.ready.outbox_overdue_ms {
        true => findings.add(Health::Fail, "outbox", format!("{outbox}: does a proxy run?")),
        false => findings.add(Health::Ok, "outbox", outbox),
    }
    findings.none("parked", depths.parked, "see `kvitt outbox list --parked`");
    let comparison = store.last_comparison().await?;
    let every_ms = i64::try_from(config.reconcile.every.as_millis()).unwrap_or(i64::MAX / STALE_TIMES);
    match comparison {
        None => findings.add(Health::Warn, "books", "not compared yet: `kvitt reconcile` does it"),
        Some(last) => {
            let age_ms = now.0 - last.begun_at.0;
            let fresh = age_ms < every_ms.saturating_mul(STALE_TIMES);
            let health = if fresh { Health::Ok } else { Health::Warn };
            findings.add(health, "books", format!("compared {} ago", shown::duration(age_ms)));
            findings.none("drift", last.drift, "see `kvitt reconcile --last`");
        }
    }
    let deadlines = parts::captures(config).deadlines(store, now).await?;
    let urgent = deadlines.iter().filter(|(_, deadline)| deadline.urgency != Urgency::Later).count();
    findings.none("captures due", i64::try_from(urgent).unwrap_or(i64::MAX), "see `kvitt orders due`");
    Ok(())
}

/// Whether what is sealed opens: a proxy does not start where customers do not.
async fn encryption(store: &Store, vault: &Vault, findings: &mut Findings) -> Result<(), Error> {
    if let Err(error) = store.check_keys().await {
        let found = format!("{error}: `encryption.key` is not the one, or the previous one is missing");
        findings.add(Health::Fail, "encryption", found);
        return Ok(());
    }
    if let [first, rest @ ..] = &registrations::undecryptable(store, vault).await?[..] {
        let found = format!(
            "{} secrets of webhooks do not open: where the right key is gone, `kvitt webhooks remove {first}`",
            rest.len() + 1
        );
        findings.add(Health::Warn, "encryption", found);
        return Ok(());
    }
    let marks = store.key_marks().await?;
    let previous = marks.iter().filter(|(mark, _)| vault.mark() != *mark && vault.has_key_of(mark));
    match previous.map(|(_, count)| count).sum::<i64>() {
        0 => findings.add(Health::Ok, "encryption", "all that is sealed opens"),
        count => {
            let found = format!("{count} sealed under encryption.previous_key: `kvitt encryption rotate`");
            findings.add(Health::Warn, "encryption", found);
        }
    }
    Ok(())
}
