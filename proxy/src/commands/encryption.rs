//! `kvitt encryption`: the key that what customers shared, and the secrets of webhooks, are sealed with.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::progress::Counting;
use crate::store::Store;
use crate::vendor::registrations;

/// As many as are sealed in one transaction, so that the proxies need not wait.
const BATCH: u32 = 200;

/// What is to be done.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Seal with the present key what the previous one has sealed. The proxies may run, once all of them have both keys.
    Rotate,
}

/// Ends when nothing is left that needs the previous key.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let Action::Rotate = asked.action;
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let mut count = registrations::reseal(&store, &config.vault).await? + store.reseal_endpoints().await?;
    let progress = Counting::of(None, "sealed anew");
    loop {
        match store.reseal_customers(BATCH).await? {
            0 => break,
            more => {
                count += more;
                progress.done(more);
            }
        }
    }
    drop(progress);
    let lost = registrations::undecryptable(&store, &config.vault).await?;
    store.close().await;
    for registration in lost {
        println!(
            "the secret of registration {registration} opens with no key here: `kvitt webhooks remove {registration}`, then `repair`"
        );
    }
    println!("sealed {count} anew; encryption.previous_key is not needed any more");
    Ok(())
}
