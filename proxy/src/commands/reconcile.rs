//! `kvitt reconcile`: compares the proxy's records with those of Vipps MobilePay.

use anyhow::Context;
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::exit_status::ExitStatus;
use super::output;
use super::parts;
use super::progress::Spinner;
use crate::engine::hub::Hub;
use crate::engine::ledger::Ledger;
use crate::store::Store;
use crate::vendor::reconcile::{Reconciler, Report};

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Print the result of the latest reconciliation instead
    #[arg(long)]
    last: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Exits with 0 when the records agree, 1 when some payments could not be compared, 2 when payments differ.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let report: Report = if args.last {
        let last = store.last_comparison().await?.context("there has been no reconciliation yet")?;
        serde_json::from_str(&last.report)?
    } else {
        // A running proxy carries out the effects.
        let ledger = Ledger::new(store.clone(), Hub::default(), config.polling, None);
        let _spinner = Spinner::start("comparing payments");
        let (units, performer) = (config.sales_units.clone(), parts::performer(&config)?);
        let at_once = config.reconcile.at_once;
        Reconciler::new(config.capture, at_once, units, store.clone(), ledger, performer).run().await?
    };
    store.close().await;
    if args.json {
        output::json(&report)?;
    } else {
        print(&report);
    }
    Ok(match () {
        () if !report.drift.is_empty() => ExitStatus::Wrong,
        () if !report.unanswered.is_empty() => ExitStatus::Failed,
        () => ExitStatus::Done,
    })
}

fn print(report: &Report) {
    let (healed, unanswered, drift) = (report.healed.len(), report.unanswered.len(), report.drift.len());
    println!("{} payments compared: {drift} differ, {healed} corrected, {unanswered} not answered", report.payments);
    let differences = report.drift.iter().flat_map(|drift| {
        let row = |difference: &crate::checkout::Difference| {
            let (what, ours, theirs) = (difference.what.clone(), difference.ours.clone(), difference.theirs.clone());
            vec![drift.reference.clone(), drift.sales_unit.clone(), what, ours, theirs]
        };
        drift.differences.iter().map(row).collect::<Vec<_>>()
    });
    if drift > 0 {
        output::table(&["reference", "sales unit", "what", "ours", "Vipps MobilePay's"], differences);
    }
    for missing in &report.unanswered {
        println!("{}: {}", missing.reference, missing.reason);
    }
}
