//! The emulator over HTTP, as a merchant's server and a test's control see it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod harness;
mod orders;
mod pages;
mod payments;
mod webhooks;
