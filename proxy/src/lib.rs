//! The proxy of a checkout for Vipps MobilePay: it holds the secrets, calls Vipps MobilePay, and keeps the page and the shop informed.
//!
//! Every fact (a click, a form, a webhook, the answer to a poll) becomes an [`Input`](checkout::Input) to one pure function,
//! [`checkout::step`]. The [ledger](engine::ledger) commits the new state and its effects in one transaction. The
//! [outbox](engine::outbox) has each effect carried out by [`vendor::perform`], and the outcome comes back through the same door.
//!
//! ```text
//!  route ---+                                        +-> outbox -> perform -> Vipps MobilePay
//!  webhook -+-> inbox -> Input -> checkout::step -> ledger -> hub -> pages
//!  outcome -+                         (pure)        +-> relay -> the shop's backend
//! ```
//!
//! The rooms, top to bottom. Each imports only from those below it; `tests/it/tidy.rs` reads this list and keeps it so.
//!
//! | room | what lives there |
//! |---|---|
//! | [`commands`] | what an operator types: one file a command; the demo |
//! | [`http`] | routes, pages without JavaScript, the documentation under `/docs`, every problem code |
//! | [`shop`] | carts and prices, orders, payment requests, captures and refunds, customers, webhooks to the shop's backend |
//! | [`access`] | who may call, and how often: tokens, shop keys, sessions, idempotency keys, rate limits |
//! | [`vendor`] | effects become calls to Vipps MobilePay; webhook registrations, reconciliation, capture deadlines |
//! | [`engine`] | ledger, inbox, outbox, hub: what commits, takes in, carries out and publishes; scheduled chores |
//! | [`observe`] | metrics, the log, traces |
//! | [`store`] | all SQL, written once for SQLite and PostgreSQL |
//! | [`config`] | defaults, file, environment; each part gets its own section |
//! | [`base`] | the clock and whether it is right, the encryption of personal data, the rule for texts |
//! | [`checkout`] | the core, pure: `step(state, input, now) -> state + effects` |

pub mod access;
pub mod base;
pub mod checkout;
pub mod commands;
pub mod config;
pub mod engine;
pub mod http;
pub mod observe;
pub mod shop;
pub mod store;
pub mod vendor;

pub use http::serve::serve;
