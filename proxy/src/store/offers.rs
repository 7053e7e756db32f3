//! The deletion of orders that came to nothing, with their attempts, events and keys.

use super::{Error, Store};
use crate::checkout::Moment;

verbs! {
    /// Deletes idle orders that expired before that time, `most` at once: opened by a page, without any payment requested. How many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_idle_orders(before: Moment, most: u32) -> Result<u64, Error>;

    /// How many idle orders there are, counted up to `most`.
    ///
    /// # Errors
    /// On a database error.
    fn idle_orders(most: u32) -> Result<i64, Error>;

    /// Deletes orders that ended before that time without any money, `most` at once. One with an effect that is parked or pending is kept.
    /// How many.
    ///
    /// # Errors
    /// On a database error.
    fn prune_unpaid_orders(before: Moment, most: u32) -> Result<u64, Error>;
}
