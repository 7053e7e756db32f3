//! The schedule of chores. Each is done by one proxy at a time, which claims it.

use super::db::Statement;
use super::{Error, Store};
use crate::checkout::Moment;

impl Store {
    /// Claims a chore that is due, for `lease_ms` milliseconds; false if it is not due. A new chore is due. So is one that is planned later
    /// than its interval `every_ms` allows: a wrong clock has planned it.
    ///
    /// # Errors
    /// On a database error.
    pub async fn claim_chore(&self, name: &str, every_ms: i64, lease_ms: i64, now: Moment) -> Result<bool, Error> {
        let claim = Statement::new(
            "INSERT INTO chores (name, due_at) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at \
             WHERE chores.due_at <= $3 OR chores.due_at > $3 + 2 * $4",
        );
        let claim = claim.bind(name).bind(now.plus_ms(lease_ms)).bind(now).bind(every_ms);
        Ok(self.db.execute(claim).await? == 1)
    }

    /// Sets when a chore is due next.
    ///
    /// # Errors
    /// On a database error; the claim expires by itself then.
    pub async fn postpone_chore(&self, name: &str, due_at: Moment) -> Result<(), Error> {
        let postpone = Statement::new("UPDATE chores SET due_at = $2 WHERE name = $1").bind(name).bind(due_at);
        self.db.execute(postpone).await.map(drop)
    }
}
