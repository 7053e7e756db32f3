//! The content of a webhook. Only the reference and the name are required; everything else that is missing or malformed becomes `None`.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Amount, EventKind, UserDetails, tolerant};

/// One event of a payment. The same event may be delivered twice: `psp_reference` and `name` together identify it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The sales unit's number.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub msn: Option<String>,
    /// The shop's name for the payment.
    pub reference: String,
    /// Vipps MobilePay's name for this event; another one than the payment's own.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
    /// The kind of event.
    pub name: EventKind,
    /// The event's own amount.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub amount: Option<Amount>,
    /// The time of the event.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub timestamp: Option<Timestamp>,
    /// The key of the call that caused it.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub idempotency_key: Option<String>,
    /// `Some(false)` for an attempt that changed nothing.
    #[serde(default, deserialize_with = "tolerant::optional_bool")]
    pub success: Option<bool>,
    /// The customer's id for [`Client::userinfo`](crate::Client::userinfo).
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub sub: Option<String>,
    /// What the customer consented to share.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub user_details: Option<UserDetails>,
    /// The end of the period in which a capture is guaranteed.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub capture_guaranteed_until: Option<Timestamp>,
}

/// The body is not an event of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not an event of a payment")]
pub struct UnreadableEvent;

impl Event {
    /// Reads the body of a webhook.
    pub fn read(body: &[u8]) -> Result<Self, UnreadableEvent> {
        serde_json::from_slice(body).map_err(|_| UnreadableEvent)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("msn", &self.msn)
            .field("reference", &self.reference)
            .field("psp_reference", &self.psp_reference)
            .field("name", &self.name)
            .field("amount", &self.amount)
            .field("timestamp", &self.timestamp)
            .field("success", &self.success)
            .field("user_details", &self.user_details)
            .finish_non_exhaustive()
    }
}
