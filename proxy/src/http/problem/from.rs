//! Converts the errors of the rooms below to problems with a code. The cause of an internal error is logged here, once, and never sent to the
//! client.

use super::{ApiError, Code};
use crate::access::idempotency;
use crate::access::rates::RateLimited;
use crate::access::streams::Full;
use crate::checkout::Refusal;
use crate::engine::ledger;
use crate::engine::outage;
use crate::shop;
use crate::shop::cart::{CartError, SignedCartError};
use crate::shop::relay::administration;
use crate::store;

impl From<shop::Error> for ApiError {
    fn from(error: shop::Error) -> Self {
        match error {
            shop::Error::PriceChanged(cart) => Self { cart: Some(cart), ..Self::new(Code::PriceChanged) },
            shop::Error::WrongCurrency => Code::WrongCurrency.into(),
            shop::Error::TermsNotAccepted => Code::TermsNotAccepted.into(),
            shop::Error::UnknownSalesUnit => Code::UnknownSalesUnit.into(),
            shop::Error::BadReturnUrl => Code::BadReturnUrl.into(),
            shop::Error::BadCartId => Code::BadCartId.into(),
            shop::Error::BadWording => Code::BadWording.into(),
            shop::Error::BadDescription => Code::BadDescription.into(),
            shop::Error::BadExpiry => Code::BadExpiry.into(),
            shop::Error::UnknownCustomer => Code::UnknownCustomer.into(),
            shop::Error::NoConsent => Code::NoConsent.into(),
            shop::Error::BadPhoneNumber => Code::BadPhoneNumber.into(),
            shop::Error::BadAddressee => Code::BadAddressee.into(),
            shop::Error::BadLines => Code::BadLines.into(),
            shop::Error::Cart(error) => error.into(),
            shop::Error::Key(error) => error.into(),
            shop::Error::Ledger(error) => error.into(),
            shop::Error::Store(error) => error.into(),
        }
    }
}

impl From<idempotency::Error> for ApiError {
    fn from(error: idempotency::Error) -> Self {
        match error {
            idempotency::Error::Malformed(wanted) => Self::new(Code::BadIdempotencyKey).detail(wanted),
            idempotency::Error::Reused => Code::IdempotencyKeyReused.into(),
            idempotency::Error::InProgress => in_progress(),
            idempotency::Error::NotFound => Self::not_found(),
            idempotency::Error::Store(error) => error.into(),
        }
    }
}

/// The same request is in progress.
fn in_progress() -> ApiError {
    ApiError::new(Code::IdempotencyInProgress).retry_after(1)
}

impl From<CartError> for ApiError {
    fn from(error: CartError) -> Self {
        let code = match error {
            CartError::Empty => Code::EmptyCart,
            CartError::TooLong => Code::TooManyLines,
            CartError::UnknownSku(_) => Code::UnknownSku,
            CartError::BadQuantity(_) => Code::BadQuantity,
            CartError::BadTotal(_) => Code::BadTotal,
            CartError::Malformed => Code::MalformedItems,
            CartError::BadVat { .. } => Code::BadVat,
            CartError::WrongCurrency => Code::WrongCurrency,
            CartError::BadLine { .. } => Code::BadLine,
            CartError::LineDrift { .. } => Code::LineTotalMismatch,
            CartError::BadPaymentSources => Code::BadPaymentSources,
            CartError::Drift { .. } => Code::CartLinesMismatch,
            CartError::UnknownSalesUnit => Code::UnknownSalesUnit,
            CartError::Ambiguous => Code::ItemsAndSignedCart,
            CartError::Signed(untrusted) => return untrusted.into(),
        };
        Self::new(code).detail(error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NotRetryable => Code::NotRetryable,
            Refusal::TermsNotAccepted => Code::TermsNotAccepted,
            Refusal::OfferEnded => Code::OfferEnded,
            Refusal::NotWithdrawable => Code::NotWithdrawable,
            Refusal::TooManyAttempts => Code::TooManyAttempts,
            Refusal::NotPaid => Code::NotPaid,
            Refusal::AmountTooLarge { .. } => Code::ExceedsWhatIsLeft,
            Refusal::TooManyPieces { .. } => Code::ExceedsWhatWasOrdered,
            Refusal::CapturePending => Code::CaptureUnderWay,
            Refusal::TooManyOperations => Code::TooManyOperations,
            Refusal::AmountNotPositive => Code::BadAmount,
            Refusal::OperationMismatch => return Code::IdempotencyKeyReused.into(),
        };
        Self::new(code).detail(refusal.to_string())
    }
}

impl From<SignedCartError> for ApiError {
    fn from(untrusted: SignedCartError) -> Self {
        let code = match untrusted {
            SignedCartError::Malformed(_) => Code::MalformedSignedCart,
            SignedCartError::UnknownKey(_) | SignedCartError::KeyForOtherUnit(_) => Code::UnknownCartKey,
            SignedCartError::BadSignature(_) => Code::CartSignatureInvalid,
            SignedCartError::Expired { .. } => Code::CartExpired,
            SignedCartError::NotYet => Code::CartNotYetValid,
            SignedCartError::LifetimeTooLong { .. } => Code::CartLivesTooLong,
            SignedCartError::WrongAudience(_) => Code::WrongCartAudience,
            SignedCartError::OtherSalesUnit(_) => Code::WrongSalesUnit,
        };
        Self::new(code).detail(untrusted.to_string())
    }
}

impl From<ledger::Error> for ApiError {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Refused(refusal) => refusal.into(),
            ledger::Error::Repeated => in_progress(),
            ledger::Error::NotFound => Self::not_found(),
            ledger::Error::Store(error) => error.into(),
        }
    }
}

impl From<administration::Error> for ApiError {
    fn from(error: administration::Error) -> Self {
        match error {
            administration::Error::Address(_) => Self::new(Code::BadEndpoint).detail(error.to_string()),
            administration::Error::UnknownEvent { .. } => Self::new(Code::UnknownEvent).detail(error.to_string()),
            administration::Error::NoEndpoint(_) | administration::Error::NoDelivery => Self::not_found(),
            administration::Error::Disabled(_) => Self::new(Code::EndpointDisabled),
            administration::Error::Store(error) => error.into(),
        }
    }
}

impl From<Full> for ApiError {
    fn from(full: Full) -> Self {
        match full {
            Full::All => Self::busy(),
            // A stream that is open may last for minutes.
            Full::Own => Self::new(Code::RateLimited).retry_after(30),
        }
    }
}

impl From<RateLimited> for ApiError {
    fn from(RateLimited(wait): RateLimited) -> Self {
        // Rounded up, so that the next request then is within the limit.
        let seconds = wait.as_secs().saturating_add(1);
        Self::new(Code::RateLimited).retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        outage::report(&error, "request");
        if error.is_transient() { Self::busy() } else { Self::internal() }
    }
}
