//! The deletion of orders that came to nothing, with their attempts, events and keys.

use std::collections::BTreeSet;

use super::customers::forget_names;
use super::db::{Row, Statement, Work};
use super::{Error, Store};
use crate::checkout::{CheckoutId, Moment};

impl Store {
    /// Deletes idle orders that expired before that time, `most` at once: opened by a page, without any payment requested. How many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_idle_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let idle = Statement::each(
            "SELECT id, customer_id FROM checkouts WHERE idle_until < $1 ORDER BY idle_until LIMIT $2",
            "SELECT id, customer_id FROM checkouts WHERE idle_until < $1 ORDER BY idle_until LIMIT $2 FOR UPDATE SKIP LOCKED",
        );
        self.delete_orders(idle.bind(before).bind(most)).await
    }

    /// How many idle orders there are, counted up to `most`.
    ///
    /// # Errors
    /// On a database error.
    pub async fn idle_orders(&self, most: u32) -> Result<i64, Error> {
        let query = Statement::new(
            "SELECT count(*) AS count FROM (SELECT 1 FROM checkouts WHERE idle_until IS NOT NULL LIMIT $1) AS idle",
        );
        Ok(self.db.one(query.bind(most), |row| row.get("count")).await?.unwrap_or_default())
    }

    /// Deletes orders that ended before that time without any money, `most` at once. One with an effect that is parked or pending is kept.
    /// How many.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune_unpaid_orders(&self, before: Moment, most: u32) -> Result<u64, Error> {
        let unpaid = Statement::each(
            "SELECT id, customer_id FROM checkouts WHERE unpaid_since < $1 \
             AND (SELECT 1 FROM outbox WHERE checkout_id = checkouts.id LIMIT 1) IS NULL \
             ORDER BY unpaid_since LIMIT $2",
            "SELECT id, customer_id FROM checkouts WHERE unpaid_since < $1 \
             AND (SELECT 1 FROM outbox WHERE checkout_id = checkouts.id LIMIT 1) IS NULL \
             ORDER BY unpaid_since LIMIT $2 FOR UPDATE SKIP LOCKED",
        );
        self.delete_orders(unpaid.bind(before).bind(most)).await
    }

    /// Deletes the orders that a statement selects, with all that belongs to them. The audit stays.
    async fn delete_orders(&self, which: Statement) -> Result<u64, Error> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let (mut ids, mut customers) = (Vec::<CheckoutId>::new(), BTreeSet::<String>::new());
                    let read = |row: &Row<'_>| Ok((row.get("id")?, row.get::<Option<String>>("customer_id")?));
                    for (id, customer) in tx.all(which, read).await? {
                        ids.push(id);
                        customers.extend(customer);
                    }
                    let mut deleted = 0;
                    for statement in WITH_DEPENDENTS {
                        deleted = tx.execute(statement.bind(ids.clone())).await?;
                    }
                    for customer in customers {
                        forget_names(tx, &customer).await?;
                    }
                    Ok(Work::Commit(deleted))
                })
            })
            .await
    }
}

/// Deletes orders and what belongs to them, the orders last.
const WITH_DEPENDENTS: [Statement; 5] = [
    Statement::each(
        "DELETE FROM idempotency_keys WHERE checkout_id IN (SELECT value FROM json_each($1))",
        "DELETE FROM idempotency_keys WHERE checkout_id = ANY ($1)",
    ),
    Statement::each(
        "DELETE FROM outbox WHERE checkout_id IN (SELECT value FROM json_each($1))",
        "DELETE FROM outbox WHERE checkout_id = ANY ($1)",
    ),
    Statement::each(
        "DELETE FROM attempts WHERE checkout_id IN (SELECT value FROM json_each($1))",
        "DELETE FROM attempts WHERE checkout_id = ANY ($1)",
    ),
    Statement::each(
        "DELETE FROM events WHERE checkout_id IN (SELECT value FROM json_each($1))",
        "DELETE FROM events WHERE checkout_id = ANY ($1)",
    ),
    Statement::each(
        "DELETE FROM checkouts WHERE id IN (SELECT value FROM json_each($1))",
        "DELETE FROM checkouts WHERE id = ANY ($1)",
    ),
];
