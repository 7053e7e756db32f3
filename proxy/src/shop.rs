//! What the shop sells and requests: carts and prices, orders, payment requests, captures and refunds, customers, and
//! webhooks to its backend.
//!
//! Requests come from `http` and `commands`. Orders are opened and changed through the ledger only. No module here
//! knows the routes or SQL.

pub mod cart;
pub mod customers;
mod error;
pub mod operations;
pub mod orders;
pub mod relay;
pub mod requests;
pub mod return_url;

pub use error::Error;
