//! The inbox: verified webhooks of Vipps MobilePay, until they are processed and for a while after that, so that duplicates are recognised.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Inserts webhooks in one statement; duplicates are ignored. They are durable when it returns.
    ///
    /// # Errors
    /// On a database error; none is written then.
    fn accept_webhooks(webhooks: &[Webhook], now: Moment) -> Result<(), Error>;

    /// Deletes webhooks that were processed before that time, `most` at once. Vipps MobilePay repeats a webhook for a week at most. How
    /// many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_webhooks(before: Moment, most: u32) -> Result<u64, Error>;

    /// Claims the oldest webhooks that are not processed, for `lease_ms` milliseconds. A lease that ends later than any valid one was given
    /// by a wrong clock and is ignored.
    ///
    /// # Errors
    /// On a database error.
    fn claim_webhooks(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<ClaimedWebhook>, Error>;
}

/// A webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The sales unit of its registration.
    pub sales_unit: String,
    /// The payment's reference.
    pub reference: String,
    /// The event's name, in upper case.
    pub name: String,
    /// The id of the event, the same in every repetition: its `pspReference`, or the hash of the body where it has none.
    pub event_id: String,
}

/// A webhook that this process has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedWebhook {
    /// The id of its row.
    pub id: i64,
    /// The sales unit of its registration.
    pub sales_unit: String,
    /// The payment's reference.
    pub reference: String,
    /// The event's name.
    pub name: String,
}

/// The value that duplicates of a webhook have in common.
pub(super) fn dedupe_key(webhook: &Webhook) -> String {
    format!("{}/{}/{}/{}", webhook.sales_unit, webhook.reference, webhook.event_id, webhook.name)
}
