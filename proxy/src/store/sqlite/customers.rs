//! Customers on SQLite.

use sqlx::{Row, SqliteConnection};

use super::writer::{Statement, Work};
use super::{Sqlite, checkout_id};
use crate::checkout::{Checkout, CheckoutId, Moment, PhoneNumber};
use crate::store::Error;
use crate::store::customers::{
    BATCH, BlindIndexes, KnownCustomer, check_marks, collect, indexes, new_id, open_customer, seal,
};

const PLAINTEXT: &str = "SELECT id, customer, sealed_customer, sales_unit FROM checkouts \
     WHERE customer IS NOT NULL LIMIT $1";
const WITHOUT_ID: &str = "SELECT id, customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL AND customer_id IS NULL AND (customer_index IS NOT NULL) LIMIT $1";
const UNDER_OLD_KEYS: &str = "SELECT id, customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL \
     AND (substr(sealed_customer, 1, 12) < $2 OR substr(sealed_customer, 1, 12) > $2) LIMIT $1";

impl Sqlite {
    /// Called when the database is opened: checks the keys, and encrypts personal data that earlier releases stored in plain text. Its
    /// traces are wiped from the file.
    pub(super) async fn seal_customers(&self) -> Result<(), Error> {
        self.check_keys().await?;
        let mut count = 0;
        loop {
            match self.seal_batch(sqlx::query(PLAINTEXT).bind(BATCH)).await? {
                0 => break,
                more => count += more,
            }
        }
        while self.seal_batch(sqlx::query(WITHOUT_ID).bind(BATCH)).await? > 0 {}
        if count > 0 {
            sqlx::query("VACUUM").execute(&self.writer).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await?;
            tracing::info!(count, "personal data of an earlier release encrypted");
        }
        Ok(())
    }

    pub(in crate::store) async fn reseal_customers(&self, most: u32) -> Result<u64, Error> {
        self.seal_batch(sqlx::query(UNDER_OLD_KEYS).bind(most).bind(self.vault.mark())).await
    }

    pub(in crate::store) async fn check_keys(&self) -> Result<(), Error> {
        let marks = sqlx::query(
            "SELECT DISTINCT substr(sealed_customer, 1, 12) AS mark FROM checkouts WHERE sealed_customer IS NOT NULL \
             UNION SELECT substr(secret, 1, 12) FROM endpoints \
             UNION SELECT substr(previous_secret, 1, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
        );
        let marks = marks.fetch_all(&self.readers).await?.into_iter().map(|row| row.try_get("mark"));
        check_marks(&self.vault, &marks.collect::<Result<Vec<String>, _>>()?)
    }

    pub(in crate::store) async fn checkouts_with_number(&self, number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_index IN (SELECT value FROM json_each($1))")
            .bind(serde_json::to_string(&indexes(&self.vault, number))?)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| checkout_id(row.try_get("id")?)).collect()
    }

    pub(in crate::store) async fn customers_received_before(
        &self,
        moment: Moment,
        most: u32,
    ) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_at < $1 ORDER BY customer_at LIMIT $2")
            .bind(moment.0)
            .bind(most)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(|row| checkout_id(row.try_get("id")?)).collect()
    }

    pub(in crate::store) async fn known_customer(&self, id: &str) -> Result<Option<KnownCustomer>, Error> {
        let rows = sqlx::query(
            "SELECT id, state, sealed_customer FROM checkouts WHERE customer_id = $1 ORDER BY created_at, id",
        )
        .bind(id)
        .fetch_all(&self.readers)
        .await?;
        let orders = rows.into_iter().map(|row| {
            let mut checkout: Checkout = serde_json::from_str(row.try_get("state")?)?;
            checkout.customer = open_customer(&self.vault, checkout.id, row.try_get("sealed_customer")?, None)?;
            Ok(checkout)
        });
        Ok(collect(id, orders.collect::<Result<_, Error>>()?))
    }

    pub(in crate::store) async fn customers_with_number(&self, number: &PhoneNumber) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT DISTINCT customer_id FROM checkouts \
             WHERE customer_index IN (SELECT value FROM json_each($1)) AND customer_id IS NOT NULL ORDER BY customer_id",
        )
        .bind(serde_json::to_string(&indexes(&self.vault, number))?)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| Ok(row.try_get("customer_id")?)).collect()
    }

    pub(in crate::store) async fn prune_customer_names(&self) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM customer_names WHERE NOT EXISTS ( \
                 SELECT 1 FROM checkouts WHERE checkouts.customer_id = customer_names.customer_id)",
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Encrypts the customers of the selected rows under the current key. How many.
    async fn seal_batch(&self, which: Statement) -> Result<u64, Error> {
        let vault = self.vault.clone();
        self.batcher
            .write(move |connection| {
                Box::pin(async move {
                    let rows = which.fetch_all(&mut *connection).await?;
                    for row in &rows {
                        let id = checkout_id(row.try_get("id")?)?;
                        let customer =
                            open_customer(&vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
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
                        if let Some(sealed) = sealed {
                            assign_id(connection, &id.to_string(), row.try_get("sales_unit")?, &sealed.names).await?;
                        }
                    }
                    Ok(Work::Commit(rows.len() as u64))
                })
            })
            .await
    }
}

/// Sets the customer id of an order: the one that the customer has at this sales unit, or a new one.
pub(super) async fn assign_id(
    connection: &mut SqliteConnection,
    checkout: &str,
    sales_unit: &str,
    names: &BlindIndexes,
) -> Result<(), Error> {
    let mut id = None;
    for (kind, indexes) in names.by_kind() {
        let row = sqlx::query(
            "SELECT customer_id FROM customer_names WHERE sales_unit = $1 AND kind = $2 AND name_index IN (SELECT value FROM json_each($3)) \
                 AND ($2 = 'sub' OR $4 = FALSE OR NOT EXISTS (SELECT 1 FROM customer_names AS other \
                     WHERE other.customer_id = customer_names.customer_id AND other.kind = 'sub'))",
        )
        .bind(sales_unit)
        .bind(kind)
        .bind(serde_json::to_string(indexes)?)
        // Numbers are reassigned: a customer with another `sub` is another person.
        .bind(!names.sub.is_empty())
        .fetch_optional(&mut *connection)
        .await?;
        id = id.or(row.map(|row| row.try_get::<String, _>("customer_id")).transpose()?);
    }
    let mut id = id.unwrap_or_else(new_id);
    for (kind, indexes) in names.by_kind() {
        let (present, previous) = indexes.split_first().expect("it has an index");
        sqlx::query("DELETE FROM customer_names WHERE sales_unit = $1 AND kind = $2 AND name_index IN (SELECT value FROM json_each($3))")
            .bind(sales_unit)
            .bind(kind)
            .bind(serde_json::to_string(previous)?)
            .execute(&mut *connection)
            .await?;
        // Of two orders that insert the same new customer at once, the later one takes the id of the first by the `sub`.
        let row = sqlx::query(
            "INSERT INTO customer_names (sales_unit, kind, name_index, customer_id) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (sales_unit, kind, name_index) DO UPDATE SET \
                 customer_id = CASE WHEN excluded.kind = 'sub' THEN customer_names.customer_id ELSE excluded.customer_id END \
             RETURNING customer_id",
        )
        .bind(sales_unit)
        .bind(kind)
        .bind(present)
        .bind(&id)
        .fetch_one(&mut *connection)
        .await?;
        id = row.try_get("customer_id")?;
    }
    if let Some(number) = names.number.first() {
        // A customer's previous number no longer finds them: it may be reassigned.
        sqlx::query(
            "DELETE FROM customer_names WHERE sales_unit = $1 AND kind = 'number' AND customer_id = $2 AND name_index <> $3",
        )
        .bind(sales_unit)
        .bind(&id)
        .bind(number)
        .execute(&mut *connection)
        .await?;
    }
    if names.by_kind().next().is_some() {
        sqlx::query("UPDATE checkouts SET customer_id = $2 WHERE id = $1")
            .bind(checkout)
            .bind(&id)
            .execute(connection)
            .await?;
    }
    Ok(())
}
