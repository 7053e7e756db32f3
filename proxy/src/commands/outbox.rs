//! `kvitt outbox`: lists the effects that wait to be carried out, and retries parked ones.

use anyhow::bail;
use clap::Subcommand;
use secrecy::ExposeSecret;

use super::arguments::{self, ConfigFile};
use super::output;
use crate::base::clock;
use crate::engine::outbox;
use crate::store::Store;
use crate::store::queues::EffectFilter;

/// The most effects to list.
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
    /// List the waiting effects, the oldest first, 1000 at most
    List {
        /// List the parked effects instead
        #[arg(long, conflicts_with = "all")]
        parked: bool,
        /// List waiting and parked effects
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Retry a parked effect; a running proxy does it within five seconds
    Retry {
        /// Id of the effect, as `list` prints it
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Retry all parked effects
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = args.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    match args.action {
        Action::List { parked, all, json } => {
            let which = match (parked, all) {
                (true, _) => EffectFilter::Parked,
                (_, true) => EffectFilter::All,
                _ => EffectFilter::Waiting,
            };
            let effects = store.effects(which, MAX).await?;
            if json {
                output::json(&effects)?;
            } else {
                let now = clock::now();
                let rows = effects.into_iter().map(|effect| {
                    vec![
                        effect.id,
                        effect.kind,
                        effect.reference.unwrap_or_default(),
                        effect.tries.to_string(),
                        output::duration(now.0 - effect.created_at.0),
                        effect.parked_reason.unwrap_or_else(|| output::until(effect.due_at.0 - now.0)),
                    ]
                });
                output::table(&["id", "kind", "reference", "tries", "age", "parked because / due"], rows);
            }
        }
        Action::Retry { id, .. } => {
            let released = outbox::release(&store, id.as_deref(), &arguments::operator()).await?;
            released.iter().for_each(|id| println!("released {id}"));
            if let (Some(id), true) = (id, released.is_empty()) {
                bail!("no effect {id} is parked");
            }
        }
    }
    store.close().await;
    Ok(())
}
