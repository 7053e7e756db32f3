//! `kvitt orders`: the shop's orders, and their money, for scripts and for whoever answers the telephone.
//!
//! It reads and writes the proxy's database, beside proxies that run. What moves money goes through the same door as the API, and is
//! carried out by a proxy.

mod operations;
mod shown;

use anyhow::Context;
use clap::{Args, Subcommand};
use kvitt_wire::{ShopOrder, ShopOrders, State};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::ending::Ending;
use super::parts;
use super::shown as cells;
use crate::base::clock;
use crate::checkout::{Moment, Reference};
use crate::config::Config;
use crate::store::events::HistoryEvent;
use crate::store::orders::{OrderCursor, OrderFilter};
use crate::store::{Store, Stored};
use crate::vendor::captures::Urgency;

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
    /// List orders, the newest first.
    List(Filters),
    /// Show an order: where it stands, its lines, its payments and what was done with their money.
    Show {
        /// The reference of any of its payments.
        reference: String,
        /// As JSON, as the API has it.
        #[arg(long)]
        json: bool,
    },
    /// Take reserved money, all that is left or a part.
    Capture(operations::Move),
    /// Let all go that is reserved and not captured.
    Cancel(operations::LetGo),
    /// Give captured money back, all that is left or a part.
    Refund(operations::Move),
    /// List reservations that are to be captured within `capture.warn_days`, or are not guaranteed any more; the most urgent first.
    Due {
        /// Those that there is time for too.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Filters {
    /// Only those that stand there, such as `authorized`; several are separated by commas.
    #[arg(long, value_name = "STATE", value_parser = state, value_delimiter = ',')]
    state: Vec<State>,
    /// Only those of this sales unit, by name.
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// Only those that were opened then or later, such as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
    /// Only those that were opened before that.
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    until: Option<Moment>,
    /// Only those with money that is reserved, and neither captured nor let go.
    #[arg(long)]
    to_capture: bool,
    /// Only those with a payment whose reference begins like this.
    #[arg(long, value_name = "PREFIX")]
    reference: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Those that follow a page: what it named as the next.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// As JSON, as the API has it.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<Ending> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = act(&store, &config, asked.action).await;
    store.close().await;
    done
}

async fn act(store: &Store, config: &Config, action: Action) -> anyhow::Result<Ending> {
    match action {
        Action::List(filters) => list(store, config, filters).await?,
        Action::Show { reference, json } => {
            let stored = known(store, &reference).await?;
            let happened = store.order_events(stored.checkout.id).await?;
            let events = happened.iter().map(HistoryEvent::for_shop).collect::<Result<_, _>>()?;
            let order = parts::captures(config).for_shop(&stored.checkout, stored.shared(), clock::now());
            let order = ShopOrder { events: Some(events), ..order };
            if json { cells::json(&order)? } else { shown::one(&order) }
        }
        Action::Capture(asked) => return operations::capture(store, config, asked).await,
        Action::Cancel(asked) => return operations::cancel(store, config, asked).await,
        Action::Refund(asked) => return operations::refund(store, config, asked).await,
        Action::Due { all, json } => due(store, config, all, json).await?,
    }
    Ok(Ending::Done)
}

async fn known(store: &Store, reference: &str) -> anyhow::Result<Stored> {
    let found = match Reference::parse(reference) {
        Some(reference) => store.checkout_of(reference.as_str()).await?,
        None => None,
    };
    let id = found.with_context(|| format!("there is no order with the reference {reference}"))?;
    store.checkout(id).await?.with_context(|| format!("the order of {reference} is gone"))
}

async fn list(store: &Store, config: &Config, filters: Filters) -> anyhow::Result<()> {
    if let Some(unit) = &filters.sales_unit {
        config.sales_units.find(Some(unit)).with_context(|| format!("there is no sales unit {unit}"))?;
    }
    let after = filters.after.as_deref().map(|after| OrderCursor::decode(after).context("--after is no cursor"));
    let wanted = OrderFilter {
        states: filters.state,
        sales_unit: filters.sales_unit,
        since: filters.since,
        until: filters.until,
        to_capture: filters.to_capture.then_some(true),
        reference: filters.reference,
        after: after.transpose()?,
    };
    let page = store.orders(&wanted, filters.limit).await?;
    let now = clock::now();
    let orders = page
        .orders
        .into_iter()
        .map(|(checkout, shared)| parts::captures(config).for_shop(&checkout, shared, now))
        .collect();
    let orders = ShopOrders { orders, next: page.next.map(OrderCursor::encode) };
    if filters.json {
        return cells::json(&orders);
    }
    shown::table(&orders.orders, now);
    if let Some(next) = orders.next {
        eprintln!("there are more: --after {next}");
    }
    Ok(())
}

async fn due(store: &Store, config: &Config, all: bool, json: bool) -> anyhow::Result<()> {
    let now = clock::now();
    let mut deadlines = parts::captures(config).deadlines(store, now).await?;
    deadlines.retain(|(_, deadline)| all || deadline.urgency != Urgency::Later);
    let deadlines = deadlines.into_iter().map(|(_, deadline)| deadline);
    if json {
        return cells::json(&deadlines.collect::<Vec<_>>());
    }
    let rows = deadlines.map(|deadline| {
        let style = match deadline.urgency {
            Urgency::Later => cells::GOOD,
            Urgency::Due => cells::WAITING,
            Urgency::Overdue => cells::BAD,
        };
        vec![
            deadline.reservation.reference.to_string(),
            deadline.reservation.sales_unit,
            format!("{} {}", cells::amount(deadline.reservation.uncaptured), deadline.reservation.currency),
            cells::styled(style, cells::until(deadline.capture_by.0 - now.0)),
            cells::until(deadline.released_at.0 - now.0),
        ]
    });
    cells::table(&["reference", "sales unit", "not captured", "guarantee ends", "given back"], rows);
    Ok(())
}

fn state(text: &str) -> Result<State, String> {
    serde_json::from_value(text.into()).map_err(|_| "there is no such state".to_owned())
}
