//! Trace ids, where the whole checkout is not loaded.

use super::db::Statement;
use super::{Error, Store};
use crate::checkout::CheckoutId;

impl Store {
    /// The checkout that a payment belongs to, and its trace id if it has one.
    ///
    /// # Errors
    /// On a database error.
    pub async fn trace_of(&self, reference: &str) -> Result<Option<(CheckoutId, Option<String>)>, Error> {
        let query = Statement::new(
            "SELECT checkout_id, state ->> 'trace_id' AS trace_id \
             FROM attempts JOIN checkouts ON checkouts.id = checkout_id WHERE reference = $1",
        );
        self.db.one(query.bind(reference), |row| Ok((row.get("checkout_id")?, row.get("trace_id")?))).await
    }
}
