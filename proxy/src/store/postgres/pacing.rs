//! Rescheduling on PostgreSQL.

use super::Postgres;
use crate::checkout::Moment;
use crate::store::pacing::CLOCK_WENT_BACK;
use crate::store::{Claim, Error};

impl Postgres {
    pub(in crate::store) async fn defer(&self, claim: &Claim, due_at: Moment) -> Result<(), Error> {
        sqlx::query("UPDATE outbox SET due_at = $3, lease_until = 0, tries_before = tries_before + 1 WHERE id = $1 AND tries = $2")
            .bind(&claim.id)
            .bind(i64::from(claim.tries))
            .bind(due_at.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn clock_went_back(&self, now: Moment) -> Result<(), Error> {
        for statement in CLOCK_WENT_BACK {
            sqlx::query(statement).bind(now.0).execute(&mut *self.connections.get().await?).await?;
        }
        Ok(())
    }
}
