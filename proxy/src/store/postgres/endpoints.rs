//! Endpoints on PostgreSQL.

use secrecy::SecretString;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::Postgres;
use crate::checkout::Moment;
use crate::checkout::audit::Entry;
use crate::store::Error;
use crate::store::endpoints::{Endpoint, NewEndpoint, Sealed, seal};

impl Postgres {
    pub(in crate::store) async fn add_endpoint(
        &self,
        endpoint: &NewEndpoint,
        secret: &SecretString,
        audit: &Entry,
    ) -> Result<(), Error> {
        let add = sqlx::query(
            "INSERT INTO endpoints (id, url, events, secret, created_at) VALUES ($1, $2, $3::json, $4, $5)",
        )
        .bind(&endpoint.id)
        .bind(&endpoint.url)
        .bind(endpoint.events.as_ref().map(serde_json::to_string).transpose()?)
        .bind(seal(&self.vault, &endpoint.id, secret))
        .bind(audit.at.0);
        self.audited([add], audit).await.map(drop)
    }

    pub(in crate::store) async fn endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let rows = sqlx::query(
            "SELECT id, url, events::text AS events, created_at, failing_since, disabled_at, disabled_reason, previous_until \
             FROM endpoints ORDER BY created_at, id",
        )
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        rows.iter().map(endpoint).collect()
    }

    pub(in crate::store) async fn remove_endpoint(&self, id: &str, audit: &Entry) -> Result<bool, Error> {
        let deliveries = sqlx::query("DELETE FROM deliveries WHERE endpoint = $1").bind(id);
        let endpoint = sqlx::query("DELETE FROM endpoints WHERE id = $1").bind(id);
        Ok(self.audited([deliveries, endpoint], audit).await? == 1)
    }

    pub(in crate::store) async fn rotate_endpoint(
        &self,
        id: &str,
        secret: &SecretString,
        previous_until: Moment,
        audit: &Entry,
    ) -> Result<bool, Error> {
        let rotated = sqlx::query(
            "UPDATE endpoints SET previous_secret = secret, previous_until = $3, secret = $2 WHERE id = $1",
        )
        .bind(id)
        .bind(seal(&self.vault, id, secret))
        .bind(previous_until.0);
        Ok(self.audited([rotated], audit).await? == 1)
    }

    pub(in crate::store) async fn enable_endpoint(&self, id: &str, audit: &Entry) -> Result<bool, Error> {
        let enabled = sqlx::query(
            "UPDATE endpoints SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = $1",
        )
        .bind(id);
        Ok(self.audited([enabled], audit).await? == 1)
    }

    pub(in crate::store) async fn disable_endpoint(
        &self,
        id: &str,
        reason: &str,
        audit: &Entry,
    ) -> Result<bool, Error> {
        let disabled = sqlx::query(
            "UPDATE endpoints SET disabled_reason = CASE WHEN disabled_at IS NULL THEN $2 ELSE disabled_reason END, \
                 disabled_at = coalesce(disabled_at, $3) WHERE id = $1",
        )
        .bind(id)
        .bind(reason)
        .bind(audit.at.0);
        Ok(self.audited([disabled], audit).await? == 1)
    }

    pub(in crate::store) async fn reseal_endpoints(&self) -> Result<u64, Error> {
        let rows = sqlx::query("SELECT id, secret, previous_secret FROM endpoints")
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        let mut count = 0;
        for row in rows {
            let (id, secret) = (row.try_get("id")?, row.try_get("secret")?);
            let found = Sealed { id, secret, previous: row.try_get("previous_secret")? };
            let Some(anew) = found.reseal(&self.vault)? else { continue };
            let resealed =
                sqlx::query("UPDATE endpoints SET secret = $2, previous_secret = $3 WHERE id = $1 AND secret = $4")
                    .bind(&anew.id)
                    .bind(&anew.secret)
                    .bind(&anew.previous)
                    .bind(&found.secret)
                    .execute(&mut *self.connections.get().await?)
                    .await?;
            count += resealed.rows_affected();
        }
        Ok(count)
    }
}

fn endpoint(row: &PgRow) -> Result<Endpoint, Error> {
    let moment = |name| row.try_get::<Option<i64>, _>(name).map(|moment| moment.map(Moment));
    let events: Option<&str> = row.try_get("events")?;
    Ok(Endpoint {
        id: row.try_get("id")?,
        url: row.try_get("url")?,
        events: events.map(serde_json::from_str).transpose()?,
        created_at: Moment(row.try_get("created_at")?),
        failing_since: moment("failing_since")?,
        disabled_at: moment("disabled_at")?,
        disabled_reason: row.try_get("disabled_reason")?,
        previous_until: moment("previous_until")?,
    })
}
