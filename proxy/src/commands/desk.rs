//! `kvitt desk`: prints a login link for the order desk, or ends all its sessions.

use kvitt_wire::Role;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::access::session::{self, NewLink};
use crate::base::clock;
use crate::checkout::audit::{Action, Entry};
use crate::store::Store;

/// The arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Whom the link is for, as the history of an order will show it
    #[arg(long, value_name = "NAME", value_parser = arguments::label, default_value = "desk")]
    name: String,
    /// What the session may do; each role may do what the ones before it may: read, capture and release, refund, everything
    #[arg(long, value_parser = arguments::role(), default_value = "all")]
    role: Role,
    /// Restrict the session to the orders of this sales unit, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    sales_unit: Option<String>,
    /// End all sessions and invalidate all unused links instead
    #[arg(long, conflicts_with_all = ["name", "role", "sales_unit"])]
    end_all: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    let by = arguments::operator();
    if args.end_all {
        let entry = Entry::new(Action::EndDeskSessions, &by, clock::now());
        println!("ended {}", store.end_desk_sessions(&entry).await?);
    } else if config.desk.enabled {
        arguments::is_known_unit(&config, args.sales_unit.as_deref())?;
        let link = NewLink { name: args.name, role: args.role, sales_unit: args.sales_unit };
        println!("{}", session::new_link(&config.desk, &store, link, &by).await?);
        eprintln!("The link logs in once. It expires {}.", output::until(config.desk.link_ms));
    } else {
        anyhow::bail!("the order desk is disabled: desk.enabled is false");
    }
    store.close().await;
    Ok(())
}
