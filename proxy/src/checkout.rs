//! The core: every fact becomes an [`Input`], and one pure function, [`step`], says what the checkout is after it and what is to be
//! done in the world because of it.
//!
//! Nothing here waits, reads a clock, or knows a database or the network; times and ids are passed in. The
//! [ledger](crate::engine::ledger) commits what comes out, the [outbox](crate::engine::outbox) carries it out.
//!
//! A webhook, a return, a click are only signals that make us look: money moves on what `GET payment` says
//! ([`News::Looked`]) and on nothing else, so duplicates, reordering and loss do no harm.

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

pub use difference::{Difference, differences};
pub use effect::{Effect, Planned};
pub use events::{Event, EventKind};
pub use input::{Input, News, PaymentState, Polling, Seen};
pub use refusal::Refusal;
pub use reservation::Reservation;
pub use state::{
    Attempt, Checkout, CheckoutId, Consent, Customer, Flow, Moment, Offer, OfferedBy, Opening, Order, PhoneNumber,
    Private, ReceiptBy, Reference,
};
pub use step::{AMOUNT_MISMATCH, ATTEMPT_LIFE_MS, Step, open, step};
