//! `kvitt webhooks`: the registrations at Vipps MobilePay.

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use kvitt_vipps::EventName;
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::{parts, shown};
use crate::store::Store;
use crate::vendor::client;

/// Whose registrations, and what about them.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// The sales unit, by name; the first one when absent.
    #[arg(long, value_name = "NAME", global = true)]
    sales_unit: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the registrations.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Register the proxy's address, and print the secret, which is shown only this once.
    Register,
    /// Look at the registration of every sales unit, and register what is missing, as the proxy does by itself every hour.
    Repair,
    /// Remove a registration, and forget the secret that the proxies know it by, as they do the next time they look.
    Remove {
        /// Its id, as `list` shows it.
        id: String,
    },
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let unit = config.sales_units.find(asked.sales_unit.as_deref()).context("there is no such sales unit")?;
    let client = client::new(&config.vipps, unit)?;
    match asked.action {
        Action::List { json } => {
            let webhooks = client.webhooks().await?;
            if json {
                let each = webhooks.iter().map(|webhook| {
                    let events: Vec<_> = webhook.events.iter().map(|event| event.as_str()).collect();
                    serde_json::json!({ "id": webhook.id, "url": webhook.url, "events": events })
                });
                return shown::json(&each.collect::<Vec<_>>());
            }
            let rows =
                webhooks.into_iter().map(|webhook| vec![webhook.id, webhook.url, webhook.events.len().to_string()]);
            shown::table(&["id", "address", "events"], rows);
        }
        Action::Register => {
            let url = config.webhook.url(unit);
            let registration = client.register_webhook(&url, &EventName::ALL).await?;
            println!("id      {}", registration.id);
            println!("url     {url}");
            println!("secret  {}", registration.secret.expose_secret());
            println!("Keep the secret as webhook_secret of the sales unit {:?}; it is not shown again.", unit.name);
        }
        Action::Repair => {
            let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
            let registrations = parts::registrations(&config, &store)?;
            registrations.maintain_all().await.map_err(|error| anyhow!(error))?;
            for unit in config.sales_units.iter() {
                let standing = registrations.status(&unit.name).await.map_err(|unseen| anyhow!(unseen.reason))?;
                println!("sales unit {}: {standing}", unit.name);
            }
            store.close().await;
        }
        Action::Remove { id } => {
            match client.remove_webhook(&id).await {
                Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => {
                    println!("{id} is not registered (any more)");
                }
                removed => {
                    removed?;
                    println!("removed {id}");
                }
            }
            // Where webhooks are registered by hand there may be no database yet.
            match Store::attach(config.database_url.expose_secret(), &config.vault).await {
                Ok(store) => {
                    store.delete_webhook_secret(&id).await?;
                    store.close().await;
                }
                Err(error) => eprintln!("its secret was not looked for: {error}"),
            }
        }
    }
    Ok(())
}
