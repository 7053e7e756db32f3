//! Sessions of the order desk, and the links that open one.

use super::{Error, Store};
use crate::checkout::Moment;

/// A session as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// What the shop key begins with that it was opened with; none where that was a link.
    pub key_prefix: Option<String>,
    /// The one sales unit that this key may know of; none where it may know of all.
    pub sales_unit: Option<String>,
    /// When it was opened.
    pub created_at: Moment,
    /// When a person did something in it last, to the minute.
    pub used_at: Moment,
}

verbs! {
    /// Writes a new link down.
    ///
    /// # Errors
    /// When the database says no.
    fn add_desk_link(hash: &str, expires_at: Moment) -> Result<(), Error>;

    /// Uses a link up. False when there is none, it has been used, or its time is over.
    ///
    /// # Errors
    /// When the database says no.
    fn take_desk_link(hash: &str, now: Moment) -> Result<bool, Error>;

    /// Writes a new session down.
    ///
    /// # Errors
    /// When the database says no.
    fn add_desk_session(hash: &str, key_prefix: Option<&str>, now: Moment) -> Result<(), Error>;

    /// A session, unless the key that it was opened with has been revoked.
    ///
    /// # Errors
    /// When the database says no.
    fn desk_session(hash: &str) -> Result<Option<StoredSession>, Error>;

    /// Says that a person has done something in a session.
    ///
    /// # Errors
    /// When the database says no.
    fn use_desk_session(hash: &str, now: Moment) -> Result<(), Error>;

    /// Ends a session, if there is one.
    ///
    /// # Errors
    /// When the database says no.
    fn end_desk_session(hash: &str) -> Result<(), Error>;

    /// Ends all sessions and spoils all links. How many sessions there were.
    ///
    /// # Errors
    /// When the database says no.
    fn end_desk_sessions() -> Result<u64, Error>;

    /// Forgets sessions that were opened before a moment, and links whose time is over.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_desk(opened_before: Moment, now: Moment) -> Result<(), Error>;
}
