//! The server's database itself: its size, and its keys. The room on its disk is the server's business.

use sqlx::Row;

use super::Postgres;
use crate::store::Error;
use crate::store::vitals::MARKS;

impl Postgres {
    pub(in crate::store) async fn size_bytes(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT pg_database_size(current_database()) AS bytes")
            .fetch_one(&mut *self.connections.get().await?)
            .await?;
        Ok(row.try_get::<i64, _>("bytes")?.unsigned_abs())
    }

    pub(in crate::store) async fn key_marks(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query(MARKS).fetch_all(&mut *self.connections.get().await?).await?;
        rows.into_iter().map(|row| Ok((row.try_get("mark")?, row.try_get("count")?))).collect()
    }
}
