//! Webhook registrations. A registration cannot be changed, and its secret is returned once. To replace a registration, add the new one, wait
//! until it works, and remove the old one.

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    Client,
    request::{Request, segment},
};
use crate::{Error, open_enum::open_enum, tolerant};

const WEBHOOKS: &str = "/webhooks/v1/webhooks";

open_enum! {
    /// An event type that a registration subscribes to.
    EventName {
        /// A payment was created.
        Created = "epayments.payment.created.v1",
        /// The customer approved.
        Authorized = "epayments.payment.authorized.v1",
        /// The customer refused.
        Aborted = "epayments.payment.aborted.v1",
        /// The customer did not answer before the deadline.
        Expired = "epayments.payment.expired.v1",
        /// The shop cancelled before the customer approved.
        Terminated = "epayments.payment.terminated.v1",
        /// Money was captured.
        Captured = "epayments.payment.captured.v1",
        /// The rest of a reservation was released.
        Cancelled = "epayments.payment.cancelled.v1",
        /// Money was refunded.
        Refunded = "epayments.payment.refunded.v1",
    }
}

impl EventName {
    /// All event types of a payment.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Authorized,
        Self::Aborted,
        Self::Expired,
        Self::Terminated,
        Self::Captured,
        Self::Cancelled,
        Self::Refunded,
    ];
}

/// A new registration. The secret is returned only here.
#[derive(Clone, Deserialize)]
pub struct Registration {
    /// Its id.
    pub id: String,
    /// The key of its webhooks' signatures.
    pub secret: SecretString,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A registration in the list, which has no secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// Where its webhooks are delivered.
    pub url: String,
    /// The event types it subscribes to.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub events: Vec<EventName>,
}

impl Client {
    /// Subscribes `url` to `events`. The URL is public, `https` and does not redirect. At most 25 registrations for each event type.
    pub async fn register_webhook(&self, url: &str, events: &[EventName]) -> Result<Registration, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            url: &'a str,
            events: &'a [EventName],
        }
        let request = Request::new(Method::POST, WEBHOOKS.to_owned()).json(&Body { url, events })?;
        self.call(request).await?.json()
    }

    /// All registrations of the sales unit.
    pub async fn webhooks(&self) -> Result<Vec<Registered>, Error> {
        #[derive(Deserialize)]
        struct Listed {
            webhooks: Vec<Registered>,
        }
        let listed: Listed = self.call(Request::get(WEBHOOKS)).await?.json()?;
        Ok(listed.webhooks)
    }

    /// Removes a registration.
    pub async fn remove_webhook(&self, id: &str) -> Result<(), Error> {
        let path = format!("{WEBHOOKS}/{}", segment(id)?);
        self.call(Request::new(Method::DELETE, path)).await.map(drop)
    }
}
