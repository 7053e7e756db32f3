//! The shop's endpoints, which receive events. Their signing secrets are encrypted at rest, with the [vault](crate::base::vault), here.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::db::{Statement, Value};
use super::{Error, Store};
use crate::base::vault::{OpenError, Vault};
use crate::checkout::Moment;
use crate::checkout::audit::Entry;

impl Store {
    /// Inserts an endpoint.
    ///
    /// # Errors
    /// On a database error, or when the id exists already.
    pub async fn add_endpoint(
        &self,
        endpoint: &NewEndpoint,
        secret: &SecretString,
        audit: &Entry,
    ) -> Result<(), Error> {
        let add =
            Statement::new("INSERT INTO endpoints (id, url, events, secret, created_at) VALUES ($1, $2, $3, $4, $5)");
        let events = endpoint.events.as_ref().map(serde_json::to_string).transpose()?;
        let add = add.bind(&endpoint.id).bind(&endpoint.url).bind(Value::Json(events));
        self.audited([add.bind(seal(&self.vault, &endpoint.id, secret)).bind(audit.at)], audit).await.map(drop)
    }

    /// All endpoints, oldest first.
    ///
    /// # Errors
    /// On a database error.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let query = Statement::new(
            "SELECT id, url, events, created_at, failing_since, disabled_at, disabled_reason, previous_until \
             FROM endpoints ORDER BY created_at, id",
        );
        self.db
            .all(query, |row| {
                Ok(Endpoint {
                    id: row.get("id")?,
                    url: row.get("url")?,
                    events: row.get::<Option<&str>>("events")?.map(serde_json::from_str).transpose()?,
                    created_at: row.get("created_at")?,
                    failing_since: row.get("failing_since")?,
                    disabled_at: row.get("disabled_at")?,
                    disabled_reason: row.get("disabled_reason")?,
                    previous_until: row.get("previous_until")?,
                })
            })
            .await
    }

    /// Deletes an endpoint with all its deliveries. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    pub async fn remove_endpoint(&self, id: &str, audit: &Entry) -> Result<bool, Error> {
        let endpoint = Statement::new("DELETE FROM endpoints WHERE id = $1").bind(id);
        let removed = self.audited([endpoint], audit).await? == 1;
        // A few at once: nobody waits for a long transaction. Those without an endpoint are given up, and age out.
        let some = Statement::each(
            "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries WHERE endpoint = $1 LIMIT 200)",
            "DELETE FROM deliveries WHERE ctid = ANY (ARRAY(SELECT ctid FROM deliveries WHERE endpoint = $1 LIMIT 200))",
        );
        while removed && self.db.execute(some.clone().bind(id)).await? > 0 {}
        Ok(removed)
    }

    /// Sets a new secret. The previous one signs beside it until `previous_until`. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    pub async fn rotate_endpoint(
        &self,
        id: &str,
        secret: &SecretString,
        previous_until: Moment,
        audit: &Entry,
    ) -> Result<bool, Error> {
        let rotate = Statement::new(
            "UPDATE endpoints SET previous_secret = secret, previous_until = $3, secret = $2 WHERE id = $1",
        );
        let rotate = rotate.bind(id).bind(seal(&self.vault, id, secret)).bind(previous_until);
        Ok(self.audited([rotate], audit).await? == 1)
    }

    /// Enables an endpoint that was disabled. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    pub async fn enable_endpoint(&self, id: &str, audit: &Entry) -> Result<bool, Error> {
        let enable = Statement::new(
            "UPDATE endpoints SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = $1",
        );
        Ok(self.audited([enable.bind(id)], audit).await? == 1)
    }

    /// Disables an endpoint, with the reason. False when the id does not exist.
    ///
    /// # Errors
    /// On a database error.
    pub async fn disable_endpoint(&self, id: &str, reason: &str, audit: &Entry) -> Result<bool, Error> {
        let disable = Statement::new(
            "UPDATE endpoints SET disabled_reason = CASE WHEN disabled_at IS NULL THEN $2 ELSE disabled_reason END, \
                 disabled_at = coalesce(disabled_at, $3) WHERE id = $1",
        );
        Ok(self.audited([disable.bind(id).bind(reason).bind(audit.at)], audit).await? == 1)
    }

    /// Re-encrypts secrets under the current key. How many endpoints were changed.
    ///
    /// # Errors
    /// On a database error, or when one of them cannot be decrypted.
    pub async fn reseal_endpoints(&self) -> Result<u64, Error> {
        let stored = self.db.all(Statement::new("SELECT id, secret, previous_secret FROM endpoints"), |row| {
            Ok(Sealed { id: row.get("id")?, secret: row.get("secret")?, previous: row.get("previous_secret")? })
        });
        let mut count = 0;
        for found in stored.await? {
            let Some(anew) = found.reseal(&self.vault)? else { continue };
            let reseal =
                Statement::new("UPDATE endpoints SET secret = $2, previous_secret = $3 WHERE id = $1 AND secret = $4");
            let reseal = reseal.bind(anew.id).bind(anew.secret).bind(anew.previous).bind(found.secret);
            count += self.db.execute(reseal).await?;
        }
        Ok(count)
    }
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
