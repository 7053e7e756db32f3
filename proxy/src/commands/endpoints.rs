//! `kvitt endpoints`: where the shop's own backend is told what happens, and whether it heard.

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use kvitt::checkout::{EventKind, Moment};
use kvitt::clock;
use kvitt::config::Config;
use kvitt::relay::{self, guard::Guard};
use kvitt::store::Store;
use kvitt::store::deliveries::{ENDPOINT_DISABLED, Listed, Told, Which};
use kvitt::store::endpoints::{Endpoint, NewEndpoint};
use secrecy::ExposeSecret;

use super::{ConfigFile, shown};

/// More than anybody reads.
const MOST: u32 = 1_000;

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
    /// Tell an endpoint again that was disabled. What it missed is told by `replay`.
    Enable {
        /// Its id.
        id: String,
    },
    /// Tell an endpoint an event that means nothing. A proxy that runs does it within seconds.
    Test {
        /// Its id.
        id: String,
    },
    /// List what an endpoint was told, the newest first, a thousand at most.
    Deliveries {
        /// Its id.
        id: String,
        /// Only what was tried and is not delivered.
        #[arg(long)]
        failed: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell an endpoint once more, under the same ids.
    Replay {
        /// Its id.
        id: String,
        #[command(flatten)]
        what: What,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// This event, by the id that `deliveries` shows.
    #[arg(long, value_name = "EVENT")]
    delivery: Option<String>,
    /// All that was to be told to it since then, such as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
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
            ensure!(store.remove_endpoint(&id).await?, "there is no endpoint {id}");
            println!("removed {id}");
        }
        Action::Rotate { id } => {
            let secret = relay::new_secret();
            let rotated = store.rotate_endpoint(&id, &secret, now.plus_ms(relay::ROTATION_MS)).await?;
            ensure!(rotated, "there is no endpoint {id}");
            println!("{}", secret.expose_secret());
            eprintln!("the old secret signs beside it for 24 hours");
        }
        Action::Enable { id } => {
            ensure!(store.enable_endpoint(&id).await?, "there is no endpoint {id}");
            println!("enabled {id}");
        }
        Action::Test { id } => {
            let endpoint = known(store, &id).await?;
            ensure!(endpoint.disabled_at.is_none(), "it is disabled: `kvitt endpoints enable {id}`");
            let told = Told::test(&id, now)?;
            store.tell_shop(&told, Some(&id), now).await?;
            println!("{}", told.id);
        }
        Action::Deliveries { id, failed, json } => {
            known(store, &id).await?;
            log(&store.deliveries(&id, failed, MOST).await?, json, now)?;
        }
        Action::Replay { id, what } => {
            let endpoint = known(store, &id).await?;
            ensure!(endpoint.disabled_at.is_none(), "it is disabled: `kvitt endpoints enable {id}`");
            let which = match (&what.delivery, what.since) {
                (Some(event), _) => Which::One(event),
                (None, since) => {
                    let since = since.as_deref().and_then(clock::parse);
                    Which::Since(since.context("a time is written like 2027-01-31T12:00:00Z")?)
                }
            };
            let count = store.replay(&id, which, now).await?;
            ensure!(count > 0 || what.delivery.is_none(), "it was told no such event");
            println!("{count} to be told again");
        }
    }
    Ok(())
}

async fn known(store: &Store, id: &str) -> anyhow::Result<Endpoint> {
    let mut endpoints = store.endpoints().await?.into_iter();
    endpoints.find(|endpoint| endpoint.id == id).with_context(|| format!("there is no endpoint {id}"))
}

async fn add(store: &Store, config: &Config, url: String, events: Vec<String>, now: Moment) -> anyhow::Result<()> {
    Guard::new(&config.relay.allowed_networks).check(&url).context("the address")?;
    let kinds: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).chain([ENDPOINT_DISABLED]).collect();
    if let Some(unknown) = events.iter().find(|event| !kinds.contains(&event.as_str())) {
        bail!("there is no event {unknown}, but {}", kinds.join(", "));
    }
    let endpoint = NewEndpoint::new(url, (!events.is_empty()).then_some(events));
    let secret = relay::new_secret();
    store.add_endpoint(&endpoint, &secret, now).await?;
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

fn log(deliveries: &[Listed], json: bool, now: Moment) -> anyhow::Result<()> {
    if json {
        return shown::json(&deliveries);
    }
    let rows = deliveries.iter().map(|delivery| {
        let state = match (delivery.delivered_at, delivery.given_up_at) {
            (Some(_), _) => "delivered".to_owned(),
            (None, Some(_)) => "given up".to_owned(),
            (None, None) => shown::until(delivery.due_at.0 - now.0),
        };
        let latency = delivery.latency_ms.map(|ms| format!("{ms} ms"));
        vec![
            delivery.id.clone(),
            delivery.kind.clone(),
            shown::duration(now.0 - delivery.created_at.0),
            state,
            delivery.tries.to_string(),
            delivery.last_status.map(|status| status.to_string()).unwrap_or_default(),
            latency.unwrap_or_default(),
            delivery.last_error.clone().unwrap_or_default(),
        ]
    });
    shown::table(&["event", "kind", "age", "state", "tries", "status", "took", "last error"], rows);
    Ok(())
}
