//! Customers on SQLite.

use sqlx::Row;

use super::writer::{Statement, Work};
use super::{Sqlite, checkout_id};
use crate::checkout::{CheckoutId, Moment, PhoneNumber};
use crate::store::Error;
use crate::store::customers::{BATCH, all_known, indexes, opened, seal};

const IN_THE_OPEN: &str = "SELECT id, customer, sealed_customer FROM checkouts \
     WHERE customer IS NOT NULL LIMIT $1";
const UNDER_OTHER_KEYS: &str = "SELECT id, customer, sealed_customer FROM checkouts \
     WHERE sealed_customer IS NOT NULL \
     AND (substr(sealed_customer, 1, 12) < $2 OR substr(sealed_customer, 1, 12) > $2) LIMIT $1";

impl Sqlite {
    /// Called when the database is opened: what is sealed must open, and what earlier releases wrote in the open is sealed, with the
    /// traces of it wiped from the file.
    pub(super) async fn seal_customers(&self) -> Result<(), Error> {
        self.everything_opens().await?;
        let mut count = 0;
        loop {
            match self.seal_some(sqlx::query(IN_THE_OPEN).bind(BATCH)).await? {
                0 => break,
                more => count += more,
            }
        }
        if count > 0 {
            sqlx::query("VACUUM").execute(&self.writer).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
            tracing::info!(count, "customers sealed that an earlier release wrote in the open");
        }
        Ok(())
    }

    pub(in crate::store) async fn reseal_customers(&self, most: u32) -> Result<u64, Error> {
        self.seal_some(sqlx::query(UNDER_OTHER_KEYS).bind(most).bind(self.vault.mark())).await
    }

    pub(in crate::store) async fn everything_opens(&self) -> Result<(), Error> {
        let marks = sqlx::query(
            "SELECT DISTINCT substr(sealed_customer, 1, 12) AS mark FROM checkouts WHERE sealed_customer IS NOT NULL \
             UNION SELECT substr(secret, 1, 12) FROM endpoints \
             UNION SELECT substr(previous_secret, 1, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
        );
        let marks = marks.fetch_all(&self.readers).await?.into_iter().map(|row| row.try_get("mark"));
        all_known(&self.vault, &marks.collect::<Result<Vec<String>, _>>()?)
    }

    pub(in crate::store) async fn checkouts_with(&self, number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_index IN (SELECT value FROM json_each($1))")
            .bind(serde_json::to_string(&indexes(&self.vault, number))?)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| checkout_id(row.try_get("id")?)).collect()
    }

    pub(in crate::store) async fn customers_before(&self, moment: Moment, most: u32) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_at < $1 ORDER BY customer_at LIMIT $2")
            .bind(moment.0)
            .bind(most)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| checkout_id(row.try_get("id")?)).collect()
    }

    /// Seals the customers of the rows that were asked for, with the present key; how many.
    async fn seal_some(&self, which: Statement) -> Result<u64, Error> {
        let vault = self.vault.clone();
        self.together
            .write(move |connection| {
                Box::pin(async move {
                    let rows = which.fetch_all(&mut *connection).await?;
                    for row in &rows {
                        let id = checkout_id(row.try_get("id")?)?;
                        let customer = opened(&vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
                        let sealed = customer.map(|customer| seal(&vault, id, &customer)).transpose()?;
                        sqlx::query(
                            "UPDATE checkouts SET customer = NULL, \
                                 sealed_customer = $2, customer_index = $3, customer_at = $4 WHERE id = $1",
                        )
                        .bind(id.to_string())
                        .bind(sealed.as_ref().map(|sealed| &sealed.text))
                        .bind(sealed.as_ref().and_then(|sealed| sealed.index.as_ref()))
                        .bind(sealed.as_ref().map(|sealed| sealed.received_at))
                        .execute(&mut *connection)
                        .await?;
                    }
                    Ok(Work::Keep(rows.len() as u64))
                })
            })
            .await
    }
}
