//! What the shop sells and asks for: carts and their prices, orders, payment requests, operations on a customer's money, customers, and
//! the webhooks to its backend.

pub mod cart;
pub mod customers;
mod error;
pub mod operations;
pub mod orders;
pub mod relay;
pub mod requests;

pub use error::Error;
