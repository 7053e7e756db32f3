//! `kvitt doctor`: examines the configuration, the [database] and [vendor] (Vipps MobilePay), and says what to do about each finding.
//!
//! It changes nothing. Of environment variables it prints names and never values, which may be secrets.

mod database;
mod vendor;

use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::exit_status::ExitStatus;
use super::findings::{Findings, Health};
use crate::config;
use crate::store::Store;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Exits with 0 when all is well, 1 when something needs attention, 2 when something does not work.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config.load_without_webhooks()?;
    let mut findings = Findings::default();
    findings.add(Health::Ok, "release", env!("CARGO_PKG_VERSION"));
    configuration(&args.config, &mut findings);
    match Store::attach(config.database_url.expose_secret(), &config.vault).await {
        Ok(store) => {
            if let Err(error) = database::examine(&store, &config, &mut findings).await {
                findings.add(Health::Fail, "database", error.to_string());
            }
            vendor::examine(&store, &config, &mut findings).await?;
            store.close().await;
        }
        Err(error) => findings.add(Health::Fail, "database", error.to_string()),
    }
    if args.json {
        findings.print_json()?;
    } else {
        findings.print();
    }
    Ok(findings.worst().into())
}

/// Reports the sources of the options.
fn configuration(file: &ConfigFile, findings: &mut Findings) {
    let file = file.path().map(|path| std::path::absolute(path).unwrap_or(path.to_owned()));
    let found = file.map_or_else(|| "no file, only defaults".to_owned(), |file| file.display().to_string());
    findings.add(Health::Ok, "configuration", found);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(config::PREFIX)).collect();
    names.sort();
    if !names.is_empty() {
        findings.add(Health::Ok, "from the environment", names.join(", "));
    }
}
