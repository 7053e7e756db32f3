//! Rescheduling: effects that were held back by the rate limit, polls where a webhook was lost, and due times after the clock was set back.

use super::db::Statement;
use super::{Claim, Error, Store};
use crate::checkout::Moment;

impl Store {
    /// Releases a claim without counting it as a try, since nothing was sent. Does nothing if the claim was lost.
    ///
    /// # Errors
    /// On a database error; the lease expires by itself then.
    pub async fn defer(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        let defer = Statement::new(
            "UPDATE outbox SET due_at = $3, lease_until = 0, tries_before = tries_before + 1 WHERE id = $1 AND tries = $2",
        );
        self.db.execute(defer.bind(&claim.id).bind(claim.tries).bind(due_at)).await.map(drop)
    }

    /// Brings polls of a sales unit's payments forward that are due within half a minute: to the next five seconds, in the same order.
    ///
    /// # Errors
    /// On a database error.
    pub async fn bring_polls_forward(&self, sales_unit: &str, now: Moment) -> Result<(), Error> {
        let forward = Statement::new(
            "UPDATE outbox SET due_at = $2 + (due_at - $2) / 6 \
             WHERE due_at > $2 + 5000 AND due_at <= $2 + 30000 AND sales_unit = $1 AND kind = 'look' AND parked_reason IS NULL",
        );
        self.db.execute(forward.bind(sales_unit).bind(now)).await.map(drop)
    }

    /// Called when the clock was set back. Effects that were planned in what is now the future become due, and so do those that a customer
    /// waits for. Deliveries that were enqueued or tried in the future become due too, and no endpoint has been failing since the future.
    ///
    /// # Errors
    /// On a database error.
    pub async fn clock_went_back(&self, now: Moment) -> Result<(), Error> {
        for statement in CLOCK_WENT_BACK {
            self.db.execute(statement.bind(now)).await?;
        }
        Ok(())
    }
}

/// The statements of [`Store::clock_went_back`]. Each can be repeated.
const CLOCK_WENT_BACK: [Statement; 4] = [
    Statement::new("UPDATE outbox SET due_at = $1 WHERE created_at > $1 AND due_at > $1 AND parked_reason IS NULL"),
    Statement::new(
        "UPDATE outbox SET due_at = $1 WHERE kind = 'create_payment' AND due_at > $1 AND parked_reason IS NULL",
    ),
    Statement::new(
        "UPDATE deliveries SET due_at = $1 \
         WHERE due_at > $1 AND delivered_at IS NULL AND given_up_at IS NULL AND (created_at > $1 OR tried_at > $1)",
    ),
    Statement::new("UPDATE endpoints SET failing_since = $1 WHERE failing_since > $1"),
];
