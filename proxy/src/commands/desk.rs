//! `kvitt desk`: prints a login link for the order desk, or ends all its sessions.

use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::output;
use crate::access::session;
use crate::store::Store;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// End all sessions and invalidate all unused links instead
    #[arg(long)]
    end_all: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    if args.end_all {
        println!("ended {}", store.end_desk_sessions().await?);
    } else if config.desk.enabled {
        println!("{}", session::new_link(&config.desk, &store).await?);
        eprintln!("The link logs in once. It expires {}.", output::until(config.desk.link_ms));
    } else {
        anyhow::bail!("the order desk is disabled: desk.enabled is false");
    }
    store.close().await;
    Ok(())
}
