//! `kvitt check`: validates the configuration, and the credentials in it; or a [page] of the shop.

mod page;

use anyhow::bail;

use super::arguments::ConfigFile;
use super::exit_status::ExitStatus;
use super::findings::Findings;
use crate::http::routes;
use crate::vendor::client;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Check only the configuration, without calling the API
    #[arg(long)]
    offline: bool,
    /// Check this page of the shop instead: the script tag, the elements and their attributes, and the policy
    #[arg(long, value_name = "URL", conflicts_with = "offline")]
    page: Option<String>,
}

/// Prints every mistake at once.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config.load_without_webhooks()?;
    if let Some(page) = args.page {
        let mut findings = Findings::default();
        page::examine(&config, &page, &mut findings).await;
        findings.print();
        return Ok(findings.worst().into());
    }
    println!("configuration: valid");
    if let Some(script) = routes::script(&config.shop.public_url) {
        println!("script tag of this release: {}", script.tag());
    }
    let unregistered =
        config.sales_units.iter().filter(|unit| !config.webhook.repair && unit.webhook_secrets.is_empty());
    for unit in unregistered {
        println!("sales unit {}: no webhook_secret yet; `kvitt webhooks register` prints one", unit.name);
    }
    let mut bad = 0;
    for unit in config.sales_units.iter().filter(|_| !args.offline) {
        match client::new(&config.vipps, unit)?.warm_up().await {
            Ok(()) => println!("sales unit {}: the credentials are valid", unit.name),
            Err(error) => {
                println!("sales unit {}: {error}", unit.name);
                bad += 1;
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of {} sales units cannot get an access token", config.sales_units.len());
    }
    Ok(ExitStatus::Done)
}
