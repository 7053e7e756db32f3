//! `kvitt webhooks`: manages the webhook registrations at Vipps MobilePay.

use anyhow::{Context, anyhow};
use clap::Subcommand;
use kvitt_vipps::EventName;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::{output, parts};
use crate::base::clock;
use crate::checkout::audit::{self, Entry};
use crate::store::Store;
use crate::vendor::client;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Name of the sales unit [default: the first one of the configuration]
    #[arg(long, value_name = "NAME", global = true)]
    sales_unit: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the registrations
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Register the proxy's URL, and print the secret; it is not printed again
    Register,
    /// Check the registration of every sales unit, and register what is missing, as a running proxy does every hour
    Repair,
    /// Remove a registration, and delete its secret from the database; running proxies notice it at their next check
    Remove {
        /// Id of the registration, as `list` prints it
        id: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let unit = config.sales_units.find(args.sales_unit.as_deref()).context("there is no such sales unit")?;
    let client = client::new(&config.vipps, unit)?;
    match args.action {
        Action::List { json } => {
            let webhooks = client.webhooks().await?;
            if json {
                let each = webhooks.iter().map(|webhook| {
                    let events: Vec<_> = webhook.events.iter().map(|event| event.as_str()).collect();
                    serde_json::json!({ "id": webhook.id, "url": webhook.url, "events": events })
                });
                return output::json(&each.collect::<Vec<_>>());
            }
            let rows =
                webhooks.into_iter().map(|webhook| vec![webhook.id, webhook.url, webhook.events.len().to_string()]);
            output::table(&["id", "address", "events"], rows);
        }
        Action::Register => {
            let url = config.webhook.url(unit);
            let registration = client.register_webhook(&url, &EventName::ALL).await?;
            println!("id      {}", registration.id);
            println!("url     {url}");
            println!("secret  {}", registration.secret.expose_secret());
            println!("Set the secret as webhook_secret of the sales unit {:?}; it is not printed again.", unit.name);
        }
        Action::Repair => {
            let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
            let registrations = parts::registrations(&config, &store, &parts::performer(&config)?);
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
            // There may be no database yet when webhooks are registered by hand.
            match Store::attach(config.database_url.expose_secret(), &config.vault).await {
                Ok(store) => {
                    let entry = Entry::new(audit::Action::RemoveWebhook, &arguments::operator(), clock::now());
                    let entry = entry.at_unit(Some(&unit.name)).about(&id);
                    store.delete_webhook_secret(&id, &entry).await?;
                    store.close().await;
                }
                Err(error) => eprintln!("its secret was not deleted from the database: {error}"),
            }
        }
    }
    Ok(())
}
