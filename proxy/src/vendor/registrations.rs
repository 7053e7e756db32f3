//! Webhook registrations at Vipps MobilePay, and the secrets that webhooks are signed with: the configured ones, and
//! those of registrations that the proxy made.
//!
//! Vipps MobilePay deletes a registration that has not been answered for two weeks. So a chore checks every
//! registration, at each start too, and makes a new one where it is missing. The secret is shown once; it is encrypted and stored, where
//! the other proxies find it. An old secret stays valid until its registration is removed by an operator, so no webhook
//! on its way is refused.
//!
//! A proxy that dies between registering and storing the secret leaves an orphan: a registration whose webhooks cannot
//! be verified. Another one is made beside it, up to a fixed number. An orphan is never removed here, because another
//! system behind the same address may have its secret; `kvitt doctor` names it for the operator. The one exception is a
//! registration that this process made a moment ago and could not store: nobody else has its secret.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use crate::base::clock;
use crate::base::vault::Vault;
use crate::config::{SalesUnits, Webhook};
use crate::engine::chores::{Chore, ChoreResult};
use crate::observe::metrics::WEBHOOK_REGISTERED;
use crate::store::reconciliation::StoredGauge;
use crate::store::registrations::WebhookSecret;
use crate::store::{Error, Store};
use crate::vendor::perform::{Performer, Unavailable};

/// The time limit of one run.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The shortest time between two reloads of the secrets that a wrong signature causes.
const RELOAD_EVERY: Duration = Duration::from_secs(1);
/// The most registrations for one event at Vipps MobilePay.
const MAX_REGISTRATIONS: usize = 25;

/// The most registrations that the proxy makes for its own address, so that one that dies each time leaves room for
/// others.
const MAX_OWN: usize = 5;

/// The status of the registration of a sales unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It exists with all events, and its secret is known.
    Registered {
        /// The id of a second one, whose secret is unknown.
        orphan: Option<String>,
    },
    /// None exists with all events.
    Missing,
    /// It exists, and its secret is unknown.
    Orphaned {
        /// Its id.
        registration: String,
    },
    /// It exists, and its secret is encrypted under a key that is not configured.
    Undecryptable {
        /// Its id, to remove it by.
        registration: String,
    },
    /// None has a known secret, and there is no room for another.
    NoRoom,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered { orphan: None } => f.write_str("webhooks are registered"),
            Self::Registered { orphan: Some(orphan) } => write!(
                f,
                "webhooks are registered, and once more with a secret that this proxy does not have; if no other system has it: `kvitt webhooks remove {orphan}`"
            ),
            Self::Missing => f.write_str("webhooks are not registered"),
            Self::Orphaned { .. } => f.write_str("webhooks are registered with a secret that this proxy does not have"),
            Self::Undecryptable { registration } => write!(
                f,
                "webhooks are registered, and the secret is encrypted under a key that is not in the configuration: bring that key back, or `kvitt webhooks remove {registration}`, then `repair`"
            ),
            Self::NoRoom => f.write_str(
                "webhooks are not registered, and there is no room for another registration: `kvitt webhooks list`, and `remove` those that are not needed",
            ),
        }
    }
}

/// The stored secrets by sales unit, each with its registration. `None` for one that cannot be decrypted.
type Stored = HashMap<String, Vec<(String, Option<SecretString>)>>;

/// A handle; clones share it.
#[derive(Clone)]
pub struct Registrations(Arc<Inner>);

struct Inner {
    webhook: Webhook,
    units: SalesUnits,
    vault: Vault,
    store: Store,
    performer: Performer,
    stored: RwLock<Stored>,
    read_at: Mutex<Option<Instant>>,
}

impl Registrations {
    /// With the configured secrets; the stored ones are read with [`reload`](Self::reload).
    pub fn new(webhook: Webhook, units: SalesUnits, vault: Vault, store: Store, performer: Performer) -> Self {
        let (stored, read_at) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { webhook, units, vault, store, performer, stored, read_at }))
    }

    /// Every secret that a webhook of this sales unit may be signed with.
    pub fn secrets(&self, sales_unit: &str) -> Vec<SecretString> {
        let configured = self.0.units.find(Some(sales_unit)).map(|unit| unit.webhook_secrets.clone());
        let stored = self.0.stored.read().unwrap_or_else(PoisonError::into_inner);
        let stored = stored.get(sales_unit).into_iter().flatten().filter_map(|(_, secret)| secret.clone());
        configured.into_iter().flatten().chain(stored).collect()
    }

    /// Reloads the stored secrets, because another proxy may have registered. False when they were reloaded a moment
    /// ago, or could not be.
    pub async fn reload(&self) -> bool {
        {
            let mut read_at = self.0.read_at.lock().unwrap_or_else(PoisonError::into_inner);
            if read_at.is_some_and(|at| at.elapsed() < RELOAD_EVERY) {
                return false;
            }
            *read_at = Some(Instant::now());
        }
        let read = self.read().await;
        if let Err(error) = &read {
            tracing::error!(%error, "webhook secrets not read");
        }
        read.is_ok()
    }

    async fn read(&self) -> Result<(), Error> {
        let mut stored = Stored::new();
        for WebhookSecret { registration, sales_unit, sealed } in self.0.store.webhook_secrets().await? {
            let opened = self.0.vault.open(&sealed, &context(&registration));
            if let Err(error) = &opened {
                tracing::error!(sales_unit, registration, %error, "webhook secret cannot be decrypted");
            }
            let secret = opened.ok().map(|secret| SecretString::from(secret.as_str().to_owned()));
            stored.entry(sales_unit).or_default().push((registration, secret));
        }
        *self.0.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        Ok(())
    }

    /// The status of the registration of a sales unit, read from Vipps MobilePay.
    ///
    /// # Errors
    /// [`Unavailable`], also when the store fails.
    pub async fn status(&self, sales_unit: &str) -> Result<Status, Unavailable> {
        let unit = self.0.units.find(Some(sales_unit));
        let url = unit.map(|unit| self.0.webhook.url(unit)).unwrap_or_default();
        let listed = self.0.performer.registrations(sales_unit).await?;
        // After the list: a proxy that registers meanwhile is not in the list, and one in the list has had time to
        // store its secret.
        self.read().await.map_err(|error| Unavailable { reason: error.to_string(), after: None })?;
        let ours: Vec<_> = listed.iter().filter(|listed| listed.url == url && listed.all_events).collect();
        if unit.is_some_and(|unit| !unit.webhook_secrets.is_empty()) && !ours.is_empty() {
            // It is unknown which of them the configured secret belongs to.
            return Ok(Status::Registered { orphan: None });
        }
        let stored = self.0.stored.read().unwrap_or_else(PoisonError::into_inner);
        let secret_of = |id: &str| stored.get(sales_unit)?.iter().find(|(registration, _)| registration == id);
        let orphan = ours.iter().find(|ours| secret_of(&ours.id).is_none()).map(|ours| ours.id.clone());
        if ours.iter().any(|ours| secret_of(&ours.id).is_some_and(|(_, secret)| secret.is_some())) {
            return Ok(Status::Registered { orphan });
        }
        if let Some((registration, _)) = ours.iter().find_map(|ours| secret_of(&ours.id)) {
            return Ok(Status::Undecryptable { registration: registration.clone() });
        }
        Ok(match orphan {
            _ if listed.len() >= MAX_REGISTRATIONS || ours.len() >= MAX_OWN => Status::NoRoom,
            Some(registration) => Status::Orphaned { registration },
            None => Status::Missing,
        })
    }

    async fn register(&self, sales_unit: &str) -> ChoreResult {
        let Inner { webhook, units, vault, store, performer, .. } = &*self.0;
        let unit = units.find(Some(sales_unit)).ok_or("no such sales unit")?;
        let url = webhook.url(unit);
        let (registration, secret) =
            performer.register(sales_unit, &url).await.map_err(|unavailable| unavailable.reason)?;
        let sealed = vault.seal(secret.expose_secret(), &context(&registration));
        let secret = WebhookSecret { registration, sales_unit: sales_unit.to_owned(), sealed };
        if let Err(error) = store.save_webhook_secret(&secret, clock::now()).await {
            // Otherwise each run would leave one more orphan for as long as the store cannot be written.
            if let Err(unavailable) = performer.unregister(sales_unit, &secret.registration).await {
                tracing::warn!(
                    sales_unit,
                    registration = secret.registration,
                    reason = unavailable.reason,
                    "registration without a stored secret left behind"
                );
            }
            return Err(error.into());
        }
        self.read().await?;
        tracing::info!(sales_unit, registration = secret.registration, "webhook registered");
        Ok(())
    }

    /// Checks one sales unit and registers where needed and configured. True when its webhooks are received.
    async fn maintain(&self, sales_unit: &str) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        let status = self.status(sales_unit).await.map_err(|unavailable| unavailable.reason)?;
        match status {
            Status::Registered { orphan: None } => Ok(true),
            Status::Registered { orphan: Some(orphan) } => {
                tracing::warn!(sales_unit, registration = orphan, "webhooks are registered twice; see `kvitt doctor`");
                Ok(true)
            }
            Status::Missing | Status::Orphaned { .. } if self.0.webhook.repair => {
                self.register(sales_unit).await.map(|()| true)
            }
            status => {
                tracing::error!(sales_unit, ?status, "webhooks are not received; see `kvitt doctor`");
                Ok(false)
            }
        }
    }

    /// The chores that look after the registration of each sales unit: at each start, and at an interval. A chore is named by the address,
    /// so another `public_url`, or one more sales unit, is another chore.
    pub fn chores(&self) -> impl Iterator<Item = Chore> {
        self.0.units.iter().map(|unit| {
            let (registrations, name) = (self.clone(), unit.name.clone());
            let about = format!("look after {}", self.0.webhook.url(unit));
            let chore = Chore::new(about, self.0.webhook.every, TIMEOUT, move || {
                let (registrations, name) = (registrations.clone(), name.clone());
                async move { registrations.maintain_and_save(&name).await }
            });
            chore.at_each_start()
        })
    }

    /// Checks one sales unit, registers where needed and configured, and stores the result for the metrics.
    async fn maintain_and_save(&self, sales_unit: &str) -> ChoreResult {
        let good = self.maintain(sales_unit).await?;
        let Some(unit) = self.0.units.find(Some(sales_unit)) else { return Ok(()) };
        let address = self.0.webhook.url(unit);
        Ok(self.0.store.save_gauge(WEBHOOK_REGISTERED, &address, i64::from(good), clock::now()).await?)
    }

    /// Each sales unit with the stored result of its last check; none when its address was never checked.
    pub fn checked<'a>(
        &'a self,
        gauges: &'a [StoredGauge],
    ) -> impl Iterator<Item = (&'a str, Option<&'a StoredGauge>)> {
        self.0.units.iter().map(move |unit| {
            let address = self.0.webhook.url(unit);
            let found = gauges.iter().find(|gauge| gauge.name == WEBHOOK_REGISTERED && gauge.label == address);
            (unit.name.as_str(), found)
        })
    }

    /// Checks the registration of every sales unit, and registers what is missing.
    ///
    /// # Errors
    /// The last failure. The other sales units were checked all the same.
    pub async fn maintain_all(&self) -> ChoreResult {
        let mut failed = None;
        for unit in self.0.units.iter() {
            // Go on with the other sales units.
            if let Err(error) = self.maintain_and_save(&unit.name).await {
                failed = Some(format!("{}: {error}", unit.name));
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Seals again every secret that was sealed under another key than the current one; returns how many. A secret that
/// cannot be decrypted is left as it is: see [`undecryptable`].
///
/// # Errors
/// When the store fails.
pub async fn reseal(store: &Store, vault: &Vault) -> Result<u64, Error> {
    let mut count = 0;
    for mut secret in store.webhook_secrets().await? {
        let context = context(&secret.registration);
        let Ok(plain) = vault.open(&secret.sealed, &context) else { continue };
        if !secret.sealed.starts_with(&vault.mark()) {
            secret.sealed = vault.seal(&plain, &context);
            store.save_webhook_secret(&secret, clock::now()).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// The registrations whose secret is stored and cannot be decrypted.
///
/// # Errors
/// When the store fails.
pub async fn undecryptable(store: &Store, vault: &Vault) -> Result<Vec<String>, Error> {
    let secrets = store.webhook_secrets().await?.into_iter();
    let undecryptable = secrets.filter(|secret| vault.open(&secret.sealed, &context(&secret.registration)).is_err());
    Ok(undecryptable.map(|secret| secret.registration).collect())
}

/// The context that a secret is sealed for.
fn context(registration: &str) -> String {
    format!("webhook_secrets.secret.{registration}")
}
