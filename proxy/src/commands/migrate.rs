//! `kvitt migrate`: migrates the database to the schema of this release.

use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use crate::store::Store;

/// Does what `serve` does at its start. An SQLite file that a running proxy uses is refused.
pub(crate) async fn run(file: ConfigFile) -> anyhow::Result<()> {
    let config = file.load_without_webhooks()?;
    let store = Store::open(config.database_url.expose_secret(), &config.vault).await?;
    println!("the database has migration {}, the last one of this release", store.schema().await?);
    store.close().await;
    Ok(())
}
