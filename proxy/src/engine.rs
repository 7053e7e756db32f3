//! What keeps orders moving: the ledger commits, the inbox takes webhooks in, the outbox has effects carried out, the hub tells the pages.

pub mod chores;
pub mod hub;
pub mod inbox;
pub mod ledger;
pub mod outage;
pub mod outbox;
pub mod pace;
pub mod wake;
