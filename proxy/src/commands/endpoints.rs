//! `kvitt endpoints`: manages the endpoints of the shop's backend, which receive its webhooks.

use clap::Subcommand;
use kvitt_wire::Actor;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::base::clock;
use crate::checkout::Moment;
use crate::config::Config;
use crate::shop::relay::administration;
use crate::store::Store;
use crate::store::endpoints::Endpoint;

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
    /// Add an endpoint; prints its id and its secret, which is not printed again
    Add {
        /// https URL of the endpoint
        url: String,
        /// Only events of this type; can be repeated [default: all types]
        #[arg(long = "event", value_name = "TYPE")]
        events: Vec<String>,
    },
    /// List the endpoints
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an endpoint and its deliveries
    Remove {
        /// Id of the endpoint, as `list` prints it
        id: String,
    },
    /// Rotate the secret of an endpoint, and print the new one; for a day both secrets sign
    Rotate {
        /// Id of the endpoint
        id: String,
    },
    /// Enable a disabled endpoint; `kvitt deliveries replay` delivers the events that it missed
    Enable {
        /// Id of the endpoint
        id: String,
    },
    /// Disable an endpoint: it receives no events until it is enabled
    Disable {
        /// Id of the endpoint
        id: String,
    },
    /// Send a test event to an endpoint; a running proxy delivers it within seconds
    Test {
        /// Id of the endpoint
        id: String,
    },
}

/// Runs the command; proxies may run at the same time.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = execute(&store, &config, args.action).await;
    store.close().await;
    done
}

async fn execute(store: &Store, config: &Config, action: Action) -> anyhow::Result<()> {
    let (now, by) = (clock::now(), &arguments::operator());
    match action {
        Action::Add { url, events } => add(store, config, url, events, by, now).await?,
        Action::List { json } => list(&store.endpoints().await?, json)?,
        Action::Remove { id } => {
            administration::remove(store, &id, by, now).await?;
            println!("removed {id}");
        }
        Action::Rotate { id } => {
            let secret = administration::rotate(store, &id, by, now).await?;
            println!("{}", secret.expose_secret());
            eprintln!("the old secret also signs for 24 hours");
        }
        Action::Enable { id } => {
            administration::enable(store, &id, by, now).await?;
            println!("enabled {id}");
        }
        Action::Disable { id } => {
            administration::disable(store, &id, by, now).await?;
            println!("disabled {id}");
        }
        Action::Test { id } => println!("{}", administration::test(store, &id, by, now).await?),
    }
    Ok(())
}

async fn add(
    store: &Store,
    config: &Config,
    url: String,
    events: Vec<String>,
    by: &Actor,
    now: Moment,
) -> anyhow::Result<()> {
    let (endpoint, secret) = administration::add(store, &config.relay.allowed_networks, url, events, by, now).await?;
    println!("{}\n{}", endpoint.id, secret.expose_secret());
    eprintln!("store the secret: it is not printed again");
    for other in administration::same_receivers(store, &endpoint).await? {
        eprintln!(
            "warning: {other} has the same URL, so it receives the same events twice; `kvitt endpoints remove` removes one"
        );
    }
    Ok(())
}

fn list(endpoints: &[Endpoint], json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&endpoints);
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
    output::table(&["id", "state", "address", "events"], rows);
    Ok(())
}
