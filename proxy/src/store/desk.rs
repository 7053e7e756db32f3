//! Sessions of the order desk, and the one-time links that log in to it. Only hashes of the tokens are stored.

use kvitt_wire::Role;

use super::db::{Row, Statement};
use super::{Error, Store, role};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

/// A link that opens a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    /// The name of the session.
    pub name: String,
    /// What the session may do.
    pub role: Role,
    /// The only sales unit that it has access to; `None` for all.
    pub sales_unit: Option<String>,
    /// Until when it can be used.
    pub expires_at: Moment,
}

/// A session of the order desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The prefix of the shop key that logged in; `None` for a login by link.
    pub key_prefix: Option<String>,
    /// The name of that key, or of the link.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only sales unit that it has access to; `None` for all.
    pub sales_unit: Option<String>,
    /// When it was opened.
    pub created_at: Moment,
    /// When it was last used, to the minute.
    pub used_at: Moment,
}

impl Store {
    /// Inserts a link.
    ///
    /// # Errors
    /// On a database error.
    pub async fn add_desk_link(&self, hash: &str, link: &StoredLink, audit: &Entry) -> Result<(), Error> {
        let add = Statement::new(
            "INSERT INTO desk_links (hash, name, role, sales_unit, expires_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let add = add.bind(hash).bind(&link.name).bind(link.role.as_str()).bind(link.sales_unit.clone());
        self.audited([add.bind(link.expires_at)], audit).await.map(drop)
    }

    /// Deletes a valid link as it is used. `None` when it does not exist, was used already, or has expired.
    ///
    /// # Errors
    /// On a database error.
    pub async fn consume_desk_link(&self, hash: &str, now: Moment) -> Result<Option<StoredLink>, Error> {
        let consume = Statement::new(
            "DELETE FROM desk_links WHERE hash = $1 AND expires_at > $2 RETURNING name, role, sales_unit, expires_at",
        );
        let consumed = self.db.returning(consume.bind(hash).bind(now), |row| {
            Ok(StoredLink {
                name: row.get("name")?,
                role: role(row.get("role")?),
                sales_unit: row.get("sales_unit")?,
                expires_at: row.get("expires_at")?,
            })
        });
        Ok(consumed.await?.pop())
    }

    /// Inserts a session.
    ///
    /// # Errors
    /// On a database error.
    pub async fn add_desk_session(&self, hash: &str, session: &StoredSession, audit: &Entry) -> Result<(), Error> {
        let add = Statement::new(
            "INSERT INTO desk_sessions (hash, key_prefix, name, role, sales_unit, created_at, used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let add = add
            .bind(hash)
            .bind(session.key_prefix.clone())
            .bind(&session.name)
            .bind(session.role.as_str())
            .bind(session.sales_unit.clone())
            .bind(session.created_at)
            .bind(session.used_at);
        self.audited([add], audit).await.map(drop)
    }

    /// A session, unless the shop key that opened it has been revoked. It has the name, the role and the sales unit that the key has now.
    ///
    /// # Errors
    /// On a database error.
    pub async fn desk_session(&self, hash: &str) -> Result<Option<StoredSession>, Error> {
        let query = Statement::new(
            "SELECT session.key_prefix, coalesce(key.name, session.name) AS name, coalesce(key.role, session.role) AS role, \
                    CASE WHEN key.prefix IS NULL THEN session.sales_unit ELSE key.sales_unit END AS sales_unit, \
                    session.created_at, session.used_at \
             FROM desk_sessions AS session LEFT JOIN shop_keys AS key ON key.prefix = session.key_prefix \
             WHERE session.hash = $1 AND (session.key_prefix IS NULL OR (key.prefix IS NOT NULL AND key.revoked_at IS NULL))",
        );
        let read = |row: &Row<'_>| {
            Ok(StoredSession {
                key_prefix: row.get("key_prefix")?,
                name: row.get("name")?,
                role: role(row.get("role")?),
                sales_unit: row.get("sales_unit")?,
                created_at: row.get("created_at")?,
                used_at: row.get("used_at")?,
            })
        };
        self.db.one(query.bind(hash), read).await
    }

    /// Updates when a session was last used.
    ///
    /// # Errors
    /// On a database error.
    pub async fn touch_desk_session(&self, hash: &str, now: Moment) -> Result<(), Error> {
        let touch = Statement::new("UPDATE desk_sessions SET used_at = $2 WHERE hash = $1").bind(hash).bind(now);
        self.db.execute(touch).await.map(drop)
    }

    /// Deletes a session, if it exists.
    ///
    /// # Errors
    /// On a database error.
    pub async fn end_desk_session(&self, hash: &str) -> Result<(), Error> {
        self.db.execute(Statement::new("DELETE FROM desk_sessions WHERE hash = $1").bind(hash)).await.map(drop)
    }

    /// Deletes all sessions and links. How many sessions there were.
    ///
    /// # Errors
    /// On a database error.
    pub async fn end_desk_sessions(&self, audit: &Entry) -> Result<u64, Error> {
        let (links, sessions) = (Statement::new("DELETE FROM desk_links"), Statement::new("DELETE FROM desk_sessions"));
        self.audited([links, sessions], audit).await
    }

    /// Deletes sessions that were opened before that time, and expired links.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_desk(&self, opened_before: Moment, now: Moment) -> Result<(), Error> {
        self.db.execute(Statement::new("DELETE FROM desk_links WHERE expires_at <= $1").bind(now)).await?;
        let sessions = Statement::new("DELETE FROM desk_sessions WHERE created_at < $1").bind(opened_before);
        self.db.execute(sessions).await.map(drop)
    }
}
