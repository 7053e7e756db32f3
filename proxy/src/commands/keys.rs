//! `kvitt keys`: who of the shop's own machines may ask.

use anyhow::bail;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::shown;
use crate::access::shop_key::Key;
use crate::base::clock;
use crate::checkout::Moment;
use crate::store::Store;

/// Which database, and what about its keys.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a key, and print it, which is done only this once.
    Add {
        /// What it is for, such as the machine that gets it.
        name: String,
        /// Only for the orders of this sales unit, by its name in the configuration; what belongs to others is not there for it.
        #[arg(long, value_name = "NAME")]
        sales_unit: Option<String>,
    },
    /// List the keys by what they begin with.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key, for good and at once.
    Revoke {
        /// What it begins with, as `list` shows it.
        prefix: String,
    },
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    match asked.action {
        Action::Add { name, sales_unit } => {
            if let Some(unknown) = sales_unit.as_deref().filter(|unit| config.sales_units.find(Some(unit)).is_none()) {
                bail!("there is no sales unit {unknown}");
            }
            let key = Key::new();
            key.add(&store, &name, sales_unit.as_deref()).await?;
            println!("{}", key.expose());
            eprintln!("Keep it where {name:?} finds it; it is not shown again.");
        }
        Action::List { json: true } => shown::json(&store.shop_keys().await?)?,
        Action::List { json: false } => {
            let now = clock::now();
            let ago =
                |moment: Option<Moment>| moment.map_or("never".to_owned(), |moment| shown::until(moment.0 - now.0));
            let rows = store.shop_keys().await?.into_iter().map(|key| {
                let unit = key.sales_unit.unwrap_or_else(|| "all".to_owned());
                vec![key.prefix, key.name, unit, ago(Some(key.created_at)), ago(key.used_at), ago(key.revoked_at)]
            });
            shown::table(&["prefix", "name", "sales unit", "made", "used", "revoked"], rows);
        }
        Action::Revoke { prefix } => {
            if !store.revoke_shop_key(&prefix, clock::now()).await? {
                bail!("no key begins with {prefix}, or it has been revoked before");
            }
            println!("revoked {prefix}");
        }
    }
    store.close().await;
    Ok(())
}
