//! Secrets of the webhook registrations that the proxy made itself. The caller encrypts them; the store cannot read them.

use super::db::Statement;
use super::{Error, Store};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

impl Store {
    /// Saves the secret that a registration's webhooks are signed with, over an earlier one: it may be re-encrypted.
    ///
    /// # Errors
    /// On a database error.
    pub async fn save_webhook_secret(&self, secret: &WebhookSecret, now: Moment) -> Result<(), Error> {
        let save = Statement::new(
            "INSERT INTO webhook_secrets (registration, sales_unit, secret, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (registration) DO UPDATE SET secret = excluded.secret",
        );
        let save = save.bind(&secret.registration).bind(&secret.sales_unit).bind(&secret.sealed).bind(now);
        self.db.execute(save).await.map(drop)
    }

    /// Deletes the secret of a registration that has been removed, if it exists, and records who has removed it.
    ///
    /// # Errors
    /// On a database error.
    pub async fn delete_webhook_secret(&self, registration: &str, audit: &Entry) -> Result<(), Error> {
        let delete = Statement::new("DELETE FROM webhook_secrets WHERE registration = $1").bind(registration);
        if self.audited([delete], audit).await? == 0 {
            self.record(audit).await?;
        }
        Ok(())
    }

    /// All secrets, the latest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn webhook_secrets(&self) -> Result<Vec<WebhookSecret>, Error> {
        let query =
            Statement::new("SELECT registration, sales_unit, secret FROM webhook_secrets ORDER BY created_at DESC");
        self.db
            .all(query, |row| {
                Ok(WebhookSecret {
                    registration: row.get("registration")?,
                    sales_unit: row.get("sales_unit")?,
                    sealed: row.get("secret")?,
                })
            })
            .await
    }
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
