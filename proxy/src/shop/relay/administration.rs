//! What is done about endpoints by people, whether they type it or their backend asks for it: added, given a new secret, disabled and
//! enabled, tried out, told again. The rules are here, so that both ways have the same.

use ipnet::IpNet;
use secrecy::SecretString;
use thiserror::Error;

use super::guard::{self, Guard};
use super::{ROTATION_MS, new_secret};
use crate::checkout::{EventKind, Moment};
use crate::store::deliveries::{ENDPOINT_DISABLED, NewEvent, Replay};
use crate::store::endpoints::{Endpoint, NewEndpoint};
use crate::store::{self, Store};

/// Why it was not done.
#[derive(Debug, Error)]
pub enum Error {
    /// The address is none that is called.
    #[error("the address {0}")]
    Address(#[from] guard::Refused),
    /// There is no such kind of event.
    #[error("there is no event {unknown}, but {known}")]
    UnknownEvent {
        /// What was asked for.
        unknown: String,
        /// What there is.
        known: String,
    },
    /// There is no such endpoint.
    #[error("there is no endpoint {0}")]
    NoEndpoint(String),
    /// It is told nothing while it is disabled.
    #[error("it is disabled: `kvitt endpoints enable {0}`")]
    Disabled(String),
    /// It was told no such event.
    #[error("it was told no such event")]
    NoDelivery,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Adds an endpoint for some kinds of events, or for all when none are named. Its secret is not shown again.
///
/// # Errors
/// When its address may not be called, or there is no such kind.
pub async fn add(
    store: &Store,
    allowed: &[IpNet],
    url: String,
    events: Vec<String>,
    now: Moment,
) -> Result<(NewEndpoint, SecretString), Error> {
    Guard::new(allowed).check(&url)?;
    let kinds: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).chain([ENDPOINT_DISABLED]).collect();
    if let Some(unknown) = events.iter().find(|event| !kinds.contains(&event.as_str())) {
        return Err(Error::UnknownEvent { unknown: unknown.clone(), known: kinds.join(", ") });
    }
    let endpoint = NewEndpoint::new(url, (!events.is_empty()).then_some(events));
    let secret = new_secret();
    store.add_endpoint(&endpoint, &secret, now).await?;
    Ok((endpoint, secret))
}

/// The endpoint of that name.
///
/// # Errors
/// When there is none.
pub async fn known(store: &Store, id: &str) -> Result<Endpoint, Error> {
    let mut endpoints = store.endpoints().await?.into_iter();
    endpoints.find(|endpoint| endpoint.id == id).ok_or_else(|| Error::NoEndpoint(id.to_owned()))
}

/// Removes an endpoint and the log of what it was told.
///
/// # Errors
/// When there is none of that name.
pub async fn remove(store: &Store, id: &str) -> Result<(), Error> {
    if store.remove_endpoint(id).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Gives an endpoint a new secret; the old one signs beside it for a day.
///
/// # Errors
/// When there is none of that name.
pub async fn rotate(store: &Store, id: &str, now: Moment) -> Result<SecretString, Error> {
    let secret = new_secret();
    let rotated = store.rotate_endpoint(id, &secret, now.plus_ms(ROTATION_MS)).await?;
    if rotated { Ok(secret) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Takes an endpoint up again that was disabled.
///
/// # Errors
/// When there is none of that name.
pub async fn enable(store: &Store, id: &str) -> Result<(), Error> {
    if store.enable_endpoint(id).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Tells an endpoint nothing any more, until it is enabled. What waits for it is given up.
///
/// # Errors
/// When there is none of that name.
pub async fn disable(store: &Store, id: &str, now: Moment) -> Result<(), Error> {
    if store.disable_endpoint(id, "by hand", now).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Tells an endpoint an event that means nothing; the event's id.
///
/// # Errors
/// When there is none of that name, or it is disabled.
pub async fn test(store: &Store, id: &str, now: Moment) -> Result<String, Error> {
    enabled(store, id).await?;
    let told = NewEvent::test(id, now)?;
    store.enqueue_deliveries(&told, Some(id), now).await?;
    Ok(told.id)
}

/// Tells an endpoint once more, under the same ids: one event, or all since a moment, also what it has missed while it was disabled or
/// not there yet. How many.
///
/// # Errors
/// When there is none of that name, it is disabled, or it was told no such event.
pub async fn replay(store: &Store, id: &str, which: Replay<'_>, now: Moment) -> Result<u64, Error> {
    enabled(store, id).await?;
    match (store.replay(id, which, now).await?, which) {
        (0, Replay::One(_)) => Err(Error::NoDelivery),
        (count, _) => Ok(count),
    }
}

async fn enabled(store: &Store, id: &str) -> Result<(), Error> {
    match known(store, id).await?.disabled_at {
        None => Ok(()),
        Some(_) => Err(Error::Disabled(id.to_owned())),
    }
}
