//! Why a request of a page or of the shop is refused. `http` turns each one into a problem.

use kvitt_wire::Cart;

use super::cart::CartError;
use crate::access::idempotency;
use crate::engine::ledger;
use crate::store;

/// Why nothing was done. Nothing has been stored then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The price differs from what the customer was shown; this is the current cart.
    #[error("the price has changed since it was shown")]
    PriceChanged(Box<Cart>),
    /// The sales unit takes another currency.
    #[error("the sales unit takes another currency")]
    WrongCurrency,
    /// The customer has not accepted the terms.
    #[error("the terms must be accepted before a payment is created")]
    TermsNotAccepted,
    /// There is no such sales unit, or the key may not access it.
    #[error("there is no such sales unit")]
    UnknownSalesUnit,
    /// `cart_id` is not a random text.
    #[error("cart_id must have 16 to 64 letters, digits, - and _")]
    BadCartId,
    /// `return_url` is not on an allowed origin.
    #[error("return_url must be on an allowed origin")]
    BadReturnUrl,
    /// The version of the consent's wording is not known, or not in that language.
    #[error("consent.wording must name a known version of the text")]
    BadWording,
    /// The app does not accept that description.
    #[error("description must have at least 3 characters, none of them a control character")]
    BadDescription,
    /// The order would be valid for too short or too long a time.
    #[error("expires_in_s must be 60 to 15552000 seconds")]
    BadExpiry,
    /// There is no such customer at this sales unit.
    #[error("there is no such customer at this sales unit")]
    UnknownCustomer,
    /// The customer has not consented to payment requests.
    #[error("the customer has not consented to payment requests")]
    NoConsent,
    /// It is not a telephone number.
    #[error("that is no telephone number")]
    BadPhoneNumber,
    /// The customer is given in two ways, or in none.
    #[error("customer must have either an id, or a phone_number with a consent")]
    BadAddressee,
    /// The lines of an operation are not valid.
    #[error("lines must be 100 at most, each with a sku and a quantity")]
    BadLines,
    /// The cart is refused.
    #[error(transparent)]
    Cart(#[from] CartError),
    /// The idempotency key cannot be used.
    #[error(transparent)]
    Key(#[from] idempotency::Error),
    /// The order's state does not allow it.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}
