//! Secrets of webhook registrations on PostgreSQL.

use sqlx::Row;

use super::Postgres;
use crate::checkout::Moment;
use crate::checkout::audit::Entry;
use crate::store::Error;
use crate::store::registrations::WebhookSecret;

impl Postgres {
    pub(in crate::store) async fn save_webhook_secret(&self, secret: &WebhookSecret, now: Moment) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO webhook_secrets (registration, sales_unit, secret, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (registration) DO UPDATE SET secret = excluded.secret",
        )
        .bind(&secret.registration)
        .bind(&secret.sales_unit)
        .bind(&secret.sealed)
        .bind(now.0)
        .execute(&mut *self.connections.get().await?)
        .await?;
        Ok(())
    }

    pub(in crate::store) async fn delete_webhook_secret(&self, registration: &str, audit: &Entry) -> Result<(), Error> {
        let delete = sqlx::query("DELETE FROM webhook_secrets WHERE registration = $1").bind(registration);
        if self.audited([delete], audit).await? == 0 {
            self.record(audit).await?;
        }
        Ok(())
    }

    pub(in crate::store) async fn webhook_secrets(&self) -> Result<Vec<WebhookSecret>, Error> {
        let rows = sqlx::query("SELECT registration, sales_unit, secret FROM webhook_secrets ORDER BY created_at DESC")
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        let secrets = rows.into_iter().map(|row| {
            Ok(WebhookSecret {
                registration: row.try_get("registration")?,
                sales_unit: row.try_get("sales_unit")?,
                sealed: row.try_get("secret")?,
            })
        });
        secrets.collect()
    }
}
