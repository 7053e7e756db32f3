//! Webhook registrations. A registration cannot be changed, and its secret is told once: to replace one, register the new one, see it work,
//! and remove the old one.

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    Client,
    exchange::{Request, segment},
};
use crate::{Error, open::open_enum, tolerant};

const WEBHOOKS: &str = "/webhooks/v1/webhooks";

open_enum! {
    /// What a registration asks to be told of.
    EventName {
        /// A payment was created.
        Created = "epayments.payment.created.v1",
        /// The customer approved.
        Authorized = "epayments.payment.authorized.v1",
        /// The customer said no.
        Aborted = "epayments.payment.aborted.v1",
        /// The customer did nothing in time.
        Expired = "epayments.payment.expired.v1",
        /// We cancelled before the customer approved.
        Terminated = "epayments.payment.terminated.v1",
        /// Money was taken.
        Captured = "epayments.payment.captured.v1",
        /// The rest of a reservation was released.
        Cancelled = "epayments.payment.cancelled.v1",
        /// Money was given back.
        Refunded = "epayments.payment.refunded.v1",
    }
}

impl EventName {
    /// Everything that can happen to a payment.
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

/// A new registration. The secret is told this once.
#[derive(Clone, Deserialize)]
pub struct Registration {
    /// Its id.
    pub id: String,
    /// What its webhooks are signed with.
    pub secret: SecretString,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A registration as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// Where its webhooks go.
    pub url: String,
    /// What it is told of.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub events: Vec<EventName>,
}

impl Client {
    /// Asks for webhooks to `url`, which is public, `https` and does not redirect. At most 25 registrations for each event.
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
