//! Sessions of the order desk, and the one-time links that log in to it. Only hashes of the tokens are stored.

use kvitt_wire::Role;

use super::{Error, Store};
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

verbs! {
    /// Inserts a link.
    ///
    /// # Errors
    /// On a database error.
    fn add_desk_link(hash: &str, link: &StoredLink, audit: &Entry) -> Result<(), Error>;

    /// Deletes a valid link as it is used. `None` when it does not exist, was used already, or has expired.
    ///
    /// # Errors
    /// On a database error.
    fn consume_desk_link(hash: &str, now: Moment) -> Result<Option<StoredLink>, Error>;

    /// Inserts a session.
    ///
    /// # Errors
    /// On a database error.
    fn add_desk_session(hash: &str, session: &StoredSession, audit: &Entry) -> Result<(), Error>;

    /// A session, unless the shop key that opened it has been revoked. It has the name, the role and the sales unit that the key has now.
    ///
    /// # Errors
    /// On a database error.
    fn desk_session(hash: &str) -> Result<Option<StoredSession>, Error>;

    /// Updates when a session was last used.
    ///
    /// # Errors
    /// On a database error.
    fn touch_desk_session(hash: &str, now: Moment) -> Result<(), Error>;

    /// Deletes a session, if it exists.
    ///
    /// # Errors
    /// On a database error.
    fn end_desk_session(hash: &str) -> Result<(), Error>;

    /// Deletes all sessions and links. How many sessions there were.
    ///
    /// # Errors
    /// On a database error.
    fn end_desk_sessions(audit: &Entry) -> Result<u64, Error>;

    /// Deletes sessions that were opened before that time, and expired links.
    ///
    /// # Errors
    /// On a database error.
    fn prune_desk(opened_before: Moment, now: Moment) -> Result<(), Error>;
}
