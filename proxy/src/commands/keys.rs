//! `kvitt keys`: manages the shop keys, with which the shop's backend authenticates.

use anyhow::bail;
use clap::Subcommand;
use kvitt_wire::Role;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::access::shop_key::Key;
use crate::base::clock;
use crate::checkout::Moment;
use crate::checkout::audit::{self, Entry};
use crate::store::Store;

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
    /// Create a key and print it; it is not printed again
    Add {
        /// Purpose of the key, such as the machine that uses it
        #[arg(value_parser = arguments::label)]
        name: String,
        /// What the key may do; each role may do what the ones before it may: read, capture and release, refund, everything
        #[arg(long, value_parser = arguments::role(), default_value = "all")]
        role: Role,
        /// Restrict the key to the orders of this sales unit, by its name in the configuration
        #[arg(long, value_name = "NAME")]
        sales_unit: Option<String>,
    },
    /// List the keys by their prefixes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key immediately and for good
    Revoke {
        /// Prefix of the key, as `list` prints it
        prefix: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    match args.action {
        Action::Add { name, role, sales_unit } => {
            arguments::is_known_unit(&config, sales_unit.as_deref())?;
            let key = Key::new();
            key.add(&store, &name, role, sales_unit.as_deref(), &arguments::operator()).await?;
            println!("{}", key.expose());
            eprintln!("Store the key for {name:?}: it is not printed again.");
        }
        Action::List { json: true } => output::json(&store.shop_keys().await?)?,
        Action::List { json: false } => {
            let now = clock::now();
            let ago =
                |moment: Option<Moment>| moment.map_or("never".to_owned(), |moment| output::until(moment.0 - now.0));
            let rows = store.shop_keys().await?.into_iter().map(|key| {
                let unit = key.sales_unit.unwrap_or_else(|| "all".to_owned());
                let role = key.role.as_str().to_owned();
                vec![key.prefix, key.name, role, unit, ago(Some(key.created_at)), ago(key.used_at), ago(key.revoked_at)]
            });
            output::table(&["prefix", "name", "role", "sales unit", "created", "used", "revoked"], rows);
        }
        Action::Revoke { prefix } => {
            let unit = store.shop_key(&prefix).await?.and_then(|key| key.sales_unit);
            let entry = Entry::new(audit::Action::RevokeKey, &arguments::operator(), clock::now());
            let entry = entry.at_unit(unit.as_deref()).about(&prefix);
            if !store.revoke_shop_key(&prefix, &entry).await? {
                bail!("no key has the prefix {prefix}, or it is revoked already");
            }
            println!("revoked {prefix}");
        }
    }
    store.close().await;
    Ok(())
}
