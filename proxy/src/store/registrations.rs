//! Secrets of the webhook registrations that the proxy made itself. The caller encrypts them; the store cannot read them.

use super::{Error, Store};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

verbs! {
    /// Saves the secret that a registration's webhooks are signed with, over an earlier one: it may be re-encrypted.
    ///
    /// # Errors
    /// On a database error.
    fn save_webhook_secret(secret: &WebhookSecret, now: Moment) -> Result<(), Error>;

    /// Deletes the secret of a registration that has been removed, if it exists, and records who has removed it.
    ///
    /// # Errors
    /// On a database error.
    fn delete_webhook_secret(registration: &str, audit: &Entry) -> Result<(), Error>;

    /// All secrets, the latest first.
    ///
    /// # Errors
    /// On a database error.
    fn webhook_secrets() -> Result<Vec<WebhookSecret>, Error>;
}

/// A registration's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret {
    /// The registration's id at Vipps MobilePay.
    pub registration: String,
    /// The sales unit.
    pub sales_unit: String,
    /// The encrypted secret.
    pub sealed: String,
}
