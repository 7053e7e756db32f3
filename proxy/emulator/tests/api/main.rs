//! The emulator over HTTP, as a merchant's server and a test's control see it.

mod bench;
mod faults;
mod orders;
mod payments;
mod webhooks;
