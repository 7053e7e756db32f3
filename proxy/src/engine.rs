//! The engine that moves orders forward. The ledger commits each change, the inbox takes in webhooks, the outbox
//! executes effects, and the hub notifies the pages. Chores run on a schedule.
//!
//! Data comes in from `http` (requests, webhooks) and goes out through `store` and, by the [`Perform`](outbox::Perform)
//! trait, to Vipps MobilePay. No module here knows HTTP or the API of Vipps MobilePay.

pub mod chores;
pub mod handover;
pub mod hub;
pub mod inbox;
pub mod ledger;
pub mod look;
pub mod outage;
pub mod outbox;
pub mod pace;
pub mod sightings;
pub mod trust;
pub mod wake;
