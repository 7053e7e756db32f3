//! What customers shared, as it is written down: sealed, findable by an index that tells nothing, and forgotten on request.
//!
//! The [vault](crate::base::vault) is opened and closed here, so that nothing above knows how a customer is kept and nothing below sees one.
//! A sealed customer is bound to its checkout: it opens in no other row. Whoever is known at one sales unit from several orders has one id
//! over all of them, found again by keyed hashes of what the vendor calls them and of their number.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Error, Store};
use crate::base::vault::Vault;
use crate::checkout::{Checkout, CheckoutId, Consent, Customer, Moment, PhoneNumber, Reference};

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

    /// A customer, from all orders that know something of them; none where no order does any more.
    ///
    /// # Errors
    /// When the database says no, or what is sealed does not open.
    fn known_customer(id: &str) -> Result<Option<KnownCustomer>, Error>;

    /// The customers who have this number, by their ids: one at a sales unit, as a rule.
    ///
    /// # Errors
    /// When the database says no.
    fn customers_with(number: &PhoneNumber) -> Result<Vec<String>, Error>;

    /// Forgets by what customers are found again whom no order knows any more.
    ///
    /// # Errors
    /// When the database says no.
    fn forget_names() -> Result<(), Error>;
}

/// What is known of one customer at one sales unit.
#[derive(Clone, Debug)]
pub struct KnownCustomer {
    /// Their id: `cus_…`.
    pub id: String,
    /// The sales unit that knows them.
    pub sales_unit: String,
    /// What they shared last.
    pub customer: Customer,
    /// What they said yes to, with the payment that they said it for, oldest first.
    pub consents: Vec<(Reference, Consent)>,
    /// Their orders by the payment that counts, oldest first.
    pub orders: Vec<(CheckoutId, Reference)>,
}

/// Whether an order knows its customer, for those who may not see who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// The customer's id.
    pub customer_id: Option<String>,
    /// Whether anything was received, be it that there is nothing to be had.
    pub received: bool,
    /// Whether there is a number.
    pub number: bool,
}

/// A customer as a row has it.
pub(super) struct Sealed {
    /// For `sealed_customer`.
    pub(super) text: String,
    /// For `customer_index`, when there is a number to be found by.
    pub(super) index: Option<String>,
    /// For `customer_at`.
    pub(super) received_at: i64,
    /// For `customer_names`.
    pub(super) names: Names,
}

/// By what a customer is found again: indexes under every key, the present one first. Empty where there is nothing to be found by.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) sub: Vec<String>,
    pub(super) number: Vec<String>,
}

impl Names {
    /// Whether they are still looked for under a previous key too: every commit brings them under the present one.
    pub(super) fn are_moving(&self) -> bool {
        self.by_kind().any(|(_, indexes)| indexes.len() > 1)
    }

    /// Under the words for them in a column, the surer one first.
    pub(super) fn by_kind(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        [("sub", &self.sub), ("number", &self.number)].into_iter().filter(|(_, indexes)| !indexes.is_empty())
    }
}

/// An id that nobody has.
pub(super) fn fresh_id() -> String {
    format!("cus_{}", Uuid::new_v4().simple())
}

/// A customer, from the orders that know something of them, oldest first.
pub(super) fn known(id: &str, orders: Vec<Checkout>) -> Option<KnownCustomer> {
    let sales_unit = orders.first()?.order.cart.sales_unit.clone();
    let mut known =
        KnownCustomer { id: id.to_owned(), sales_unit, customer: NOTHING, consents: Vec::new(), orders: Vec::new() };
    for checkout in orders {
        known.orders.push((checkout.id, checkout.current().reference.clone()));
        let may_be_known = checkout.attempts.iter().filter(|attempt| checkout.may_know_customer(attempt));
        let consents = may_be_known.filter_map(|attempt| Some((attempt.reference.clone(), attempt.consent.clone()?)));
        known.consents.extend(consents);
        let asked = checkout.order.offer.as_ref().and_then(|offer| offer.consent.clone());
        let kept = asked.filter(|yes| checkout.erased_at.is_none_or(|erased| yes.given_at > erased));
        known.consents.extend(kept.map(|yes| (checkout.current().reference.clone(), yes)));
        let Some(shared) = checkout.customer else { continue };
        known.customer.sub = shared.sub.or(known.customer.sub);
        known.customer.phone_number = shared.phone_number.or(known.customer.phone_number);
        known.customer.received_at = known.customer.received_at.max(shared.received_at);
    }
    Some(known)
}

const NOTHING: Customer = Customer { sub: None, phone_number: None, received_at: Moment(0) };

/// How many are sealed at once when the database is opened.
pub(super) const BATCH: u32 = 500;
const INDEX: &str = "checkouts.customer_index";
const SUB_INDEX: &str = "customer_names.sub";

fn place(id: CheckoutId) -> String {
    format!("checkouts.sealed_customer/{id}")
}

pub(super) fn seal(vault: &Vault, id: CheckoutId, customer: &Customer) -> Result<Sealed, Error> {
    let plain = Zeroizing::new(serde_json::to_string(customer)?);
    Ok(Sealed {
        text: vault.seal(&plain, &place(id)),
        index: customer.phone_number.as_ref().map(|number| vault.index(number.digits(), INDEX)),
        received_at: customer.received_at.0,
        names: Names {
            sub: customer.sub.as_ref().map(|sub| vault.indexes(sub, SUB_INDEX)).unwrap_or_default(),
            number: customer.phone_number.as_ref().map(|number| indexes(vault, number)).unwrap_or_default(),
        },
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
    if marks.iter().all(|mark| vault.has_key_of(mark)) {
        Ok(())
    } else {
        Err(crate::base::vault::OpenError::UnknownKey.into())
    }
}
