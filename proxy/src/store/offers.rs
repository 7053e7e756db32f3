//! Idle orders: opened by a page, without any payment requested.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Deletes idle orders that expired before that time, `most` at once. How many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_idle_orders(before: Moment, most: u32) -> Result<u64, Error>;

    /// How many idle orders there are, counted up to `most`.
    ///
    /// # Errors
    /// On a database error.
    fn idle_orders(most: u32) -> Result<i64, Error>;
}
