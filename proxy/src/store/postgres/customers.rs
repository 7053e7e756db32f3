//! Customers on PostgreSQL.

use sqlx::Row;
use sqlx::postgres::PgArguments;

use super::Postgres;
use crate::checkout::{CheckoutId, Moment, PhoneNumber};
use crate::store::Error;
use crate::store::customers::{BATCH, all_known, indexes, opened, seal};

const IN_THE_OPEN: &str = "SELECT id, customer::text AS customer, sealed_customer FROM checkouts \
     WHERE customer IS NOT NULL LIMIT $1 FOR UPDATE";
const UNDER_OTHER_KEYS: &str = "SELECT id, customer::text AS customer, sealed_customer FROM checkouts \
     WHERE sealed_customer IS NOT NULL \
     AND (left(sealed_customer, 12) < $2 OR left(sealed_customer, 12) > $2) LIMIT $1 FOR UPDATE";

/// A statement with its values.
type Statement = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

impl Postgres {
    /// Called when the database is opened: what is sealed must open, and what earlier releases wrote in the open is sealed.
    pub(super) async fn seal_customers(&self) -> Result<(), Error> {
        self.everything_opens().await?;
        let mut count = 0;
        loop {
            match self.seal_some(sqlx::query(IN_THE_OPEN).bind(i64::from(BATCH))).await? {
                0 => break,
                more => count += more,
            }
        }
        if count > 0 {
            tracing::info!(count, "customers sealed that an earlier release wrote in the open");
        }
        Ok(())
    }

    pub(in crate::store) async fn reseal_customers(&self, most: u32) -> Result<u64, Error> {
        self.seal_some(sqlx::query(UNDER_OTHER_KEYS).bind(i64::from(most)).bind(self.vault.mark())).await
    }

    pub(in crate::store) async fn everything_opens(&self) -> Result<(), Error> {
        let marks = sqlx::query(
            "SELECT DISTINCT left(sealed_customer, 12) AS mark FROM checkouts WHERE sealed_customer IS NOT NULL \
             UNION SELECT left(secret, 12) FROM endpoints \
             UNION SELECT left(previous_secret, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
        );
        let marks = marks.fetch_all(&self.pool).await?.into_iter().map(|row| row.try_get("mark"));
        all_known(&self.vault, &marks.collect::<Result<Vec<String>, _>>()?)
    }

    pub(in crate::store) async fn checkouts_with(&self, number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_index = ANY ($1)")
            .bind(indexes(&self.vault, number))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|row| Ok(CheckoutId(row.try_get("id")?))).collect()
    }

    pub(in crate::store) async fn customers_before(&self, moment: Moment, most: u32) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_at < $1 ORDER BY customer_at LIMIT $2")
            .bind(moment.0)
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|row| Ok(CheckoutId(row.try_get("id")?))).collect()
    }

    /// Seals the customers of the rows that were asked for, with the present key; how many.
    async fn seal_some(&self, which: Statement) -> Result<u64, Error> {
        let mut tx = self.pool.begin().await?;
        let rows = which.fetch_all(&mut *tx).await?;
        for row in &rows {
            let id = CheckoutId(row.try_get("id")?);
            let customer = opened(&self.vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
            let sealed = customer.map(|customer| seal(&self.vault, id, &customer)).transpose()?;
            sqlx::query(
                "UPDATE checkouts SET customer = NULL, \
                     sealed_customer = $2, customer_index = $3, customer_at = $4 WHERE id = $1",
            )
            .bind(id.0)
            .bind(sealed.as_ref().map(|sealed| &sealed.text))
            .bind(sealed.as_ref().and_then(|sealed| sealed.index.as_ref()))
            .bind(sealed.as_ref().map(|sealed| sealed.received_at))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }
}
