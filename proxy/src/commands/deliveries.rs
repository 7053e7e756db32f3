//! `kvitt deliveries`: what an endpoint of the shop's was told, and whether it heard; told once more where it did not.

use anyhow::Context;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::shown;
use crate::base::clock;
use crate::checkout::Moment;
use crate::shop::relay::administration::{self, find};
use crate::store::Store;
use crate::store::deliveries::{ListedDelivery, Replay};

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
    /// List what an endpoint was told, the newest first, a thousand at most.
    List {
        /// Its id, as `kvitt endpoints list` shows it.
        endpoint: String,
        /// Only what was tried and is not delivered.
        #[arg(long)]
        failed: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show how one event fared at an endpoint.
    Show {
        /// The endpoint's id.
        endpoint: String,
        /// The event's id, as `list` shows it.
        event: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell an endpoint once more, under the same ids.
    Replay {
        /// The endpoint's id.
        endpoint: String,
        #[command(flatten)]
        what: What,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// This event, by the id that `list` shows.
    #[arg(long, value_name = "EVENT")]
    delivery: Option<String>,
    /// All that has happened since then, also what it has missed, such as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
}

/// Does it. The proxies may run.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = act(&store, asked.action).await;
    store.close().await;
    done
}

async fn act(store: &Store, action: Action) -> anyhow::Result<()> {
    let now = clock::now();
    match action {
        Action::List { endpoint, failed, json } => {
            find(store, &endpoint).await?;
            let deliveries = store.deliveries(&endpoint, failed, None, MOST).await?;
            if json {
                return shown::json(&deliveries);
            }
            table(&deliveries, now);
        }
        Action::Show { endpoint, event, json } => {
            find(store, &endpoint).await?;
            let mut deliveries = store.deliveries(&endpoint, false, None, MOST).await?.into_iter();
            let delivery = deliveries.find(|delivery| delivery.id == event);
            let delivery =
                delivery.with_context(|| format!("{event} is not among the last {MOST} that it was told"))?;
            if json {
                return shown::json(&delivery);
            }
            one(&delivery, now);
        }
        Action::Replay { endpoint, what } => {
            let which = match (&what.delivery, what.since) {
                (Some(event), _) => Replay::One(event),
                (None, since) => Replay::Since(since.context("one of --delivery and --since")?),
            };
            let count = administration::replay(store, &endpoint, which, now).await?;
            println!("{count} to be told again");
        }
    }
    Ok(())
}

fn state(delivery: &ListedDelivery, now: Moment) -> String {
    match (delivery.delivered_at, delivery.given_up_at) {
        (Some(_), _) => shown::styled(shown::GOOD, "delivered"),
        (None, Some(_)) => shown::styled(shown::BAD, "given up"),
        (None, None) => shown::styled(shown::WAITING, shown::until(delivery.due_at.0 - now.0)),
    }
}

fn table(deliveries: &[ListedDelivery], now: Moment) {
    let rows = deliveries.iter().map(|delivery| {
        let latency = delivery.latency_ms.map(|ms| format!("{ms} ms"));
        vec![
            delivery.id.clone(),
            delivery.kind.clone(),
            shown::duration(now.0 - delivery.created_at.0),
            state(delivery, now),
            delivery.tries.to_string(),
            delivery.last_status.map(|status| status.to_string()).unwrap_or_default(),
            latency.unwrap_or_default(),
            delivery.last_error.clone().unwrap_or_default(),
        ]
    });
    shown::table(&["event", "kind", "age", "state", "tries", "status", "took", "last error"], rows);
}

fn one(delivery: &ListedDelivery, now: Moment) {
    let mut facts = vec![
        ("event", delivery.id.clone()),
        ("kind", delivery.kind.clone()),
        ("state", state(delivery, now)),
        ("written down", shown::time(delivery.created_at.0)),
        ("tries", delivery.tries.to_string()),
    ];
    facts.extend(delivery.tried_at.map(|at| ("last tried", shown::time(at.0))));
    facts.extend(delivery.last_status.map(|status| ("answer", status.to_string())));
    facts.extend(delivery.latency_ms.map(|ms| ("took", format!("{ms} ms"))));
    facts.extend(delivery.last_error.clone().map(|error| ("error", error)));
    shown::facts(&facts);
}
