//! Webhook registrations at the vendor's, as those who look after them want them.

use kvitt_vipps::EventName;
use secrecy::SecretString;

use super::{Performer, Unseen};

/// A registration that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// Where its webhooks go.
    pub url: String,
    /// Whether it tells of everything that can happen to a payment.
    pub tells_all: bool,
}

impl Performer {
    /// All registrations of a sales unit.
    ///
    /// # Errors
    /// [`Unseen`], and it may be asked for again.
    pub async fn registrations(&self, sales_unit: &str) -> Result<Vec<Registered>, Unseen> {
        let listed = self.known(sales_unit)?.webhooks().await.map_err(|error| Unseen::of(&error))?;
        let registered = listed.into_iter().map(|listed| Registered {
            tells_all: EventName::ALL.iter().all(|event| listed.events.contains(event)),
            id: listed.id,
            url: listed.url,
        });
        Ok(registered.collect())
    }

    /// Registers an address; gives the registration's id, and its secret, which is told this once.
    ///
    /// # Errors
    /// [`Unseen`]. It may have been done all the same: look at the registrations before it is asked for again.
    pub async fn register(&self, sales_unit: &str, url: &str) -> Result<(String, SecretString), Unseen> {
        let registration = self.known(sales_unit)?.register_webhook(url, &EventName::ALL).await;
        registration.map(|made| (made.id, made.secret)).map_err(|error| Unseen::of(&error))
    }

    /// Removes a registration.
    ///
    /// # Errors
    /// [`Unseen`]. It may have been done all the same.
    pub async fn unregister(&self, sales_unit: &str, registration: &str) -> Result<(), Unseen> {
        self.known(sales_unit)?.remove_webhook(registration).await.map_err(|error| Unseen::of(&error))
    }
}
