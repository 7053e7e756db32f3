//! Sessions and links of the order desk on PostgreSQL.

use sqlx::Row;

use super::Postgres;
use crate::checkout::Moment;
use crate::checkout::audit::Entry;
use crate::store::{Error, StoredLink, StoredSession, role};

impl Postgres {
    pub(in crate::store) async fn add_desk_link(
        &self,
        hash: &str,
        link: &StoredLink,
        audit: &Entry,
    ) -> Result<(), Error> {
        let add = sqlx::query(
            "INSERT INTO desk_links (hash, name, role, sales_unit, expires_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash)
        .bind(&link.name)
        .bind(link.role.as_str())
        .bind(&link.sales_unit)
        .bind(link.expires_at.0);
        self.audited([add], audit).await.map(drop)
    }

    pub(in crate::store) async fn consume_desk_link(
        &self,
        hash: &str,
        now: Moment,
    ) -> Result<Option<StoredLink>, Error> {
        let taken = sqlx::query(
            "DELETE FROM desk_links WHERE hash = $1 AND expires_at > $2 RETURNING name, role, sales_unit, expires_at",
        )
        .bind(hash)
        .bind(now.0)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        let Some(row) = taken else { return Ok(None) };
        Ok(Some(StoredLink {
            name: row.try_get("name")?,
            role: role(row.try_get("role")?),
            sales_unit: row.try_get("sales_unit")?,
            expires_at: Moment(row.try_get("expires_at")?),
        }))
    }

    pub(in crate::store) async fn add_desk_session(
        &self,
        hash: &str,
        session: &StoredSession,
        audit: &Entry,
    ) -> Result<(), Error> {
        let add = sqlx::query(
            "INSERT INTO desk_sessions (hash, key_prefix, name, role, sales_unit, created_at, used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(hash)
        .bind(&session.key_prefix)
        .bind(&session.name)
        .bind(session.role.as_str())
        .bind(&session.sales_unit)
        .bind(session.created_at.0)
        .bind(session.used_at.0);
        self.audited([add], audit).await.map(drop)
    }

    pub(in crate::store) async fn desk_session(&self, hash: &str) -> Result<Option<StoredSession>, Error> {
        let row = sqlx::query(
            "SELECT session.key_prefix, coalesce(key.name, session.name) AS name, coalesce(key.role, session.role) AS role, \
                    CASE WHEN key.prefix IS NULL THEN session.sales_unit ELSE key.sales_unit END AS sales_unit, \
                    session.created_at, session.used_at \
             FROM desk_sessions AS session LEFT JOIN shop_keys AS key ON key.prefix = session.key_prefix \
             WHERE session.hash = $1 AND (session.key_prefix IS NULL OR (key.prefix IS NOT NULL AND key.revoked_at IS NULL))",
        )
        .bind(hash)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(StoredSession {
            key_prefix: row.try_get("key_prefix")?,
            name: row.try_get("name")?,
            role: role(row.try_get("role")?),
            sales_unit: row.try_get("sales_unit")?,
            created_at: Moment(row.try_get("created_at")?),
            used_at: Moment(row.try_get("used_at")?),
        }))
    }

    pub(in crate::store) async fn touch_desk_session(&self, hash: &str, now: Moment) -> Result<(), Error> {
        sqlx::query("UPDATE desk_sessions SET used_at = $2 WHERE hash = $1")
            .bind(hash)
            .bind(now.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn end_desk_session(&self, hash: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM desk_sessions WHERE hash = $1")
            .bind(hash)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn end_desk_sessions(&self, audit: &Entry) -> Result<u64, Error> {
        let (links, sessions) = ("DELETE FROM desk_links", "DELETE FROM desk_sessions");
        self.audited([sqlx::query(links), sqlx::query(sessions)], audit).await
    }

    pub(in crate::store) async fn prune_desk(&self, opened_before: Moment, now: Moment) -> Result<(), Error> {
        sqlx::query("DELETE FROM desk_links WHERE expires_at <= $1")
            .bind(now.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        sqlx::query("DELETE FROM desk_sessions WHERE created_at < $1")
            .bind(opened_before.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }
}
