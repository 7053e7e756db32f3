//! Where everything is written down. All SQL lives below this module; it knows rows and the core's plain values, never axum or the
//! vendor's client.
//!
//! Verbs take batches where the path is hot. A commit is one transaction: the state, the effects that follow from it, and the row of
//! the inbox or outbox that caused it. The network is never waited for inside one.

mod sqlite;

use thiserror::Error;

use crate::checkout::{Checkout, CheckoutId, Effect, Planned};

pub use sqlite::Sqlite as Store;

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum Error {
    /// The database said no or could not be reached. Nothing was written.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A stored document does not read as what it should be. Said without what it holds, which may be the customer's.
    #[error("stored document: {:?} error at line {} column {}", .0.classify(), .0.line(), .0.column())]
    Document(#[from] serde_json::Error),
    /// The folder of the database cannot be used.
    #[error("database file: {0}")]
    File(#[from] std::io::Error),
}

/// A checkout as it was found, with the secret half of its token.
#[derive(Debug)]
pub struct Stored {
    /// The checkout.
    pub checkout: Checkout,
    /// What the token must end in.
    pub secret: Secret,
}

/// The secret half of a checkout's token. Never printed.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a transaction settles besides the state: the row whose outcome is being committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request of the page or the shop: no row.
    Request,
    /// A webhook, by its row in the inbox.
    Inbox(i64),
    /// An effect's outcome, by the claim that it was carried out under.
    Outbox(Claim),
}

/// The right to settle a row of the outbox: it is lost when somebody else has claimed the row since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub id: String,
    /// How often the row has been claimed, this claim included.
    pub tries: u32,
}

/// A webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Which sales unit's registration it came by.
    pub sales_unit: String,
    /// The payment.
    pub reference: String,
    /// The event's name, upper case.
    pub name: String,
    /// What a repeat has in common with the first: the firing event's own reference.
    pub event_id: String,
}

/// A webhook that waits to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its row.
    pub id: i64,
    /// Which sales unit's registration it came by.
    pub sales_unit: String,
    /// The payment.
    pub reference: String,
    /// The event's name.
    pub name: String,
}

/// An effect that this process has taken to carry out until its lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The right to settle it.
    pub claim: Claim,
    /// The checkout that it came from.
    pub checkout_id: CheckoutId,
    /// The sales unit that is paid.
    pub sales_unit: String,
    /// What to do.
    pub effect: Effect,
}

/// Whether a commit took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is durable.
    Yes,
    /// Somebody else changed the checkout meanwhile: load it again and decide anew.
    Overtaken,
    /// Somebody else has claimed the effect since, and settles it: nothing was written.
    Lost,
}

/// Numbers for the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Webhooks not yet worked on.
    pub inbox: i64,
    /// Effects that wait for their time or their worker.
    pub outbox: i64,
    /// Effects that cannot succeed and wait for the operator.
    pub parked: i64,
    /// How late the most overdue effect is, in milliseconds.
    pub overdue_ms: i64,
}

/// The id of an effect's row: one checkout, one version, one place in its list.
fn effect_id(checkout: &Checkout, place: usize) -> String {
    format!("{}-{}-{place}", checkout.id, checkout.version)
}

/// The effects as the rows of one JSON array, for one statement.
fn effect_rows(checkout: &Checkout, effects: &[Planned]) -> Result<String, serde_json::Error> {
    let rows = effects
        .iter()
        .enumerate()
        .map(|(place, planned)| {
            Ok(serde_json::json!({
                "id": effect_id(checkout, place),
                "kind": planned.effect.kind(),
                "effect": serde_json::to_string(&planned.effect)?,
                "due_at": planned.due_at.0,
            }))
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    serde_json::to_string(&rows)
}

/// The word under which a checkout is counted.
fn phase(checkout: &Checkout) -> &'static str {
    checkout.current().state.as_str()
}
