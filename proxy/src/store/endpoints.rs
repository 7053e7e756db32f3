//! The shop's endpoints, which receive events. Their signing secrets are encrypted at rest, with the [vault](crate::base::vault), here.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::{Error, Store};
use crate::base::vault::{OpenError, Vault};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

verbs! {
    /// Inserts an endpoint.
    ///
    /// # Errors
    /// On a database error, or when the id exists already.
    fn add_endpoint(endpoint: &NewEndpoint, secret: &SecretString, audit: &Entry) -> Result<(), Error>;

    /// All endpoints, oldest first.
    ///
    /// # Errors
    /// On a database error.
    fn endpoints() -> Result<Vec<Endpoint>, Error>;

    /// Deletes an endpoint with all its deliveries. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    fn remove_endpoint(id: &str, audit: &Entry) -> Result<bool, Error>;

    /// Sets a new secret. The previous one signs beside it until `previous_until`. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    fn rotate_endpoint(id: &str, secret: &SecretString, previous_until: Moment, audit: &Entry) -> Result<bool, Error>;

    /// Enables an endpoint that was disabled. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    fn enable_endpoint(id: &str, audit: &Entry) -> Result<bool, Error>;

    /// Disables an endpoint, with the reason. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    fn disable_endpoint(id: &str, reason: &str, audit: &Entry) -> Result<bool, Error>;

    /// Re-encrypts secrets under the current key. How many endpoints were changed.
    ///
    /// # Errors
    /// On a database error, or when one of them cannot be decrypted.
    fn reseal_endpoints() -> Result<u64, Error>;
}

/// An endpoint to be inserted.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Its id, `ep_…`.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The event types that it subscribes to; `None` for all.
    pub events: Option<Vec<String>>,
}

impl NewEndpoint {
    /// An endpoint with a new id.
    pub fn new(url: String, events: Option<Vec<String>>) -> Self {
        Self { id: format!("ep_{}", Uuid::now_v7().simple()), url, events }
    }
}

/// An endpoint, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The event types that it subscribes to; `None` for all.
    pub events: Option<Vec<String>>,
    /// When it was added.
    pub created_at: Moment,
    /// The first failure since the last success.
    pub failing_since: Option<Moment>,
    /// When it was disabled.
    pub disabled_at: Option<Moment>,
    /// Why it was disabled.
    pub disabled_reason: Option<String>,
    /// Until when its previous secret signs too.
    pub previous_until: Option<Moment>,
}

/// The encrypted secrets of an endpoint, as stored.
pub(super) struct Sealed {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) previous: Option<String>,
}

impl Sealed {
    /// Decrypts the secrets, the current one first.
    pub(super) fn open(&self, vault: &Vault) -> Result<Vec<SecretString>, OpenError> {
        let sealed = std::iter::once(&self.secret).chain(&self.previous);
        sealed.map(|sealed| Ok(vault.open(sealed, &context(&self.id))?.as_str().into())).collect()
    }

    /// Re-encrypts the secrets under the vault's current key; `None` when they are already.
    pub(super) fn reseal(&self, vault: &Vault) -> Result<Option<Self>, OpenError> {
        let mark = vault.mark();
        if self.secret.starts_with(&mark) && self.previous.iter().all(|sealed| sealed.starts_with(&mark)) {
            return Ok(None);
        }
        let mut opened = self.open(vault)?.into_iter().map(|secret| seal(vault, &self.id, &secret));
        Ok(Some(Self {
            id: self.id.clone(),
            secret: opened.next().expect("there is a current secret"),
            previous: opened.next(),
        }))
    }
}

pub(super) fn seal(vault: &Vault, id: &str, secret: &SecretString) -> String {
    vault.seal(secret.expose_secret(), &context(id))
}

/// The associated data of the encryption. Current and previous secret share it, so that a rotation moves the ciphertext without decrypting
/// it.
fn context(id: &str) -> String {
    format!("endpoints.secret/{id}")
}
