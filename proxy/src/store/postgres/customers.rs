//! Customers on PostgreSQL.

use sqlx::postgres::PgArguments;
use sqlx::{Connection, PgConnection, Row};

use super::Postgres;
use crate::checkout::{Checkout, CheckoutId, Moment, PhoneNumber};
use crate::store::Error;
use crate::store::customers::{
    BATCH, BlindIndexes, KnownCustomer, check_marks, collect, indexes, new_id, open_customer, seal,
};

const PLAINTEXT: &str = "SELECT id, customer::text AS customer, sealed_customer, sales_unit FROM checkouts \
     WHERE customer IS NOT NULL LIMIT $1 FOR UPDATE";
const WITHOUT_ID: &str = "SELECT id, customer::text AS customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL AND customer_id IS NULL AND (customer_index IS NOT NULL) LIMIT $1 FOR UPDATE";
const UNDER_OLD_KEYS: &str = "SELECT id, customer::text AS customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL \
     AND (left(sealed_customer, 12) < $2 OR left(sealed_customer, 12) > $2) LIMIT $1 FOR UPDATE";

/// A statement with its parameters.
type Statement = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

impl Postgres {
    /// Called when the database is opened: checks the keys, and encrypts personal data that earlier releases stored in plain text.
    pub(super) async fn seal_customers(&self) -> Result<(), Error> {
        self.check_keys().await?;
        let mut count = 0;
        loop {
            match self.seal_batch(sqlx::query(PLAINTEXT).bind(i64::from(BATCH))).await? {
                0 => break,
                more => count += more,
            }
        }
        while self.seal_batch(sqlx::query(WITHOUT_ID).bind(i64::from(BATCH))).await? > 0 {}
        if count > 0 {
            tracing::info!(count, "personal data of an earlier release encrypted");
        }
        Ok(())
    }

    pub(in crate::store) async fn reseal_customers(&self, most: u32) -> Result<u64, Error> {
        self.seal_batch(sqlx::query(UNDER_OLD_KEYS).bind(i64::from(most)).bind(self.vault.mark())).await
    }

    pub(in crate::store) async fn check_keys(&self) -> Result<(), Error> {
        let marks = sqlx::query(
            "SELECT DISTINCT left(sealed_customer, 12) AS mark FROM checkouts WHERE sealed_customer IS NOT NULL \
             UNION SELECT left(secret, 12) FROM endpoints \
             UNION SELECT left(previous_secret, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
        );
        let marks =
            marks.fetch_all(&mut *self.connections.get().await?).await?.into_iter().map(|row| row.try_get("mark"));
        check_marks(&self.vault, &marks.collect::<Result<Vec<String>, _>>()?)
    }

    pub(in crate::store) async fn checkouts_with_number(&self, number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_index = ANY ($1)")
            .bind(indexes(&self.vault, number))
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        rows.into_iter().map(|row| Ok(CheckoutId(row.try_get("id")?))).collect()
    }

    pub(in crate::store) async fn customers_received_before(
        &self,
        moment: Moment,
        most: u32,
    ) -> Result<Vec<CheckoutId>, Error> {
        let rows = sqlx::query("SELECT id FROM checkouts WHERE customer_at < $1 ORDER BY customer_at LIMIT $2")
            .bind(moment.0)
            .bind(i64::from(most))
            .fetch_all(&mut *self.connections.get().await?)
            .await?;
        rows.into_iter().map(|row| Ok(CheckoutId(row.try_get("id")?))).collect()
    }

    pub(in crate::store) async fn known_customer(&self, id: &str) -> Result<Option<KnownCustomer>, Error> {
        let rows = sqlx::query(
            "SELECT id, state::text AS state, sealed_customer FROM checkouts WHERE customer_id = $1 ORDER BY created_at, id",
        )
        .bind(id)
        .fetch_all(&mut *self.connections.get().await?)
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
             WHERE customer_index = ANY ($1) AND customer_id IS NOT NULL ORDER BY customer_id",
        )
        .bind(indexes(&self.vault, number))
        .fetch_all(&mut *self.connections.get().await?)
        .await?;
        rows.into_iter().map(|row| Ok(row.try_get("customer_id")?)).collect()
    }

    pub(in crate::store) async fn prune_customer_names(&self) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM customer_names WHERE NOT EXISTS ( \
                 SELECT 1 FROM checkouts WHERE checkouts.customer_id = customer_names.customer_id)",
        )
        .execute(&mut *self.connections.get().await?)
        .await?;
        Ok(())
    }

    /// Encrypts the customers of the selected rows under the current key. How many.
    async fn seal_batch(&self, which: Statement) -> Result<u64, Error> {
        let mut connection = self.connections.get().await?;
        let mut tx = connection.begin().await?;
        let rows = which.fetch_all(&mut *tx).await?;
        for row in &rows {
            let id = CheckoutId(row.try_get("id")?);
            let customer = open_customer(&self.vault, id, row.try_get("sealed_customer")?, row.try_get("customer")?)?;
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
            if let Some(sealed) = sealed {
                assign_id(&mut tx, id, row.try_get("sales_unit")?, &sealed.names).await?;
            }
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }
}

/// Sets the customer id of an order: the one that the customer has at this sales unit, or a new one.
pub(super) async fn assign_id(
    connection: &mut PgConnection,
    checkout: CheckoutId,
    sales_unit: &str,
    names: &BlindIndexes,
) -> Result<(), Error> {
    let mut id = None;
    for (kind, indexes) in names.by_kind() {
        let row = sqlx::query(
            "SELECT customer_id FROM customer_names WHERE sales_unit = $1 AND kind = $2 AND name_index = ANY ($3) \
                 AND ($2 = 'sub' OR $4 = FALSE OR NOT EXISTS (SELECT 1 FROM customer_names AS other \
                     WHERE other.customer_id = customer_names.customer_id AND other.kind = 'sub'))",
        )
        .bind(sales_unit)
        .bind(kind)
        .bind(indexes)
        // Numbers are reassigned: a customer with another `sub` is another person.
        .bind(!names.sub.is_empty())
        .fetch_optional(&mut *connection)
        .await?;
        id = id.or(row.map(|row| row.try_get::<String, _>("customer_id")).transpose()?);
    }
    let mut id = id.unwrap_or_else(new_id);
    for (kind, indexes) in names.by_kind() {
        let (present, previous) = indexes.split_first().expect("it has an index");
        sqlx::query("DELETE FROM customer_names WHERE sales_unit = $1 AND kind = $2 AND name_index = ANY ($3)")
            .bind(sales_unit)
            .bind(kind)
            .bind(previous)
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
            .bind(checkout.0)
            .bind(&id)
            .execute(connection)
            .await?;
    }
    Ok(())
}
