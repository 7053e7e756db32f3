//! `kvitt orders`: shows the shop's orders and moves their money, for scripts and customer service.
//!
//! It reads and writes the database, beside running proxies. An operation on money is committed through the same code as in the API; a running
//! proxy carries it out.

mod operations;
mod view;

use anyhow::Context;
use clap::Subcommand;
use kvitt_wire::{ShopOrder, ShopOrders, State};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::exit_status::ExitStatus;
use super::output;
use super::parts;
use crate::base::clock;
use crate::checkout::{Moment, Reference};
use crate::config::Config;
use crate::store::events::HistoryEvent;
use crate::store::orders::{OrderCursor, OrderFilter};
use crate::store::{Store, Stored};
use crate::vendor::captures::Urgency;

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
    /// List orders, the newest first
    List(Filters),
    /// Show an order: its state, lines, payments, events and operations, and who asked for them
    Show {
        /// Reference of any of the order's payments
        reference: String,
        /// Print JSON, as the API does
        #[arg(long)]
        json: bool,
    },
    /// Capture reserved money, all that is left or a part
    Capture(operations::MoveArgs),
    /// Release all reserved money that is not captured
    Cancel(operations::ReleaseArgs),
    /// Refund captured money, all that is left or a part
    Refund(operations::MoveArgs),
    /// List reservations whose guarantee ends within `capture.warn_days` or has ended, the most urgent first
    Due {
        /// List all reservations
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
struct Filters {
    /// Only orders in this state, such as `authorized`; separate several with commas
    #[arg(long, value_name = "STATE", value_parser = state, value_delimiter = ',')]
    state: Vec<State>,
    /// Only orders of this sales unit, by name
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// Only orders opened at this time or later, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    since: Option<Moment>,
    /// Only orders opened before this time
    #[arg(long, value_name = "TIME", value_parser = super::arguments::moment)]
    until: Option<Moment>,
    /// Only orders with reserved money that is neither captured nor released
    #[arg(long)]
    to_capture: bool,
    /// Only orders with a payment whose reference begins with this
    #[arg(long, value_name = "PREFIX")]
    reference: Option<String>,
    /// Most orders to list
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Continue after a page: the cursor that it printed
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Print JSON, as the API does
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let done = execute(&store, &config, args.action).await;
    store.close().await;
    done
}

async fn execute(store: &Store, config: &Config, action: Action) -> anyhow::Result<ExitStatus> {
    match action {
        Action::List(filters) => list(store, config, filters).await?,
        Action::Show { reference, json } => {
            let stored = find(store, &reference).await?;
            let happened = store.order_events(stored.checkout.id).await?;
            let events = happened.iter().map(HistoryEvent::for_shop).collect::<Result<_, _>>()?;
            let order = parts::captures(config).for_shop(&stored.checkout, stored.shared(), clock::now());
            let audit = Some(store.order_audit(stored.checkout.id).await?);
            let order = ShopOrder { events: Some(events), audit, ..order };
            if json { output::json(&order)? } else { view::one(&order) }
        }
        Action::Capture(args) => return operations::capture(store, config, args).await,
        Action::Cancel(args) => return operations::cancel(store, config, args).await,
        Action::Refund(args) => return operations::refund(store, config, args).await,
        Action::Due { all, json } => due(store, config, all, json).await?,
    }
    Ok(ExitStatus::Done)
}

async fn find(store: &Store, reference: &str) -> anyhow::Result<Stored> {
    let found = match Reference::parse(reference) {
        Some(reference) => store.checkout_of(reference.as_str()).await?,
        None => None,
    };
    let id = found.with_context(|| format!("there is no order with the reference {reference}"))?;
    store.checkout(id).await?.with_context(|| format!("the order of {reference} no longer exists"))
}

async fn list(store: &Store, config: &Config, filters: Filters) -> anyhow::Result<()> {
    if let Some(unit) = &filters.sales_unit {
        config.sales_units.find(Some(unit)).with_context(|| format!("there is no sales unit {unit}"))?;
    }
    let after = filters.after.as_deref().map(|after| OrderCursor::decode(after).context("--after is not a cursor"));
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
        return output::json(&orders);
    }
    view::table(&orders.orders, now);
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
        return output::json(&deadlines.collect::<Vec<_>>());
    }
    let rows = deadlines.map(|deadline| {
        let style = match deadline.urgency {
            Urgency::Later => output::GOOD,
            Urgency::Due => output::WAITING,
            Urgency::Overdue => output::BAD,
        };
        vec![
            deadline.reservation.reference.to_string(),
            deadline.reservation.sales_unit,
            format!("{} {}", output::amount(deadline.reservation.uncaptured), deadline.reservation.currency),
            output::styled(style, output::until(deadline.capture_by.0 - now.0)),
            output::until(deadline.released_at.0 - now.0),
        ]
    });
    output::table(&["reference", "sales unit", "not captured", "guarantee ends", "released"], rows);
    Ok(())
}

fn state(text: &str) -> Result<State, String> {
    serde_json::from_value(text.into()).map_err(|_| "there is no such state".to_owned())
}
