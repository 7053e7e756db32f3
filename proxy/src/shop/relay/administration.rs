//! Manages webhook endpoints: add, rotate the secret, disable, enable, test, replay. Commands and the API both come
//! here, so they follow the same rules.

use ipnet::IpNet;
use kvitt_wire::Actor;
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use super::guard::{self, Guard};
use super::{ROTATION_MS, new_secret};
use crate::base::clock;
use crate::checkout::audit::{Action, Entry};
use crate::checkout::{EventKind, Moment};
use crate::store::deliveries::Replay;
use crate::store::endpoints::{Endpoint, NewEndpoint};
use crate::store::events::{ENDPOINT_DISABLED, NewEvent};
use crate::store::{self, Store};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum Error {
    /// The address may not be called.
    #[error("the address {0}")]
    Address(#[from] guard::Refused),
    /// There is no such kind of event.
    #[error("there is no event {unknown}, but {known}")]
    UnknownEvent {
        /// The requested event.
        unknown: String,
        /// The existing events.
        known: String,
    },
    /// There is no such endpoint.
    #[error("there is no endpoint {0}")]
    NoEndpoint(String),
    /// It is disabled and gets no events.
    #[error("it is disabled: `kvitt endpoints enable {0}`")]
    Disabled(String),
    /// It was sent no such event.
    #[error("it was sent no such event")]
    NoDelivery,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Adds an endpoint for some kinds of events, or for all when none are named. Its secret is shown only now.
///
/// # Errors
/// When its address may not be called, or there is no such kind of event.
pub async fn add(
    store: &Store,
    allowed: &[IpNet],
    url: String,
    events: Vec<String>,
    by: &Actor,
    now: Moment,
) -> Result<(NewEndpoint, SecretString), Error> {
    Guard::new(allowed).check(&url)?;
    let kinds: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).chain([ENDPOINT_DISABLED]).collect();
    if let Some(unknown) = events.iter().find(|event| !kinds.contains(&event.as_str())) {
        return Err(Error::UnknownEvent { unknown: unknown.clone(), known: kinds.join(", ") });
    }
    let endpoint = NewEndpoint::new(url, (!events.is_empty()).then_some(events));
    let secret = new_secret();
    store.add_endpoint(&endpoint, &secret, &Entry::new(Action::AddEndpoint, by, now).about(&endpoint.id)).await?;
    Ok((endpoint, secret))
}

/// The ids of the other endpoints that receive some of the same events at the same URL: each such event is delivered there once more.
///
/// # Errors
/// When the store fails.
pub async fn same_receivers(store: &Store, added: &NewEndpoint) -> Result<Vec<String>, Error> {
    let common = |other: &Endpoint| match (&added.events, &other.events) {
        (Some(ours), Some(theirs)) => ours.iter().any(|event| theirs.contains(event)),
        _ => true,
    };
    let address = Url::parse(&added.url);
    let same = |other: &Endpoint| other.id != added.id && Url::parse(&other.url) == address && common(other);
    let enabled = store.endpoints().await?.into_iter().filter(|other| other.disabled_at.is_none());
    Ok(enabled.filter(same).map(|other| other.id).collect())
}

/// Finds an endpoint by its id.
///
/// # Errors
/// [`Error::NoEndpoint`].
pub async fn find(store: &Store, id: &str) -> Result<Endpoint, Error> {
    let mut endpoints = store.endpoints().await?.into_iter();
    endpoints.find(|endpoint| endpoint.id == id).ok_or_else(|| Error::NoEndpoint(id.to_owned()))
}

/// Removes an endpoint and the log of its deliveries.
///
/// # Errors
/// [`Error::NoEndpoint`].
pub async fn remove(store: &Store, id: &str, by: &Actor, now: Moment) -> Result<(), Error> {
    let entry = Entry::new(Action::RemoveEndpoint, by, now).about(id);
    if store.remove_endpoint(id, &entry).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Rotates the secret of an endpoint. The old one still signs for a day.
///
/// # Errors
/// [`Error::NoEndpoint`].
pub async fn rotate(store: &Store, id: &str, by: &Actor, now: Moment) -> Result<SecretString, Error> {
    let secret = new_secret();
    let entry = Entry::new(Action::RotateEndpoint, by, now).about(id);
    let rotated = store.rotate_endpoint(id, &secret, now.plus_ms(ROTATION_MS), &entry).await?;
    if rotated { Ok(secret) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Enables an endpoint that was disabled.
///
/// # Errors
/// [`Error::NoEndpoint`].
pub async fn enable(store: &Store, id: &str, by: &Actor, now: Moment) -> Result<(), Error> {
    let entry = Entry::new(Action::EnableEndpoint, by, now).about(id);
    if store.enable_endpoint(id, &entry).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Disables an endpoint until it is enabled. Its waiting deliveries are abandoned.
///
/// # Errors
/// [`Error::NoEndpoint`].
pub async fn disable(store: &Store, id: &str, by: &Actor, now: Moment) -> Result<(), Error> {
    let entry = Entry::new(Action::DisableEndpoint, by, now).about(id);
    if store.disable_endpoint(id, "by hand", &entry).await? { Ok(()) } else { Err(Error::NoEndpoint(id.to_owned())) }
}

/// Sends a test event to an endpoint; returns the id of the event.
///
/// # Errors
/// [`Error::NoEndpoint`], [`Error::Disabled`].
pub async fn test(store: &Store, id: &str, by: &Actor, now: Moment) -> Result<String, Error> {
    enabled(store, id).await?;
    let event = NewEvent::test(id, now)?;
    store.enqueue_test(&event, id, &Entry::new(Action::TestEndpoint, by, now).about(id)).await?;
    Ok(event.id)
}

/// Delivers events to an endpoint again, under the same ids: one event, or all since a moment, also those from before
/// it was added or while it was disabled. Returns how many.
///
/// # Errors
/// [`Error::NoEndpoint`], [`Error::Disabled`], [`Error::NoDelivery`].
pub async fn replay(store: &Store, id: &str, which: Replay<'_>, by: &Actor, now: Moment) -> Result<u64, Error> {
    enabled(store, id).await?;
    let detail = match which {
        Replay::One(event) => event.to_owned(),
        Replay::Since(moment) => format!("since {}", clock::format(moment)),
    };
    let entry = Entry::new(Action::ReplayDeliveries, by, now).about(id).with_detail(detail);
    match (store.replay(id, which, &entry).await?, which) {
        (0, Replay::One(_)) => Err(Error::NoDelivery),
        (count, _) => Ok(count),
    }
}

async fn enabled(store: &Store, id: &str) -> Result<(), Error> {
    match find(store, id).await?.disabled_at {
        None => Ok(()),
        Some(_) => Err(Error::Disabled(id.to_owned())),
    }
}
