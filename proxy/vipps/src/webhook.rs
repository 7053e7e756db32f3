//! Webhooks from the receiver's side: is it genuine, and what does it say. A webhook is a signal to look at the payment, never proof of anything, so
//! what it says is read as leniently as its signature is checked strictly.

mod event;
mod signature;

pub use event::{Event, UnreadableEvent};
pub use signature::{BadPublicUrl, PublicUrl, Rejected, SignatureHeaders, Signed, http_date, sign, verify};
