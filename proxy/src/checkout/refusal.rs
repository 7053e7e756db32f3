//! Why a command was refused. The API turns each refusal into a problem code.

use kvitt_wire::Quantity;
use thiserror::Error;

/// The state does not allow the command. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A new attempt was requested for an order that is paid, or whose current attempt is still open and cannot be used instead.
    #[error("the order is paid, or its current attempt is being cancelled or shares more than was asked for now")]
    NotRetryable,
    /// A payment was requested before the customer accepted the shop's terms.
    #[error("the terms have not been accepted")]
    TermsNotAccepted,
    /// A payment was requested after the order's time was over, or after the shop had withdrawn its offer.
    #[error("the order's time to be paid is over, or the shop has withdrawn it")]
    OfferEnded,
    /// The order to be withdrawn is paid, or the shop has not offered it.
    #[error("the order is paid, or was not offered to be paid later")]
    NotWithdrawable,
    /// The order has the maximum number of attempts.
    #[error("this order has been attempted too often")]
    TooManyAttempts,
    /// An operation was requested on an order that is not paid.
    #[error("the order is not paid")]
    NotPaid,
    /// The requested amount is more than what is left beside the pending operations.
    #[error("there is {left} left, in minor units")]
    AmountTooLarge {
        /// What is left, in minor units.
        left: i64,
    },
    /// The request names more pieces than the order has left beside those that are captured, or refunded, already.
    #[error("there are {left} of {sku:?} left")]
    TooManyPieces {
        /// The article.
        sku: String,
        /// How many are left.
        left: Quantity,
    },
    /// A cancel was requested while a capture is pending. Vipps MobilePay would release the money that is being captured too.
    #[error("a capture has not been answered yet; cancel the rest after it has been")]
    CapturePending,
    /// The amount is zero or negative.
    #[error("the amount must be more than zero")]
    AmountNotPositive,
    /// The id was used for a different operation before.
    #[error("the same id was used for a different operation")]
    OperationMismatch,
    /// The payment has the maximum number of operations.
    #[error("this payment has been operated on too often")]
    TooManyOperations,
}
