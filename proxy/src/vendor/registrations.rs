//! The registrations that webhooks come by, and the secrets that they are signed with: those of the configuration, and those that the
//! proxy got when it registered itself.
//!
//! Vipps MobilePay deletes a registration that has not been answered for two weeks. So a chore looks, and registers anew what is gone;
//! the secret is told once, is sealed, and goes to the store, where the other proxies find it. A secret stays good when another one
//! comes, so that nothing on its way is missed, until a person removes its registration.
//!
//! A proxy that dies between registering and writing the secret down leaves an orphan: a registration whose webhooks nobody can verify.
//! Another is made beside it, as long as there are few. An orphan is never removed: that nobody here knows its secret does not say that
//! nobody does (another database behind the same address, a person who has just registered), and it costs no more than webhooks that are
//! refused beside those that are taken. `kvitt doctor` names it, for a person to decide. The one that may be removed is the one whose
//! secret this process got a moment ago and could not write down: nobody else has ever been told it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use crate::base::clock;
use crate::base::vault::Vault;
use crate::config::{SalesUnits, Webhook};
use crate::engine::chores::{Chore, Done};
use crate::observe::metrics::WEBHOOK_REGISTERED;
use crate::store::registrations::WebhookSecret;
use crate::store::{Error, Store};
use crate::vendor::perform::{Performer, Unseen};

/// Asking for every sales unit takes no longer.
const LONGEST: Duration = Duration::from_secs(60);
/// How often the secrets are read again at most because of a signature that none of them made.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// The vendor takes so many for one event.
const MOST: usize = 25;

/// So many for our own address are made at most: a proxy that dies each time must not use up the room of others.
const OURS: usize = 5;

/// How the registration of a sales unit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there with all our events, and we know a secret.
    Good {
        /// The id of another one beside it, whose secret we do not know.
        orphan: Option<String>,
    },
    /// There is none, or none with all our events.
    Missing,
    /// It is there, and nobody wrote down what its secret is.
    Orphaned {
        /// Its id.
        registration: String,
    },
    /// It is there, and its secret is sealed under a key that we do not have.
    Sealed {
        /// Its id, to remove it by.
        registration: String,
    },
    /// There is none that we know a secret of, and no room for another.
    Full,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good { orphan: None } => f.write_str("webhooks are registered"),
            Self::Good { orphan: Some(orphan) } => write!(
                f,
                "webhooks are registered, and once more with a secret that nobody here knows; if nobody elsewhere does: `kvitt webhooks remove {orphan}`"
            ),
            Self::Missing => f.write_str("webhooks are not registered"),
            Self::Orphaned { .. } => f.write_str("webhooks are registered with a secret that nobody here knows"),
            Self::Sealed { registration } => write!(
                f,
                "webhooks are registered, and the secret is sealed under another key than those of the configuration: bring that key back, or `kvitt webhooks remove {registration}`, then `repair`"
            ),
            Self::Full => f.write_str(
                "webhooks do not come, and there is no room for another registration: `kvitt webhooks list`, and `remove` those that nobody needs",
            ),
        }
    }
}

/// The secrets of the store by sales unit, with the registrations that they belong to. None instead of one that does not open.
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
    /// With what is configured; what is stored is read when it is needed.
    pub fn new(webhook: Webhook, units: SalesUnits, vault: Vault, store: Store, performer: Performer) -> Self {
        let (stored, read_at) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { webhook, units, vault, store, performer, stored, read_at }))
    }

    /// Every secret that a webhook to this sales unit may be signed with.
    pub fn secrets(&self, sales_unit: &str) -> Vec<SecretString> {
        let configured = self.0.units.find(Some(sales_unit)).map(|unit| unit.webhook_secrets.clone());
        let stored = self.0.stored.read().unwrap_or_else(PoisonError::into_inner);
        let stored = stored.get(sales_unit).into_iter().flatten().filter_map(|(_, secret)| secret.clone());
        configured.into_iter().flatten().chain(stored).collect()
    }

    /// Reads again what is stored, since another proxy may have registered. False when that was done a moment ago, or could not be.
    pub async fn read_again(&self) -> bool {
        {
            let mut read_at = self.0.read_at.lock().unwrap_or_else(PoisonError::into_inner);
            if read_at.is_some_and(|at| at.elapsed() < READ_AGAIN) {
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
            let opened = self.0.vault.open(&sealed, &place(&registration));
            if let Err(error) = &opened {
                tracing::error!(sales_unit, registration, %error, "webhook secret does not open");
            }
            let secret = opened.ok().map(|secret| SecretString::from(secret.as_str().to_owned()));
            stored.entry(sales_unit).or_default().push((registration, secret));
        }
        *self.0.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        Ok(())
    }

    /// How a sales unit's registration stands at the vendor's.
    ///
    /// # Errors
    /// When the vendor does not say, or the store.
    pub async fn standing(&self, sales_unit: &str) -> Result<Standing, Unseen> {
        let unit = self.0.units.find(Some(sales_unit));
        let url = unit.map(|unit| self.0.webhook.url(unit)).unwrap_or_default();
        let listed = self.0.performer.registrations(sales_unit).await?;
        // After the list: who has registered meanwhile is not in it, and who is in it has had time to write the secret down.
        self.read().await.map_err(|error| Unseen { reason: error.to_string(), after: None })?;
        let ours: Vec<_> = listed.iter().filter(|listed| listed.url == url && listed.tells_all).collect();
        if unit.is_some_and(|unit| !unit.webhook_secrets.is_empty()) && !ours.is_empty() {
            // Which of them the configured secret belongs to, nobody says.
            return Ok(Standing::Good { orphan: None });
        }
        let stored = self.0.stored.read().unwrap_or_else(PoisonError::into_inner);
        let secret_of = |id: &str| stored.get(sales_unit)?.iter().find(|(registration, _)| registration == id);
        let orphan = ours.iter().find(|ours| secret_of(&ours.id).is_none()).map(|ours| ours.id.clone());
        if ours.iter().any(|ours| secret_of(&ours.id).is_some_and(|(_, secret)| secret.is_some())) {
            return Ok(Standing::Good { orphan });
        }
        if let Some((registration, _)) = ours.iter().find_map(|ours| secret_of(&ours.id)) {
            return Ok(Standing::Sealed { registration: registration.clone() });
        }
        Ok(match orphan {
            _ if listed.len() >= MOST || ours.len() >= OURS => Standing::Full,
            Some(registration) => Standing::Orphaned { registration },
            None => Standing::Missing,
        })
    }

    async fn register(&self, sales_unit: &str) -> Done {
        let Inner { webhook, units, vault, store, performer, .. } = &*self.0;
        let unit = units.find(Some(sales_unit)).ok_or("no such sales unit")?;
        let url = webhook.url(unit);
        let (registration, secret) = performer.register(sales_unit, &url).await.map_err(|unseen| unseen.reason)?;
        let sealed = vault.seal(secret.expose_secret(), &place(&registration));
        let secret = WebhookSecret { registration, sales_unit: sales_unit.to_owned(), sealed };
        if let Err(error) = store.save_webhook_secret(&secret, clock::now()).await {
            // Else there would be one more orphan each time, for as long as nothing can be written.
            if let Err(unseen) = performer.unregister(sales_unit, &secret.registration).await {
                tracing::warn!(sales_unit, registration = secret.registration, reason = unseen.reason, "orphan left");
            }
            return Err(error.into());
        }
        self.read().await?;
        tracing::info!(sales_unit, registration = secret.registration, "webhook registered");
        Ok(())
    }

    /// Looks after one sales unit; true when its webhooks come to us.
    async fn look_after(&self, sales_unit: &str) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        let standing = self.standing(sales_unit).await.map_err(|unseen| unseen.reason)?;
        match standing {
            Standing::Good { orphan: None } => Ok(true),
            Standing::Good { orphan: Some(orphan) } => {
                tracing::warn!(sales_unit, registration = orphan, "webhooks come twice; see `kvitt doctor`");
                Ok(true)
            }
            Standing::Missing | Standing::Orphaned { .. } if self.0.webhook.repair => {
                self.register(sales_unit).await.map(|()| true)
            }
            standing => {
                tracing::error!(sales_unit, ?standing, "webhooks do not come; see `kvitt doctor`");
                Ok(false)
            }
        }
    }

    /// The chore that looks after all of them.
    pub fn chore(&self) -> Chore {
        let registrations = self.clone();
        Chore::new("look after webhooks", self.0.webhook.every, LONGEST, move || {
            let registrations = registrations.clone();
            async move { registrations.look_after_all().await }
        })
    }

    /// Looks at the registration of every sales unit now, and registers what is missing.
    ///
    /// # Errors
    /// When the vendor or the store says no; the other sales units were looked after all the same.
    pub async fn look_after_all(&self) -> Done {
        let mut failed = None;
        for unit in self.0.units.iter() {
            match self.look_after(&unit.name).await {
                Ok(good) => {
                    self.0.store.save_gauge(WEBHOOK_REGISTERED, &unit.name, i64::from(good), clock::now()).await?;
                }
                // The others are looked after all the same.
                Err(error) => failed = Some(format!("{}: {error}", unit.name)),
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Seals the secrets anew that another key than the present one has sealed; how many. One that no key here opens needs none of them, and
/// is left as it is: see [`lost`].
///
/// # Errors
/// When the store fails.
pub async fn reseal(store: &Store, vault: &Vault) -> Result<u64, Error> {
    let mut count = 0;
    for mut secret in store.webhook_secrets().await? {
        let place = place(&secret.registration);
        let Ok(plain) = vault.open(&secret.sealed, &place) else { continue };
        if !secret.sealed.starts_with(&vault.mark()) {
            secret.sealed = vault.seal(&plain, &place);
            store.save_webhook_secret(&secret, clock::now()).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// The registrations whose secret is here and does not open.
///
/// # Errors
/// When the store fails.
pub async fn lost(store: &Store, vault: &Vault) -> Result<Vec<String>, Error> {
    let secrets = store.webhook_secrets().await?.into_iter();
    let lost = secrets.filter(|secret| vault.open(&secret.sealed, &place(&secret.registration)).is_err());
    Ok(lost.map(|secret| secret.registration).collect())
}

/// What a secret is sealed for.
fn place(registration: &str) -> String {
    format!("webhook_secrets.secret.{registration}")
}
