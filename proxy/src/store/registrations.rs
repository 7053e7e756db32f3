//! Secrets of the webhook registrations that the proxy made itself. They come here sealed, and the store cannot read them.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Writes down what a registration's webhooks are signed with, over what was there: it may be sealed anew.
    ///
    /// # Errors
    /// When the database says no.
    fn keep_webhook_secret(secret: &WebhookSecret, now: Moment) -> Result<(), Error>;

    /// Forgets the secret of a registration that has been removed; nothing when there is none.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_webhook_secret(registration: &str) -> Result<(), Error>;

    /// All of them, the latest first.
    ///
    /// # Errors
    /// When the database says no.
    fn webhook_secrets() -> Result<Vec<WebhookSecret>, Error>;
}

/// A registration's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret {
    /// The registration's id at the vendor's.
    pub registration: String,
    /// The sales unit.
    pub sales_unit: String,
    /// Sealed.
    pub sealed: String,
}
