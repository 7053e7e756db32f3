//! Why an input was not accepted, named for the caller.

use thiserror::Error;

/// The state does not allow it. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A new attempt was asked for when the order has been paid, or while the current one cannot serve instead.
    #[error("the order is paid, or its current attempt is being cancelled or shares more than was asked for now")]
    NotRetryable,
    /// Pay was pressed before anybody had accepted the shop's terms.
    #[error("the terms have not been accepted")]
    TermsNotAccepted,
    /// Pay was pressed when what was offered had run out, or the shop had taken it back.
    #[error("the offer has run out or was withdrawn")]
    OfferEnded,
    /// What was to be withdrawn is paid, or was never offered.
    #[error("the order is paid, or was not offered to be paid later")]
    NotWithdrawable,
    /// So many attempts on one order are no customer's.
    #[error("this order has been attempted too often")]
    TooManyAttempts,
    /// Money was to be moved that nobody has paid.
    #[error("the order is not paid")]
    NotPaid,
    /// There is less left than was asked for, beside what is under way.
    #[error("there is {left} left, in minor units")]
    TooMuch {
        /// What is left, in minor units.
        left: i64,
    },
    /// More pieces were named than the order has, beside those that are captured, or given back, already.
    #[error("there are {left} of {sku:?} left")]
    MorePieces {
        /// The article.
        sku: String,
        /// How many are left.
        left: u32,
    },
    /// The rest was to be let go while a capture is under way: the vendor would let go what is being captured too.
    #[error("a capture has not been answered yet; let the rest go when it has been")]
    UnderWay,
    /// Nothing, or less, was asked for.
    #[error("the amount must be more than nothing")]
    NotAnAmount,
    /// An operation of that name is another one.
    #[error("an operation of that name was another one")]
    NotTheSame,
    /// So many operations on one payment are a program that has run wild.
    #[error("this payment has been operated on too often")]
    TooManyOperations,
}
