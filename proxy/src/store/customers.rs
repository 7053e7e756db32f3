//! Customers' personal data at rest: encrypted, findable by blind indexes (keyed hashes), and erased on request.
//!
//! Encryption and decryption with the [vault](crate::base::vault) happen here: callers see plain customers, the databases only ciphertext.
//! The ciphertext is bound to its checkout and cannot be decrypted in another row. A customer with several orders at one sales unit has one
//! id, `cus_…`, which is found by the blind indexes of their `sub` and of their number.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::db::{Db, Statement, Tx, Work};
use super::{Error, Store};
use crate::base::vault::Vault;
use crate::checkout::{Checkout, CheckoutId, Consent, Customer, Moment, PhoneNumber, Reference};

const PLAINTEXT: Statement = Statement::each(
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts WHERE customer IS NOT NULL LIMIT $1",
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts WHERE customer IS NOT NULL LIMIT $1 FOR UPDATE",
);
const WITHOUT_ID: Statement = Statement::each(
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL AND customer_id IS NULL AND customer_index IS NOT NULL LIMIT $1",
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts \
     WHERE sealed_customer IS NOT NULL AND customer_id IS NULL AND customer_index IS NOT NULL LIMIT $1 FOR UPDATE",
);
const UNDER_OLD_KEYS: Statement = Statement::each(
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts WHERE sealed_customer IS NOT NULL \
     AND (substr(sealed_customer, 1, 12) < $2 OR substr(sealed_customer, 1, 12) > $2) LIMIT $1",
    "SELECT id, customer, sealed_customer, sales_unit FROM checkouts WHERE sealed_customer IS NOT NULL \
     AND (left(sealed_customer, 12) < $2 OR left(sealed_customer, 12) > $2) LIMIT $1 FOR UPDATE",
);

impl Store {
    /// Called when the database is opened: checks the keys, and encrypts personal data that earlier releases stored in plain text. Its
    /// traces are wiped from an SQLite file.
    pub(super) async fn seal_customers(&self) -> Result<(), Error> {
        self.check_keys().await?;
        let mut count = 0;
        loop {
            match self.seal_batch(PLAINTEXT.bind(BATCH)).await? {
                0 => break,
                more => count += more,
            }
        }
        while self.seal_batch(WITHOUT_ID.bind(BATCH)).await? > 0 {}
        if count > 0 {
            if let Db::Sqlite(file) = &self.db {
                file.wipe().await?;
            }
            tracing::info!(count, "personal data of an earlier release encrypted");
        }
        Ok(())
    }

    /// Re-encrypts customers under the current key, `most` at a time; how many. Called until there are none left, while proxies are
    /// running.
    ///
    /// # Errors
    /// On a database error, or when one of them cannot be decrypted.
    pub async fn reseal_customers(&self, most: u32) -> Result<u64, Error> {
        self.seal_batch(UNDER_OLD_KEYS.bind(most).bind(self.vault.mark())).await
    }

    /// Checks that the vault has the keys of all encrypted data, other than webhook secrets, which can be registered anew.
    ///
    /// # Errors
    /// [`Error::Sealed`] when a key is missing, or a database error.
    pub async fn check_keys(&self) -> Result<(), Error> {
        // From one mark to the next by the index, since there are few of them.
        let marks = Statement::each(
            "WITH RECURSIVE marks (mark) AS ( \
                 SELECT (SELECT min(substr(sealed_customer, 1, 12)) FROM checkouts WHERE sealed_customer IS NOT NULL) \
                 UNION ALL \
                 SELECT (SELECT min(substr(sealed_customer, 1, 12)) FROM checkouts \
                         WHERE sealed_customer IS NOT NULL AND substr(sealed_customer, 1, 12) > mark) \
                 FROM marks WHERE mark IS NOT NULL) \
             SELECT mark FROM marks WHERE mark IS NOT NULL \
             UNION SELECT substr(secret, 1, 12) FROM endpoints \
             UNION SELECT substr(previous_secret, 1, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
            "WITH RECURSIVE marks (mark) AS ( \
                 SELECT (SELECT min(left(sealed_customer, 12)) FROM checkouts WHERE sealed_customer IS NOT NULL) \
                 UNION ALL \
                 SELECT (SELECT min(left(sealed_customer, 12)) FROM checkouts \
                         WHERE sealed_customer IS NOT NULL AND left(sealed_customer, 12) > mark) \
                 FROM marks WHERE mark IS NOT NULL) \
             SELECT mark FROM marks WHERE mark IS NOT NULL \
             UNION SELECT left(secret, 12) FROM endpoints \
             UNION SELECT left(previous_secret, 12) FROM endpoints WHERE previous_secret IS NOT NULL",
        );
        check_marks(&self.vault, &self.db.all(marks, |row| row.get("mark")).await?)
    }

    /// The checkouts that have this telephone number.
    ///
    /// # Errors
    /// On a database error.
    pub async fn checkouts_with_number(&self, number: &PhoneNumber) -> Result<Vec<CheckoutId>, Error> {
        let query = Statement::each(
            "SELECT id FROM checkouts WHERE customer_index IN (SELECT value FROM json_each($1))",
            "SELECT id FROM checkouts WHERE customer_index = ANY ($1)",
        );
        self.db.all(query.bind(indexes(&self.vault, number)), |row| row.get("id")).await
    }

    /// Checkouts that still have personal data received before `moment`, the oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn customers_received_before(&self, moment: Moment, most: u32) -> Result<Vec<CheckoutId>, Error> {
        let query = Statement::new("SELECT id FROM checkouts WHERE customer_at < $1 ORDER BY customer_at LIMIT $2");
        self.db.all(query.bind(moment).bind(most), |row| row.get("id")).await
    }

    /// A customer, collected from their orders; `None` where no order has their data any more.
    ///
    /// # Errors
    /// On a database error, or when the data cannot be decrypted.
    pub async fn known_customer(&self, id: &str) -> Result<Option<KnownCustomer>, Error> {
        let query = Statement::new(
            "SELECT id, state, sealed_customer FROM checkouts WHERE customer_id = $1 ORDER BY created_at, id",
        );
        let vault = self.vault.clone();
        let orders = self.db.all(query.bind(id), move |row| {
            let mut checkout: Checkout = row.parse("state")?;
            checkout.customer = open_customer(&vault, checkout.id, row.get("sealed_customer")?, None)?;
            Ok(checkout)
        });
        Ok(collect(id, orders.await?))
    }

    /// The ids of the customers with this telephone number, normally one per sales unit.
    ///
    /// # Errors
    /// On a database error.
    pub async fn customers_with_number(&self, number: &PhoneNumber) -> Result<Vec<String>, Error> {
        let query = Statement::each(
            "SELECT DISTINCT customer_id FROM checkouts \
             WHERE customer_index IN (SELECT value FROM json_each($1)) AND customer_id IS NOT NULL ORDER BY customer_id",
            "SELECT DISTINCT customer_id FROM checkouts \
             WHERE customer_index = ANY ($1) AND customer_id IS NOT NULL ORDER BY customer_id",
        );
        self.db.all(query.bind(indexes(&self.vault, number)), |row| row.get("customer_id")).await
    }

    /// Encrypts the customers of the selected rows under the current key. How many.
    async fn seal_batch(&self, which: Statement) -> Result<u64, Error> {
        let vault = self.vault.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let found = tx.all(which, |row| {
                        let id = row.get("id")?;
                        let customer = open_customer(&vault, id, row.get("sealed_customer")?, row.get("customer")?)?;
                        let sealed = customer.map(|customer| seal(&vault, id, &customer)).transpose()?;
                        Ok((id, row.get::<String>("sales_unit")?, sealed))
                    });
                    let found = found.await?;
                    let count = found.len() as u64;
                    for (id, sales_unit, sealed) in found {
                        let update = Statement::new(
                            "UPDATE checkouts SET customer = NULL, \
                                 sealed_customer = $2, customer_index = $3, customer_at = $4 WHERE id = $1",
                        );
                        let update = update
                            .bind(id)
                            .bind(sealed.as_ref().map(|sealed| sealed.text.as_str()))
                            .bind(sealed.as_ref().and_then(|sealed| sealed.index.as_deref()))
                            .bind(sealed.as_ref().map(|sealed| sealed.received_at));
                        tx.execute(update).await?;
                        if let Some(sealed) = sealed {
                            assign_id(tx, id, &sales_unit, &sealed.names).await?;
                        }
                    }
                    Ok(Work::Commit(count))
                })
            })
            .await
    }
}

/// The customer id of an order, if it has one.
pub(super) async fn id_of(tx: &mut Tx<'_>, checkout: CheckoutId) -> Result<Option<String>, Error> {
    let query = Statement::new("SELECT customer_id FROM checkouts WHERE id = $1");
    Ok(tx.one(query.bind(checkout), |row| row.get("customer_id")).await?.flatten())
}

/// Deletes the blind indexes of a customer who has no order any more.
pub(super) async fn forget_names(tx: &mut Tx<'_>, customer_id: &str) -> Result<(), Error> {
    let forget = Statement::new(
        "DELETE FROM customer_names WHERE customer_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM checkouts WHERE checkouts.customer_id = $1)",
    );
    tx.execute(forget.bind(customer_id)).await.map(drop)
}

/// Sets the customer id of an order: the one that the customer has at this sales unit, or a new one.
pub(super) async fn assign_id(
    tx: &mut Tx<'_>,
    checkout: CheckoutId,
    sales_unit: &str,
    names: &BlindIndexes,
) -> Result<(), Error> {
    let mut id = None;
    for (kind, indexes) in names.by_kind() {
        let find = Statement::each(
            "SELECT customer_id FROM customer_names \
             WHERE sales_unit = $1 AND kind = $2 AND name_index IN (SELECT value FROM json_each($3)) \
                 AND ($2 = 'sub' OR $4 = FALSE OR NOT EXISTS (SELECT 1 FROM customer_names AS other \
                     WHERE other.customer_id = customer_names.customer_id AND other.kind = 'sub'))",
            "SELECT customer_id FROM customer_names \
             WHERE sales_unit = $1 AND kind = $2 AND name_index = ANY ($3) \
                 AND ($2 = 'sub' OR $4 = FALSE OR NOT EXISTS (SELECT 1 FROM customer_names AS other \
                     WHERE other.customer_id = customer_names.customer_id AND other.kind = 'sub'))",
        );
        // Numbers are reassigned: a customer with another `sub` is another person.
        let find = find.bind(sales_unit).bind(kind).bind(indexes.clone()).bind(!names.sub.is_empty());
        id = id.or(tx.one(find, |row| row.get::<String>("customer_id")).await?);
    }
    let mut id = id.unwrap_or_else(new_id);
    for (kind, indexes) in names.by_kind() {
        let (present, previous) = indexes.split_first().expect("it has an index");
        if !previous.is_empty() {
            let delete = Statement::each(
                "DELETE FROM customer_names \
                 WHERE sales_unit = $1 AND kind = $2 AND name_index IN (SELECT value FROM json_each($3))",
                "DELETE FROM customer_names WHERE sales_unit = $1 AND kind = $2 AND name_index = ANY ($3)",
            );
            tx.execute(delete.bind(sales_unit).bind(kind).bind(previous.to_vec())).await?;
        }
        // Of two orders that insert the same new customer at once, the later one takes the id of the first by the `sub`.
        let insert = Statement::new(
            "INSERT INTO customer_names (sales_unit, kind, name_index, customer_id) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (sales_unit, kind, name_index) DO UPDATE SET \
                 customer_id = CASE WHEN excluded.kind = 'sub' THEN customer_names.customer_id ELSE excluded.customer_id END \
             RETURNING customer_id",
        );
        let insert = insert.bind(sales_unit).bind(kind).bind(present).bind(id.as_str());
        id = tx.one(insert, |row| row.get("customer_id")).await?.unwrap_or(id);
    }
    if let Some(number) = names.number.first() {
        // A customer's previous number no longer finds them: it may be reassigned.
        let delete = Statement::new(
            "DELETE FROM customer_names WHERE sales_unit = $1 AND kind = 'number' AND customer_id = $2 AND name_index <> $3",
        );
        tx.execute(delete.bind(sales_unit).bind(id.as_str()).bind(number)).await?;
    }
    if names.by_kind().next().is_some() {
        tx.execute(Statement::new("UPDATE checkouts SET customer_id = $2 WHERE id = $1").bind(checkout).bind(id))
            .await?;
    }
    Ok(())
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
