//! The HTTP side of the proxy: the routes, the pages for browsers without JavaScript, the documentation, and the problems.
//!
//! Requests come in through [`listen`] and pass the layers that [`routes`] puts around the handlers. Handlers call the rooms below and never
//! decide about a payment themselves. Every error becomes a [`problem`], which [`respond`] writes.

pub mod app;
pub mod below;
pub mod cached;
pub mod docs;
pub mod extract;
pub mod files;
pub mod listen;
pub mod pages;
pub mod problem;
pub mod qr;
pub mod ready;
pub mod respond;
pub mod routes;
pub mod serve;
pub mod sse;
