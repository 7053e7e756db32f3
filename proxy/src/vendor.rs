//! All that concerns Vipps MobilePay. Effects become API calls, webhooks are registered, payments are reconciled, and
//! capture deadlines are monitored.
//!
//! Effects come from the outbox in `engine`; results go back to it as inputs, and to the store. No module here changes
//! a checkout except through the ledger.

pub mod advice;
pub mod captures;
pub mod client;
pub mod perform;
pub mod reconcile;
pub mod registrations;
