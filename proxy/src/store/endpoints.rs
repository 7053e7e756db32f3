//! Where the shop is told: its endpoints, with their secrets sealed. The [vault](crate::base::vault) is opened and closed here.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::{Error, Store};
use crate::base::vault::{OpenError, Vault};
use crate::checkout::Moment;

verbs! {
    /// Writes a new endpoint down.
    ///
    /// # Errors
    /// When the database says no, or there is one of that id.
    fn add_endpoint(endpoint: &NewEndpoint, secret: &SecretString, now: Moment) -> Result<(), Error>;

    /// All endpoints, oldest first.
    ///
    /// # Errors
    /// When the database says no.
    fn endpoints() -> Result<Vec<Endpoint>, Error>;

    /// Removes an endpoint and all that was or is to be told to it. False when there is none of that id.
    ///
    /// # Errors
    /// When the database says no.
    fn remove_endpoint(id: &str) -> Result<bool, Error>;

    /// Gives an endpoint a new secret; the old one signs beside it until `previous_until`. False when there is none of that id.
    ///
    /// # Errors
    /// When the database says no.
    fn rotate_endpoint(id: &str, secret: &SecretString, previous_until: Moment) -> Result<bool, Error>;

    /// Takes an endpoint up again that was disabled. False when there is none of that id.
    ///
    /// # Errors
    /// When the database says no.
    fn enable_endpoint(id: &str) -> Result<bool, Error>;

    /// Tells an endpoint nothing any more, and says why. False when there is none of that id.
    ///
    /// # Errors
    /// When the database says no.
    fn disable_endpoint(id: &str, reason: &str, now: Moment) -> Result<bool, Error>;

    /// Seals the secrets anew that another key than the present one has sealed; how many endpoints had such.
    ///
    /// # Errors
    /// When the database says no, or one of them does not open.
    fn reseal_endpoints() -> Result<u64, Error>;
}

/// An endpoint to be written down.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Its name: `ep_…`.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The kinds of events that it wants; all when none are named.
    pub events: Option<Vec<String>>,
}

impl NewEndpoint {
    /// With a name of its own.
    pub fn new(url: String, events: Option<Vec<String>>) -> Self {
        Self { id: format!("ep_{}", Uuid::now_v7().simple()), url, events }
    }
}

/// An endpoint as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its name.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The kinds of events that it wants; all when none are named.
    pub events: Option<Vec<String>>,
    /// When it was added.
    pub created_at: Moment,
    /// The first failure that no success has followed.
    pub failing_since: Option<Moment>,
    /// When it was disabled.
    pub disabled_at: Option<Moment>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// Until when its previous secret signs too.
    pub previous_until: Option<Moment>,
}

/// The secrets of an endpoint, sealed, as its row has them.
pub(super) struct Sealed {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) previous: Option<String>,
}

impl Sealed {
    /// Open, the present one first.
    pub(super) fn open(&self, vault: &Vault) -> Result<Vec<SecretString>, OpenError> {
        let sealed = std::iter::once(&self.secret).chain(&self.previous);
        sealed.map(|sealed| Ok(vault.open(sealed, &place(&self.id))?.as_str().into())).collect()
    }

    /// The same under the vault's present key; none when they are already.
    pub(super) fn anew(&self, vault: &Vault) -> Result<Option<Self>, OpenError> {
        let mark = vault.mark();
        if self.secret.starts_with(&mark) && self.previous.iter().all(|sealed| sealed.starts_with(&mark)) {
            return Ok(None);
        }
        let mut opened = self.open(vault)?.into_iter().map(|secret| seal(vault, &self.id, &secret));
        Ok(Some(Self {
            id: self.id.clone(),
            secret: opened.next().expect("there is a present secret"),
            previous: opened.next(),
        }))
    }
}

pub(super) fn seal(vault: &Vault, id: &str, secret: &SecretString) -> String {
    vault.seal(secret.expose_secret(), &place(id))
}

/// Present and previous secret share one, so that a rotation need not open what it moves.
fn place(id: &str) -> String {
    format!("endpoints.secret/{id}")
}
