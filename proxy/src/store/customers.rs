//! Customers' personal data at rest: encrypted, findable by blind indexes (keyed hashes), and erased on request.
//!
//! Encryption and decryption with the [vault](crate::base::vault) happen here: callers see plain customers, the databases only ciphertext.
//! The ciphertext is bound to its checkout and cannot be decrypted in another row. A customer with several orders at one sales unit has one
//! id, `cus_…`, which is found by the blind indexes of their `sub` and of their number.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Error, Store};
use crate::base::vault::Vault;
use crate::checkout::{Checkout, CheckoutId, Consent, Customer, Moment, PhoneNumber, Reference};

verbs! {
    /// Re-encrypts customers under the current key, `most` at a time; how many. Called until there are none left, while proxies are
    /// running.
    ///
    /// # Errors
    /// On a database error, or when one of them cannot be decrypted.
    fn reseal_customers(most: u32) -> Result<u64, Error>;

    /// Checks that the vault has the keys of all encrypted data, other than webhook secrets, which can be registered anew.
    ///
    /// # Errors
    /// [`Error::Sealed`] when a key is missing, or a database error.
    fn check_keys() -> Result<(), Error>;

    /// The checkouts that have this telephone number.
    ///
    /// # Errors
    /// On a database error.
    fn checkouts_with_number(number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error>;

    /// Checkouts that still have personal data received before `moment`, the oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn customers_received_before(moment: Moment, most: u32) -> Result<Vec<CheckoutId>, Error>;

    /// A customer, collected from their orders; `None` where no order has their data any more.
    ///
    /// # Errors
    /// On a database error, or when the data cannot be decrypted.
    fn known_customer(id: &str) -> Result<Option<KnownCustomer>, Error>;

    /// The ids of the customers with this telephone number, normally one per sales unit.
    ///
    /// # Errors
    /// On a database error.
    fn customers_with_number(number: &PhoneNumber) -> Result<Vec<String>, Error>;

    /// Deletes the blind indexes of customers who have no order any more.
    ///
    /// # Errors
    /// On a database error.
    fn prune_customer_names() -> Result<(), Error>;
}

/// A customer at one sales unit.
#[derive(Clone, Debug)]
pub struct KnownCustomer {
    /// Their id: `cus_…`.
    pub id: String,
    /// The sales unit.
    pub sales_unit: String,
    /// Their latest personal data.
    pub customer: Customer,
    /// Their consents, each with the payment that it was given for, oldest first.
    pub consents: Vec<(Reference, Consent)>,
    /// Their orders with the reference of the current payment, oldest first.
    pub orders: Vec<(CheckoutId, Reference)>,
}

/// What an order has of its customer, without personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// The customer's id.
    pub customer_id: Option<String>,
    /// Whether the profile was received, with or without a number.
    pub received: bool,
    /// Whether there is a telephone number.
    pub number: bool,
}

/// A customer as stored in the columns of a checkout.
pub(super) struct Sealed {
    /// Column `sealed_customer`: the ciphertext.
    pub(super) text: String,
    /// Column `customer_index`: the blind index of the number, if there is one.
    pub(super) index: Option<String>,
    /// Column `customer_at`, in milliseconds since 1970.
    pub(super) received_at: i64,
    /// Rows of `customer_names`.
    pub(super) names: BlindIndexes,
}

/// The blind indexes that a customer is found by, under every key of the vault, the current one first. Empty for a missing value.
#[derive(Clone, Debug, Default)]
pub(super) struct BlindIndexes {
    pub(super) sub: Vec<String>,
    pub(super) number: Vec<String>,
}

impl BlindIndexes {
    /// Whether the vault has previous keys, so that a commit must move the stored indexes to the current key.
    pub(super) fn need_rekeying(&self) -> bool {
        self.by_kind().any(|(_, indexes)| indexes.len() > 1)
    }

    /// By the value of the column `kind`, the more reliable one first.
    pub(super) fn by_kind(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        [("sub", &self.sub), ("number", &self.number)].into_iter().filter(|(_, indexes)| !indexes.is_empty())
    }
}

/// A new customer id.
pub(super) fn new_id() -> String {
    format!("cus_{}", Uuid::new_v4().simple())
}

/// Collects a customer from their orders, which are sorted oldest first.
pub(super) fn collect(id: &str, orders: Vec<Checkout>) -> Option<KnownCustomer> {
    let sales_unit = orders.first()?.order.cart.sales_unit.clone();
    let mut known =
        KnownCustomer { id: id.to_owned(), sales_unit, customer: UNKNOWN, consents: Vec::new(), orders: Vec::new() };
    for checkout in orders {
        known.orders.push((checkout.id, checkout.current().reference.clone()));
        let may_be_known = checkout.attempts.iter().filter(|attempt| checkout.may_know_customer(attempt));
        let consents = may_be_known.filter_map(|attempt| Some((attempt.reference.clone(), attempt.consent.clone()?)));
        known.consents.extend(consents);
        let to_requests = checkout.order.offer.as_ref().and_then(|offer| offer.consent.clone());
        let valid = to_requests.filter(|consent| checkout.erased_at.is_none_or(|erased| consent.given_at > erased));
        known.consents.extend(valid.map(|consent| (checkout.current().reference.clone(), consent)));
        let Some(shared) = checkout.customer else { continue };
        known.customer.sub = shared.sub.or(known.customer.sub);
        known.customer.phone_number = shared.phone_number.or(known.customer.phone_number);
        known.customer.received_at = known.customer.received_at.max(shared.received_at);
    }
    Some(known)
}

const UNKNOWN: Customer = Customer { sub: None, phone_number: None, received_at: Moment(0) };

/// How many customers are encrypted in one transaction when the database is opened.
pub(super) const BATCH: u32 = 500;
/// The names of the indexes, which keep equal values of different kinds apart.
const NUMBER_INDEX: &str = "checkouts.customer_index";
const SUB_INDEX: &str = "customer_names.sub";

/// The associated data that binds a ciphertext to its checkout.
fn context(id: CheckoutId) -> String {
    format!("checkouts.sealed_customer/{id}")
}

pub(super) fn seal(vault: &Vault, id: CheckoutId, customer: &Customer) -> Result<Sealed, Error> {
    let plain = Zeroizing::new(serde_json::to_string(customer)?);
    Ok(Sealed {
        text: vault.seal(&plain, &context(id)),
        index: customer.phone_number.as_ref().map(|number| vault.index(number.digits(), NUMBER_INDEX)),
        received_at: customer.received_at.0,
        names: BlindIndexes {
            sub: customer.sub.as_ref().map(|sub| vault.indexes(sub, SUB_INDEX)).unwrap_or_default(),
            number: customer.phone_number.as_ref().map(|number| indexes(vault, number)).unwrap_or_default(),
        },
    })
}

pub(super) fn indexes(vault: &Vault, number: &PhoneNumber) -> Vec<String> {
    vault.indexes(number.digits(), NUMBER_INDEX)
}

/// Decrypts the customer of a row. One that is still stored in plain text is returned as it is, and encrypted with the next commit.
pub(super) fn open_customer(
    vault: &Vault,
    id: CheckoutId,
    sealed: Option<&str>,
    plain: Option<&str>,
) -> Result<Option<Customer>, Error> {
    Ok(match (sealed, plain) {
        (Some(sealed), _) => Some(serde_json::from_str(&vault.open(sealed, &context(id))?)?),
        (None, Some(plain)) => Some(serde_json::from_str(plain)?),
        (None, None) => None,
    })
}

/// Checks that the vault has every key that is in use. A missing one would block orders later.
pub(super) fn check_marks(vault: &Vault, marks: &[String]) -> Result<(), Error> {
    if marks.iter().all(|mark| vault.has_key_of(mark)) {
        Ok(())
    } else {
        Err(crate::base::vault::OpenError::UnknownKey.into())
    }
}
