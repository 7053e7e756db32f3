//! What is answered over HTTP: the routes, the pages for browsers without JavaScript, the documentation, and the problems that a request can
//! come to.

pub mod app;
pub mod docs;
pub mod extract;
pub mod listen;
pub mod pages;
pub mod problem;
pub mod qr;
pub mod ready;
pub mod respond;
pub mod routes;
pub mod serve;
