//! Webhooks that were verified, until they have been worked on and for a while after that, so that repeats are known.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Writes webhooks down, all in one statement; those that are there already are left as they are. Durable when it returns.
    ///
    /// # Errors
    /// When the database says no; none is written then.
    fn accept_webhooks(webhooks: &[Webhook], now: Moment) -> Result<(), Error>;

    /// Forgets webhooks that were worked on before that moment. The vendor repeats one for a week at most.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_webhooks(before: Moment) -> Result<(), Error>;

    /// Takes the oldest webhooks that wait to be worked on, for `lease_ms` milliseconds; after that somebody else may take them. A lease
    /// that ends later than any can is none.
    ///
    /// # Errors
    /// When the database says no.
    fn claim_webhooks(most: u32, lease_ms: i64, now: Moment) -> Result<Vec<Waiting>, Error>;
}

/// A webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Which sales unit's registration it came by.
    pub sales_unit: String,
    /// The payment.
    pub reference: String,
    /// The event's name, upper case.
    pub name: String,
    /// What a repeat has in common with the first: the firing event's own reference.
    pub event_id: String,
}

/// A webhook that waits to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its row.
    pub id: i64,
    /// Which sales unit's registration it came by.
    pub sales_unit: String,
    /// The payment.
    pub reference: String,
    /// The event's name.
    pub name: String,
}

/// What makes two webhooks the same.
pub(super) fn dedupe_key(webhook: &Webhook) -> String {
    format!("{}/{}/{}/{}", webhook.sales_unit, webhook.reference, webhook.event_id, webhook.name)
}
