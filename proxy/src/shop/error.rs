//! What can be wrong with what a page or the shop asks for.

use kvitt_wire::Cart;

use super::cart::CartError;
use crate::access::idempotency;
use crate::engine::ledger;
use crate::store;

/// Why something was not done. Nothing has been written down then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The price is not what the customer was shown; this is today's.
    #[error("the price has changed since it was shown")]
    PriceChanged(Box<Cart>),
    /// The sales unit takes another currency.
    #[error("the sales unit takes another currency")]
    WrongCurrency,
    /// The customer has not accepted the terms.
    #[error("the terms must be accepted before a payment is created")]
    TermsNotAccepted,
    /// There is no sales unit of that name, or the key is not one of its keys.
    #[error("there is no such sales unit")]
    UnknownSalesUnit,
    /// The page to come back to is on no allowed origin.
    #[error("return_url must be on an allowed origin")]
    BadReturnUrl,
    /// The version of a consent's wording cannot be looked up later.
    #[error("consent.wording must name the version of the words")]
    BadWording,
    /// The app would not show that description.
    #[error("description must have 3 to 100 characters, none of them a control character")]
    BadDescription,
    /// The order would be open for too short or too long a time.
    #[error("expires_in_s must be 60 to 15552000 seconds")]
    BadExpiry,
    /// Nobody is known by that id at this sales unit, or is any more.
    #[error("there is no such customer at this sales unit")]
    UnknownCustomer,
    /// The customer has not consented to payment requests.
    #[error("the customer has not consented to payment requests")]
    NoConsent,
    /// That is no telephone number.
    #[error("that is no telephone number")]
    BadPhoneNumber,
    /// A customer is named in more ways than one, or in none.
    #[error("customer must have either an id, or a phone_number with a consent")]
    BadAddressee,
    /// The lines of an operation cannot be kept.
    #[error("lines must be 100 at most, each with a sku and a quantity")]
    BadLines,
    /// The cart.
    #[error(transparent)]
    Cart(#[from] CartError),
    /// The idempotency key.
    #[error(transparent)]
    Key(#[from] idempotency::Error),
    /// The order's state does not allow it.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}
