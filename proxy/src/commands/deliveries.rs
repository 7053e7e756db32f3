//! `kvitt deliveries`: shows the deliveries to an endpoint of the shop, and delivers again.

use anyhow::Context;
use clap::Subcommand;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::base::clock;
use crate::checkout::Moment;
use crate::shop::relay::administration::{self, find};
use crate::store::Store;
use crate::store::deliveries::{ListedDelivery, Replay};

/// The most deliveries to list.
const MAX: u32 = 1_000;

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
    /// List the deliveries to an endpoint, the newest first, 1000 at most
    List {
        /// Id of the endpoint, as `kvitt endpoints list` prints it
        endpoint: String,
        /// Only deliveries that were tried and have not succeeded
        #[arg(long)]
        failed: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the delivery of one event to an endpoint
    Show {
        /// Id of the endpoint
        endpoint: String,
        /// Id of the event, as `list` prints it
        event: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Deliver to an endpoint again, under the same ids
    Replay {
        /// Id of the endpoint
        endpoint: String,
        #[command(flatten)]
        selection: Selection,
    },
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Selection {
    /// Only this event, by the id that `list` prints
    #[arg(long, value_name = "EVENT")]
    delivery: Option<String>,
    /// All events since a time, such as 2027-01-31T12:00:00Z, including those that the endpoint missed
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
}

/// Runs the command; proxies may run at the same time.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = execute(&store, args.action).await;
    store.close().await;
    done
}

async fn execute(store: &Store, action: Action) -> anyhow::Result<()> {
    let now = clock::now();
    match action {
        Action::List { endpoint, failed, json } => {
            find(store, &endpoint).await?;
            let deliveries = store.deliveries(&endpoint, failed, None, MAX).await?;
            if json {
                return output::json(&deliveries);
            }
            table(&deliveries, now);
        }
        Action::Show { endpoint, event, json } => {
            find(store, &endpoint).await?;
            let mut deliveries = store.deliveries(&endpoint, false, None, MAX).await?.into_iter();
            let delivery = deliveries.find(|delivery| delivery.id == event);
            let delivery = delivery.with_context(|| format!("{event} is not among the last {MAX} deliveries"))?;
            if json {
                return output::json(&delivery);
            }
            one(&delivery, now);
        }
        Action::Replay { endpoint, selection } => {
            let which = match (&selection.delivery, selection.since) {
                (Some(event), _) => Replay::One(event),
                (None, since) => Replay::Since(since.context("--delivery or --since is required")?),
            };
            let count = administration::replay(store, &endpoint, which, &arguments::operator(), now).await?;
            println!("{count} to be delivered again");
        }
    }
    Ok(())
}

fn state(delivery: &ListedDelivery, now: Moment) -> String {
    match (delivery.delivered_at, delivery.given_up_at) {
        (Some(_), _) => output::styled(output::GOOD, "delivered"),
        (None, Some(_)) => output::styled(output::BAD, "given up"),
        (None, None) => output::styled(output::WAITING, output::until(delivery.due_at.0 - now.0)),
    }
}

fn table(deliveries: &[ListedDelivery], now: Moment) {
    let rows = deliveries.iter().map(|delivery| {
        let latency = delivery.latency_ms.map(|ms| format!("{ms} ms"));
        vec![
            delivery.id.clone(),
            delivery.kind.clone(),
            output::duration(now.0 - delivery.created_at.0),
            state(delivery, now),
            delivery.tries.to_string(),
            delivery.last_status.map(|status| status.to_string()).unwrap_or_default(),
            latency.unwrap_or_default(),
            delivery.last_error.clone().unwrap_or_default(),
        ]
    });
    output::table(&["event", "kind", "age", "state", "tries", "status", "took", "last error"], rows);
}

fn one(delivery: &ListedDelivery, now: Moment) {
    let mut facts = vec![
        ("event", delivery.id.clone()),
        ("kind", delivery.kind.clone()),
        ("state", state(delivery, now)),
        ("created", output::time(delivery.created_at.0)),
        ("tries", delivery.tries.to_string()),
    ];
    facts.extend(delivery.tried_at.map(|at| ("last tried", output::time(at.0))));
    facts.extend(delivery.last_status.map(|status| ("answer", status.to_string())));
    facts.extend(delivery.latency_ms.map(|ms| ("took", format!("{ms} ms"))));
    facts.extend(delivery.last_error.clone().map(|error| ("error", error)));
    output::facts(&facts);
}
