//! The core: a state machine for one order and the payments that were tried for it.
//!
//! Every fact becomes an [`Input`]. One pure function, [`step()`], takes the present state and an input, and returns the new state and the
//! [effects](Effect) that follow from it. The [ledger](crate::engine::ledger) commits both in one transaction; the
//! [outbox](crate::engine::outbox) carries the effects out, and each outcome comes back as another input.
//!
//! Nothing here waits, reads a clock, or accesses a database or the network: times and ids are passed in. No webhook, return or click is
//! trusted for the state of a payment. It only triggers a poll, and the state changes by the answer to `GET payment`
//! ([`Update::Polled`]), so duplicated, reordered or lost webhooks do no harm.

pub mod audit;
pub mod category;
mod difference;
pub mod effect;
pub mod events;
mod for_shop;
mod input;
pub mod money;
pub mod operation;
pub mod refusal;
mod reservation;
pub mod state;
mod step;
pub mod trust;

pub use difference::{Difference, differences};
pub use effect::{Effect, Planned};
pub use events::{Event, EventKind};
pub use input::{Input, PaymentSnapshot, PaymentState, Polling, Update};
pub use refusal::Refusal;
pub use reservation::Reservation;
pub use state::{
    Attempt, Checkout, CheckoutId, Consent, Customer, Drift, FOLLOWED_MS, Flow, Moment, Offer, OfferedBy, Opening,
    Order, PhoneNumber, Private, ReceiptBy, Reference,
};
pub use step::{AMOUNT_MISMATCH, ATTEMPT_LIFETIME_MS, Step, open, step};
