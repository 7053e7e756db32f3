//! `kvitt reconcile`: our books and those of Vipps MobilePay, side by side.

use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use super::arguments::ConfigFile;
use super::ending::Ending;
use super::parts;
use super::progress::Waiting;
use super::shown;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::store::Store;
use crate::vendor::reconcile::{Reconciler, Report};

/// What is compared.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// Show what the latest comparison came to, and make no other.
    #[arg(long)]
    last: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when the books agree, 1 when something could not be compared, 2 when they differ.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<Ending> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let report: Report = if asked.last {
        let last = store.last_comparison().await?.context("the books have not been compared yet")?;
        serde_json::from_str(&last.report)?
    } else {
        // Whatever follows from it is carried out by the proxy that runs.
        let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, Arc::new(Notify::new()));
        let _waiting = Waiting::for_what("every payment is compared");
        let (units, performer) = (config.sales_units.clone(), parts::performer(&config)?);
        let at_once = config.reconcile.at_once;
        Reconciler::new(config.capture, at_once, units, store.clone(), ledger, performer).run().await?
    };
    store.close().await;
    if asked.json {
        shown::json(&report)?;
    } else {
        print(&report);
    }
    Ok(match () {
        () if !report.drift.is_empty() => Ending::Wrong,
        () if !report.unanswered.is_empty() => Ending::Failed,
        () => Ending::Done,
    })
}

fn print(report: &Report) {
    let (healed, unanswered, drift) = (report.healed.len(), report.unanswered.len(), report.drift.len());
    println!("{} payments compared: {drift} differ, {healed} healed, {unanswered} not answered", report.payments);
    let differences = report.drift.iter().flat_map(|drift| {
        let row = |difference: &crate::checkout::Difference| {
            let (what, ours, theirs) = (difference.what.clone(), difference.ours.clone(), difference.theirs.clone());
            vec![drift.reference.clone(), drift.sales_unit.clone(), what, ours, theirs]
        };
        drift.differences.iter().map(row).collect::<Vec<_>>()
    });
    if drift > 0 {
        shown::table(&["reference", "sales unit", "what", "ours", "Vipps MobilePay's"], differences);
    }
    for missing in &report.unanswered {
        println!("{}: {}", missing.reference, missing.reason);
    }
}
