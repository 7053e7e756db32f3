//! Chores on PostgreSQL.

use super::Postgres;
use crate::checkout::Moment;
use crate::store::Error;

impl Postgres {
    pub(in crate::store) async fn claim_chore(
        &self,
        name: &str,
        every_ms: i64,
        lease_ms: i64,
        now: Moment,
    ) -> Result<bool, Error> {
        let claimed = sqlx::query(
            "INSERT INTO chores (name, due_at) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at \
             WHERE chores.due_at <= $3 OR chores.due_at > $3 + 2 * $4",
        )
        .bind(name)
        .bind(now.plus_ms(lease_ms).0)
        .bind(now.0)
        .bind(every_ms)
        .execute(&mut *self.connections.get().await?)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    pub(in crate::store) async fn postpone_chore(&self, name: &str, due_at: Moment) -> Result<(), Error> {
        sqlx::query("UPDATE chores SET due_at = $2 WHERE name = $1")
            .bind(name)
            .bind(due_at.0)
            .execute(&mut *self.connections.get().await?)
            .await?;
        Ok(())
    }
}
