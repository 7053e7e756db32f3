//! `kvitt orders`: orders that want something of the shop.

use clap::{Args, Subcommand};
use kvitt::captures::{self, Urgency};
use kvitt::clock;
use kvitt::store::Store;
use secrecy::ExposeSecret;

use super::{ConfigFile, shown};

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

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let Action::Due { all, json } = asked.action;
    let now = clock::now();
    let mut deadlines = captures::deadlines(&store, &config, now).await?;
    deadlines.retain(|(_, deadline)| all || deadline.urgency != Urgency::Later);
    let deadlines = deadlines.into_iter().map(|(_, deadline)| deadline);
    store.close().await;
    if json {
        println!("{}", serde_json::to_string_pretty(&deadlines.collect::<Vec<_>>())?);
        return Ok(());
    }
    let rows = deadlines.map(|deadline| {
        vec![
            deadline.reservation.reference.to_string(),
            deadline.reservation.sales_unit,
            format!("{} {}", shown::amount(deadline.reservation.uncaptured), deadline.reservation.currency),
            shown::until(deadline.capture_by.0 - now.0),
            shown::until(deadline.released_at.0 - now.0),
        ]
    });
    shown::table(&["reference", "sales unit", "not captured", "guarantee ends", "given back"], rows);
    Ok(())
}
