//! Why an input was not accepted, named for the caller.

use thiserror::Error;

/// The state does not allow it. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A new attempt was asked for while the current one is alive or has been paid.
    #[error("the current attempt is still alive, or the order is paid")]
    NotRetryable,
    /// So many attempts on one order are no customer's.
    #[error("this order has been attempted too often")]
    TooManyAttempts,
}
