//! `kvitt migrate`: the schema of the database, brought up to date.

use kvitt::store::Store;
use secrecy::ExposeSecret;

use super::ConfigFile;

/// Does what `serve` does when it starts.
pub(crate) async fn run(file: ConfigFile) -> anyhow::Result<()> {
    let config = file.load_without_webhooks()?;
    let store = Store::open(config.database_url.expose_secret(), &config.vault).await?;
    println!("the database has migration {}, the last one of this release", store.schema().await?);
    store.close().await;
    Ok(())
}
