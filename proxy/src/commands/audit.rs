//! `kvitt audit`: lists who asked for what.

use anyhow::Context;
use kvitt_wire::{AuditEntries, AuditEntry};
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::checkout::Moment;
use crate::store::Store;
use crate::store::audit::AuditFilter;
use crate::store::cursor::Cursor;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Only entries of this sales unit, by name
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// Only entries of this time or later, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = arguments::moment)]
    since: Option<Moment>,
    /// Only entries before this time
    #[arg(long, value_name = "TIME", value_parser = arguments::moment)]
    until: Option<Moment>,
    /// Most entries to list
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
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    arguments::is_known_unit(&config, args.sales_unit.as_deref())?;
    let after = args.after.as_deref().map(|after| Cursor::decode(after).context("--after is not a cursor"));
    let wanted =
        AuditFilter { sales_unit: args.sales_unit, since: args.since, until: args.until, after: after.transpose()? };
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let page = store.audit(&wanted, args.limit).await;
    store.close().await;
    let page = page?;
    let listed = AuditEntries { entries: page.entries, next: page.next.map(|next| next.encode()) };
    if args.json {
        return output::json(&listed);
    }
    let headings = ["time", "asked for", "about", "amount", "by", "via", "sales unit", "detail"];
    output::table(&headings, listed.entries.into_iter().map(cells));
    if let Some(next) = listed.next {
        eprintln!("there are more: --after {next}");
    }
    Ok(())
}

fn cells(entry: AuditEntry) -> Vec<String> {
    let amount = entry.amount.map(|amount| format!("{} {}", output::amount(amount.value), amount.currency.code()));
    vec![
        output::time(entry.at_ms),
        entry.action,
        entry.subject.unwrap_or_default(),
        amount.unwrap_or_default(),
        entry.by.name,
        entry.by.via.as_str().to_owned(),
        entry.sales_unit.unwrap_or_default(),
        entry.detail.unwrap_or_default(),
    ]
}
