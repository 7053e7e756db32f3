//! The emulator over HTTP: the merchant's APIs, the pages and the control API.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod harness;
mod orders;
mod pages;
mod payments;
mod vendor;
mod webhooks;
