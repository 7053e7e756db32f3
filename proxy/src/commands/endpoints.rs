//! `kvitt endpoints`: where the shop's own backend is told what happens.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::shown;
use crate::base::clock;
use crate::checkout::Moment;
use crate::config::Config;
use crate::shop::relay::administration;
use crate::store::Store;
use crate::store::endpoints::Endpoint;

/// Which database, and what about it.
#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Tell this address from now on. Prints its secret, which is not shown again.
    Add {
        /// An https address.
        url: String,
        /// Only this kind of event; may be repeated. All kinds when left out.
        #[arg(long = "event", value_name = "TYPE")]
        events: Vec<String>,
    },
    /// List the endpoints.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove an endpoint and the log of what it was told.
    Remove {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Give an endpoint a new secret, and print it. For a day the old one signs too.
    Rotate {
        /// Its id.
        id: String,
    },
    /// Tell an endpoint again that was disabled. What it missed is told by `kvitt deliveries replay`.
    Enable {
        /// Its id.
        id: String,
    },
    /// Tell an endpoint nothing any more, until it is enabled.
    Disable {
        /// Its id.
        id: String,
    },
    /// Tell an endpoint an event that means nothing. A proxy that runs does it within seconds.
    Test {
        /// Its id.
        id: String,
    },
}

/// Does it. The proxies may run.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = act(&store, &config, asked.action).await;
    store.close().await;
    done
}

async fn act(store: &Store, config: &Config, action: Action) -> anyhow::Result<()> {
    let now = clock::now();
    match action {
        Action::Add { url, events } => add(store, config, url, events, now).await?,
        Action::List { json } => list(&store.endpoints().await?, json)?,
        Action::Remove { id } => {
            administration::remove(store, &id).await?;
            println!("removed {id}");
        }
        Action::Rotate { id } => {
            let secret = administration::rotate(store, &id, now).await?;
            println!("{}", secret.expose_secret());
            eprintln!("the old secret signs beside it for 24 hours");
        }
        Action::Enable { id } => {
            administration::enable(store, &id).await?;
            println!("enabled {id}");
        }
        Action::Disable { id } => {
            administration::disable(store, &id, now).await?;
            println!("disabled {id}");
        }
        Action::Test { id } => println!("{}", administration::test(store, &id, now).await?),
    }
    Ok(())
}

async fn add(store: &Store, config: &Config, url: String, events: Vec<String>, now: Moment) -> anyhow::Result<()> {
    let (endpoint, secret) = administration::add(store, &config.relay.allowed_networks, url, events, now).await?;
    println!("{}\n{}", endpoint.id, secret.expose_secret());
    eprintln!("keep the secret: it is not shown again");
    Ok(())
}

fn list(endpoints: &[Endpoint], json: bool) -> anyhow::Result<()> {
    if json {
        return shown::json(&endpoints);
    }
    let rows = endpoints.iter().map(|endpoint| {
        let state = match (&endpoint.disabled_reason, endpoint.failing_since) {
            (Some(reason), _) => format!("disabled: {reason}"),
            (None, Some(_)) => "failing".to_owned(),
            (None, None) => "fine".to_owned(),
        };
        let events = endpoint.events.as_ref().map_or_else(|| "all".to_owned(), |events| events.join(" "));
        vec![endpoint.id.clone(), state, endpoint.url.clone(), events]
    });
    shown::table(&["id", "state", "address", "events"], rows);
    Ok(())
}
