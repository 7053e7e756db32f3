//! `kvitt doctor`: what an operator would ask, with what to do about it. It only looks.

use std::process::ExitCode;

use clap::Args;
use kvitt::config::Config;
use kvitt::registrations::{self, Registrations, Standing};
use kvitt::store::Store;
use kvitt::{app, captures, clock};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{ConfigFile, shown};

/// Books that were not compared for so many of the times in which they should be are not being compared.
const STALE_TIMES: i64 = 2;

/// What is examined.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    Warn,
    Fail,
}

/// One line.
#[derive(Serialize)]
struct Finding {
    health: Health,
    about: String,
    found: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, health: Health, about: &str, found: impl Into<String>) {
        self.0.push(Finding { health, about: about.to_owned(), found: found.into() });
    }

    /// Good when there are none of them.
    fn none(&mut self, about: &str, count: i64, what_to_do: &str) {
        match count {
            0 => self.add(Health::Ok, about, "none"),
            count => self.add(Health::Warn, about, format!("{count}: {what_to_do}")),
        }
    }
}

/// Ends with 0 when all is well, 1 when something wants a look, 2 when something does not work.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<ExitCode> {
    let config = asked.config.load_without_webhooks()?;
    let mut findings = Findings::default();
    findings.add(Health::Ok, "release", env!("CARGO_PKG_VERSION"));
    match Store::attach(config.database_url.expose_secret(), &config.vault).await {
        Ok(store) => {
            if let Err(error) = books(&store, &config, &mut findings).await {
                findings.add(Health::Fail, "database", error.to_string());
            }
            vendor(&store, &config, &mut findings).await?;
            store.close().await;
        }
        Err(error) => findings.add(Health::Fail, "database", error.to_string()),
    }
    let worst = findings.0.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&findings.0)?);
    } else {
        for Finding { health, about, found } in &findings.0 {
            let health = match health {
                Health::Ok => "ok  ",
                Health::Warn => "warn",
                Health::Fail => "FAIL",
            };
            println!("{health}  {about}: {found}");
        }
    }
    Ok(ExitCode::from(worst as u8))
}

/// What is written down.
async fn books(store: &Store, config: &Config, findings: &mut Findings) -> Result<(), kvitt::store::Error> {
    let now = clock::now();
    let kind = if matches!(store, Store::Sqlite(_)) { "SQLite" } else { "PostgreSQL" };
    findings.add(Health::Ok, "database", format!("{kind}, migration {}", store.schema().await?));
    encryption(store, config, findings).await?;
    if let Some(free) = store.free_bytes() {
        let found = format!("{} MB are free", free / 1_000_000);
        match free >= config.ready.free_bytes {
            true => findings.add(Health::Ok, "disk", found),
            false => findings.add(Health::Fail, "disk", format!("{found}: make room")),
        }
    }
    let depths = store.depths(now).await?;
    let inbox =
        format!("{} wait, {}", depths.inbox, shown::duration(store.inbox_age_ms(now).await?.unwrap_or_default()));
    findings.add(Health::Ok, "inbox", inbox);
    let outbox = format!("{} wait, the most overdue for {}", depths.outbox, shown::duration(depths.overdue_ms));
    match depths.overdue_ms > config.ready.outbox_overdue_ms {
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
    let deadlines = captures::deadlines(store, config, now).await?;
    let urgent = deadlines.iter().filter(|deadline| deadline.urgency != captures::Urgency::Later).count();
    findings.none("captures due", i64::try_from(urgent).unwrap_or(i64::MAX), "see `kvitt orders due`");
    Ok(())
}

/// Whether what is sealed opens: a proxy does not start where customers do not.
async fn encryption(store: &Store, config: &Config, findings: &mut Findings) -> Result<(), kvitt::store::Error> {
    if let Err(error) = store.everything_opens().await {
        let found = format!("{error}: `encryption.key` is not the one, or the previous one is missing");
        findings.add(Health::Fail, "encryption", found);
    } else if let [first, rest @ ..] = &registrations::lost(store, &config.vault).await?[..] {
        let found = format!(
            "{} secrets of webhooks do not open: where the right key is gone, `kvitt webhooks remove {first}`",
            rest.len() + 1
        );
        findings.add(Health::Warn, "encryption", found);
    } else {
        findings.add(Health::Ok, "encryption", "all that is sealed opens");
    }
    Ok(())
}

/// What Vipps MobilePay says of each sales unit.
async fn vendor(store: &Store, config: &Config, findings: &mut Findings) -> anyhow::Result<()> {
    let performer = app::performer(config)?;
    let registrations = Registrations::new(config, store.clone(), performer.clone());
    let now = clock::now();
    for unit in &config.sales_units {
        let about = format!("sales unit {}", unit.name);
        findings.add(Health::Ok, &about, format!("sells as {:?}", unit.brand(&config.vipps, now)));
        let client = performer.clients().find(|(name, _)| **name == unit.name).map(|(_, client)| client);
        match client {
            Some(client) => match client.warm_up().await {
                Ok(()) => findings.add(Health::Ok, &about, "the keys are good"),
                Err(error) => {
                    findings.add(Health::Fail, &about, format!("no access token: {error}"));
                    continue;
                }
            },
            None => continue,
        }
        match registrations.standing(&unit.name).await {
            Ok(standing @ Standing::Good { orphan: None }) => {
                findings.add(Health::Ok, &about, standing.to_string());
            }
            Ok(standing @ (Standing::Missing | Standing::Orphaned { .. })) => {
                findings.add(Health::Warn, &about, format!("{standing}: `kvitt webhooks repair`, or `register`"));
            }
            Ok(standing) => findings.add(Health::Warn, &about, standing.to_string()),
            Err(unseen) => findings.add(Health::Fail, &about, format!("registrations: {}", unseen.reason)),
        }
    }
    Ok(())
}
