//! `kvitt encryption`: rotates the key that encrypts personal data and the secrets of webhooks.

use clap::Subcommand;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::progress::Counter;
use crate::base::clock;
use crate::checkout::audit::{self, Entry};
use crate::store::Store;
use crate::vendor::registrations;

/// How many rows are encrypted in one transaction: few, so that running proxies do not wait.
const BATCH: u32 = 200;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Encrypt with the current key what the previous key has encrypted; proxies may run if all of them have both keys
    Rotate,
}

/// Runs until nothing needs the previous key any more.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Action::Rotate = args.action;
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let mut count = registrations::reseal(&store, &config.vault).await? + store.reseal_endpoints().await?;
    let progress = Counter::start(None, "encrypted");
    loop {
        match store.reseal_customers(BATCH).await? {
            0 => break,
            more => {
                count += more;
                progress.add(more);
            }
        }
    }
    drop(progress);
    store.record(&Entry::new(audit::Action::RotateEncryption, &arguments::operator(), clock::now())).await?;
    let lost = registrations::undecryptable(&store, &config.vault).await?;
    store.close().await;
    for registration in lost {
        println!(
            "the secret of registration {registration} cannot be decrypted: run `kvitt webhooks remove {registration}`, then `repair`"
        );
    }
    println!("encrypted {count} again; encryption.previous_key is no longer needed");
    Ok(())
}
