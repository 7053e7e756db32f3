//! Vipps MobilePay: effects become calls, webhooks are registered, payments reconciled, and capture deadlines watched.

pub mod advice;
pub mod captures;
pub mod client;
pub mod perform;
pub mod reconcile;
pub mod registrations;
