//! The schedule of chores. Each is done by one proxy at a time, which claims it.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Claims a chore that is due, for `lease_ms` milliseconds; false if it is not due. A new chore is due. So is one that is planned later
    /// than its interval `every_ms` allows: a wrong clock has planned it.
    ///
    /// # Errors
    /// On a database error.
    fn claim_chore(name: &str, every_ms: i64, lease_ms: i64, now: Moment) -> Result<bool, Error>;

    /// Sets when a chore is due next.
    ///
    /// # Errors
    /// On a database error; the claim expires by itself then.
    fn postpone_chore(name: &str, due_at: Moment) -> Result<(), Error>;
}
