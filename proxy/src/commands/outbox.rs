//! `kvitt outbox`: what is to be done in the world and waits for it, and what was put aside.

use anyhow::bail;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::arguments::ConfigFile;
use super::shown;
use crate::base::clock;
use crate::engine::outbox;
use crate::store::Store;
use crate::store::queues::EffectFilter;

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
    /// List the effects that wait, oldest first, a thousand at most.
    List {
        /// Those that are parked instead.
        #[arg(long, conflicts_with = "all")]
        parked: bool,
        /// Those that are parked too.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have a parked effect done after all. A proxy that runs takes it up within five seconds.
    Retry {
        /// Its id, as `list` shows it.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All that are parked.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

/// Does it.
pub(crate) async fn run(asked: Asked) -> anyhow::Result<()> {
    let config = asked.config.load_without_webhooks()?;
    let store = Store::attach(config.database_url.expose_secret(), &config.vault).await?;
    match asked.action {
        Action::List { parked, all, json } => {
            let which = match (parked, all) {
                (true, _) => EffectFilter::Parked,
                (_, true) => EffectFilter::All,
                _ => EffectFilter::Waiting,
            };
            let effects = store.effects(which, MOST).await?;
            if json {
                shown::json(&effects)?;
            } else {
                let now = clock::now();
                let rows = effects.into_iter().map(|effect| {
                    vec![
                        effect.id,
                        effect.kind,
                        effect.reference.unwrap_or_default(),
                        effect.tries.to_string(),
                        shown::duration(now.0 - effect.created_at.0),
                        effect.parked_reason.unwrap_or_else(|| shown::until(effect.due_at.0 - now.0)),
                    ]
                });
                shown::table(&["id", "kind", "reference", "tries", "age", "parked because / due"], rows);
            }
        }
        Action::Retry { id, .. } => {
            let released = outbox::release(&store, id.as_deref()).await?;
            released.iter().for_each(|id| println!("released {id}"));
            if let (Some(id), true) = (id, released.is_empty()) {
                bail!("no effect {id} is parked");
            }
        }
    }
    store.close().await;
    Ok(())
}
