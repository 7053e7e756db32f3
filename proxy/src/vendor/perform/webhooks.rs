//! Webhook registrations at Vipps MobilePay ([Webhooks
//! API](https://developer.vippsmobilepay.com/docs/APIs/webhooks-api/)), for
//! [`registrations`](crate::vendor::registrations).

use kvitt_vipps::EventName;
use secrecy::SecretString;

use super::{Performer, Unavailable};

/// An existing registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// The address that its webhooks are sent to.
    pub url: String,
    /// Whether it has all the events of a payment.
    pub all_events: bool,
}

impl Performer {
    /// Lists the registrations of a sales unit.
    ///
    /// # Errors
    /// [`Unavailable`]; it may be retried.
    pub async fn registrations(&self, sales_unit: &str) -> Result<Vec<Registered>, Unavailable> {
        let listed = self.require(sales_unit)?.webhooks().await.map_err(|error| Unavailable::of(&error))?;
        let registered = listed.into_iter().map(|listed| Registered {
            all_events: EventName::ALL.iter().all(|event| listed.events.contains(event)),
            id: listed.id,
            url: listed.url,
        });
        Ok(registered.collect())
    }

    /// Registers an address. Returns the id of the registration and its secret, which Vipps MobilePay shows only this
    /// once.
    ///
    /// # Errors
    /// [`Unavailable`]. The registration may exist all the same: list the registrations before a retry.
    pub async fn register(&self, sales_unit: &str, url: &str) -> Result<(String, SecretString), Unavailable> {
        let registration = self.require(sales_unit)?.register_webhook(url, &EventName::ALL).await;
        registration.map(|made| (made.id, made.secret)).map_err(|error| Unavailable::of(&error))
    }

    /// Removes a registration.
    ///
    /// # Errors
    /// [`Unavailable`]. It may have been removed all the same.
    pub async fn unregister(&self, sales_unit: &str, registration: &str) -> Result<(), Unavailable> {
        self.require(sales_unit)?.remove_webhook(registration).await.map_err(|error| Unavailable::of(&error))
    }
}
