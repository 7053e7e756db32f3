//! Why an input was not accepted, named for the caller.

use thiserror::Error;

/// The state does not allow it. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A new attempt was asked for when the order has been paid, or while the current one cannot serve instead.
    #[error("the order is paid, or its current attempt is being cancelled or shares more than was asked for now")]
    NotRetryable,
    /// So many attempts on one order are no customer's.
    #[error("this order has been attempted too often")]
    TooManyAttempts,
}
