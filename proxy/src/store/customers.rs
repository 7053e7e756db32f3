//! What customers shared, as it is written down: sealed, findable by an index that tells nothing, and forgotten on request.
//!
//! The [vault](crate::vault) is opened and closed here, so that nothing above knows how a customer is kept and nothing below sees one.
//! A sealed customer is bound to its checkout: it opens in no other row.

use zeroize::Zeroizing;

use super::{Error, Store};
use crate::checkout::{CheckoutId, Customer, Moment, PhoneNumber};
use crate::vault::Vault;

verbs! {
    /// Seals the customers anew that another key than the present one has sealed, some at once; how many. To be called until there are
    /// none. The proxies may work on them meanwhile.
    ///
    /// # Errors
    /// When the database says no, or one of them does not open.
    fn reseal_customers(most: u32) -> Result<u64, Error>;

    /// Whether what is sealed in the database opens with the keys of the vault; but for the secrets of webhooks, which can be had anew.
    ///
    /// # Errors
    /// [`Error::Sealed`] when not, or the database says no.
    fn everything_opens() -> Result<(), Error>;

    /// The checkouts that were told this number.
    ///
    /// # Errors
    /// When the database says no.
    fn checkouts_with(number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error>;

    /// Checkouts whose customer was received before that moment and is still there, the oldest first.
    ///
    /// # Errors
    /// When the database says no.
    fn customers_before(moment: Moment, most: u32) -> Result<Vec<CheckoutId>, Error>;
}

/// A customer as a row has it.
pub(super) struct Sealed {
    /// For `sealed_customer`.
    pub(super) text: String,
    /// For `customer_index`, when there is a number to be found by.
    pub(super) index: Option<String>,
    /// For `customer_at`.
    pub(super) received_at: i64,
}

/// How many are sealed at once when the database is opened.
pub(super) const BATCH: u32 = 500;
const INDEX: &str = "checkouts.customer_index";

fn place(id: CheckoutId) -> String {
    format!("checkouts.sealed_customer/{id}")
}

pub(super) fn seal(vault: &Vault, id: CheckoutId, customer: &Customer) -> Result<Sealed, Error> {
    let plain = Zeroizing::new(serde_json::to_string(customer)?);
    Ok(Sealed {
        text: vault.seal(&plain, &place(id)),
        index: customer.phone_number.as_ref().map(|number| vault.index(number.digits(), INDEX)),
        received_at: customer.received_at.0,
    })
}

pub(super) fn indexes(vault: &Vault, number: &PhoneNumber) -> Vec<String> {
    vault.indexes(number.digits(), INDEX)
}

/// The customer of a row; one that is still in the open is taken as it is, and sealed with the next commit.
pub(super) fn opened(
    vault: &Vault,
    id: CheckoutId,
    sealed: Option<&str>,
    in_the_open: Option<&str>,
) -> Result<Option<Customer>, Error> {
    Ok(match (sealed, in_the_open) {
        (Some(sealed), _) => Some(serde_json::from_str(&vault.open(sealed, &place(id))?)?),
        (None, Some(plain)) => Some(serde_json::from_str(plain)?),
        (None, None) => None,
    })
}

/// The first problem with what other keys have sealed: all of it must open, or orders would stand still later.
pub(super) fn all_known(vault: &Vault, marks: &[String]) -> Result<(), Error> {
    if marks.iter().all(|mark| vault.knows(mark)) { Ok(()) } else { Err(crate::vault::Unopened::OtherKey.into()) }
}
