//! Trace ids on PostgreSQL.

use sqlx::Row;

use super::Postgres;
use crate::checkout::CheckoutId;
use crate::store::Error;

impl Postgres {
    pub(in crate::store) async fn trace_of(
        &self,
        reference: &str,
    ) -> Result<Option<(CheckoutId, Option<String>)>, Error> {
        let row = sqlx::query(
            "SELECT checkout_id, state ->> 'trace_id' AS trace_id \
             FROM attempts JOIN checkouts ON checkouts.id = checkout_id WHERE reference = $1",
        )
        .bind(reference)
        .fetch_optional(&mut *self.connections.get().await?)
        .await?;
        row.map(|row| Ok((CheckoutId(row.try_get("checkout_id")?), row.try_get("trace_id")?))).transpose()
    }
}
