//! Rescheduling on SQLite.

use super::Sqlite;
use crate::checkout::Moment;
use crate::store::pacing::CLOCK_WENT_BACK;
use crate::store::{Claim, Error};

impl Sqlite {
    pub(in crate::store) async fn defer(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        let deferred = sqlx::query(
            "UPDATE outbox SET due_at = $3, lease_until = 0, tries_before = tries_before + 1 WHERE id = $1 AND tries = $2",
        );
        self.batcher.execute(deferred.bind(claim.id.clone()).bind(claim.tries).bind(due_at.0)).await
    }

    pub(in crate::store) async fn clock_went_back(&self, now: Moment) -> Result<(), Error> {
        for statement in CLOCK_WENT_BACK {
            self.batcher.execute(sqlx::query(statement).bind(now.0)).await?;
        }
        Ok(())
    }
}
