//! Webhooks from the receiver's side: the check of the signature, and the content. The check is strict; the content is read tolerantly, because a
//! webhook is only a signal to read the payment and proves nothing about it. This module takes the raw request and calls nothing.

mod event;
mod signature;

pub use event::{Event, UnreadableEvent};
pub use signature::{BadPublicUrl, PublicUrl, Rejected, SignatureHeaders, Signed, http_date, sign, verify};
