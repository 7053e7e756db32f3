//! `kvitt check`: whether the configuration is good, and the keys in it.

use anyhow::bail;
use clap::Args;

use super::arguments::ConfigFile;
use crate::vendor::client;

/// What is checked.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// Check the configuration alone.
    #[arg(long)]
    offline: bool,
}

/// Names every mistake at once.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    println!("configuration: good");
    let by_hand = config.sales_units.iter().filter(|unit| !config.webhook.repair && unit.webhook_secrets.is_empty());
    for unit in by_hand {
        println!("sales unit {}: no webhook_secret yet; `kvitt webhooks register` prints one", unit.name);
    }
    let mut bad = 0;
    for unit in config.sales_units.iter().filter(|_| !asked.offline) {
        match client::new(&config.vipps, unit)?.warm_up().await {
            Ok(()) => println!("sales unit {}: the keys are good", unit.name),
            Err(error) => {
                println!("sales unit {}: {error}", unit.name);
                bad += 1;
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of {} sales units cannot get an access token", config.sales_units.len());
    }
    Ok(())
}
