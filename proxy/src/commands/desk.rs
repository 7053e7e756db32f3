//! `kvitt desk`: a way in for the people at the order desk.

use clap::Args;
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::shown;
use crate::access::session;
use crate::store::Store;

/// Which database, and what about its desk.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// Instead, log everybody out who is at the desk, and spoil the links that have not been used.
    #[arg(long)]
    end_all: bool,
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    if asked.end_all {
        println!("ended {}", store.end_desk_sessions().await?);
    } else if config.desk.enabled {
        println!("{}", session::new_link(&config.desk, &store).await?);
        eprintln!("It opens the desk once, within {}.", shown::until(config.desk.link_ms));
    } else {
        anyhow::bail!("there is no order desk: desk.enabled is false");
    }
    store.close().await;
    Ok(())
}
