//! The ledger: the only place where a checkout is changed. It loads the checkout, runs [`step`](crate::checkout::step),
//! commits, and notifies.
//!
//! Inputs come from `http`, the inbox and the outbox. One transaction commits the new state, its effects, and the row
//! of the [`Cause`]. The commit is conditional on the version that the step started from: when two inputs arrive at
//! once, at whichever proxies, the second is decided on the result of the first. The ledger never calls Vipps
//! MobilePay.

use std::sync::Arc;

use kvitt_wire::Actor;
use thiserror::Error;
use tokio::sync::Notify;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::audit;
use crate::checkout::{self, Checkout, CheckoutId, Input, Opening, Polling, Refusal, Step};
use crate::engine::hub::Hub;
use crate::observe::trace::{self, TraceId};
use crate::store::{self, Cause, Committed, Secret, Store};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum Error {
    /// The state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A concurrent repeat of the request was committed first.
    #[error("already done under the same idempotency key")]
    Repeated,
    /// There is no such checkout.
    #[error("no such checkout")]
    NotFound,
    /// The store failed; the caller may try again.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: Store,
    hub: Hub,
    polling: Polling,
    due: Arc<Notify>,
    deliveries_due: Arc<Notify>,
}

impl Ledger {
    /// A ledger on a store. `due` is notified when a commit has added an effect to the outbox.
    pub fn new(store: Store, hub: Hub, polling: Polling, due: Arc<Notify>) -> Self {
        Self { store, hub, polling, due, deliveries_due: Arc::default() }
    }

    /// Notified when a commit has added an effect to the outbox.
    pub fn due(&self) -> Arc<Notify> {
        self.due.clone()
    }

    /// Notified when a commit has added deliveries to the shop's endpoints.
    pub fn deliveries_due(&self) -> Arc<Notify> {
        self.deliveries_due.clone()
    }

    /// Opens a checkout.
    ///
    /// # Errors
    /// When the store fails, or a concurrent repeat of the request was committed first. Nothing is written then.
    pub async fn open(
        &self,
        id: CheckoutId,
        secret: &Secret,
        trace_id: &TraceId,
        opening: Opening,
        cause: Cause,
    ) -> Result<Checkout, Error> {
        let (ledger, secret, trace_id) = (self.clone(), secret.clone(), trace_id.as_str().to_owned());
        let span = trace::of_id(id, Some(&trace_id));
        let work = async move {
            let now = clock::now();
            let Step { checkout, effects } = checkout::open(id, trace_id, opening, now);
            if ledger.store.insert(&checkout, &secret, &effects, &cause, now).await? != Committed::Yes {
                return Err(Error::Repeated);
            }
            tracing::info!(reference = %checkout.current().reference, "checkout opened");
            ledger.due.notify_one();
            Ok(checkout)
        };
        detached(work.instrument(span)).await
    }

    /// Applies one input and settles its cause, in one transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] when the state does not allow it.
    pub async fn apply(&self, id: CheckoutId, input: Input, cause: Cause) -> Result<Checkout, Error> {
        let ledger = self.clone();
        detached(async move { ledger.decide(id, input, &cause, None).await }).await
    }

    /// The same for what somebody has asked for: the transaction also records who it was.
    ///
    /// # Errors
    /// [`Error::Refused`] when the state does not allow it.
    pub async fn apply_by(&self, id: CheckoutId, input: Input, cause: Cause, by: &Actor) -> Result<Checkout, Error> {
        let (ledger, by) = (self.clone(), by.clone());
        detached(async move { ledger.decide(id, input, &cause, Some(&by)).await }).await
    }

    async fn decide(&self, id: CheckoutId, input: Input, cause: &Cause, by: Option<&Actor>) -> Result<Checkout, Error> {
        loop {
            let before = self.store.checkout(id).await?.ok_or(Error::NotFound)?.checkout;
            let span = trace::of_checkout(&before);
            if let Some(after) = self.try_once(before, input.clone(), cause, by).instrument(span).await? {
                return Ok(after);
            }
        }
    }

    /// One step and its commit; `None` when another commit has changed the checkout meanwhile.
    async fn try_once(
        &self,
        before: Checkout,
        input: Input,
        cause: &Cause,
        by: Option<&Actor>,
    ) -> Result<Option<Checkout>, Error> {
        let now = clock::now();
        let Step { checkout: mut after, effects } = checkout::step(&before, input, self.polling, now)?;
        if after == before && effects.is_empty() {
            self.store.settle(cause, "changed nothing", now).await?;
            tracing::trace!("cause settled");
            return Ok(Some(before));
        }
        after.version += 1;
        let audit = by.map_or_else(Vec::new, |by| audit::between(&before, &after, by, now));
        match self.store.commit_asked(&after, &effects, &audit, cause, now).await? {
            Committed::Conflict => return Ok(None),
            Committed::Lost if matches!(cause, Cause::Idempotent(_)) => return Err(Error::Repeated),
            Committed::Lost => return Ok(Some(before)),
            Committed::Yes => tracing::trace!(version = after.version, "checkout committed"),
        }
        log_change(&before, &after);
        self.hub.publish(after.id, after.version);
        if !effects.is_empty() {
            self.due.notify_one();
        }
        if effects.iter().any(|planned| planned.event().is_some()) {
            self.hub.publish_events();
            self.deliveries_due.notify_one();
        }
        Ok(Some(after))
    }
}

/// Runs the work to its end even when the caller is cancelled, as when a page is closed: a commit must always notify
/// its subscribers.
async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Logs a state change of the current attempt; another amount than the order's as an error.
fn log_change(before: &Checkout, after: &Checkout) {
    let (old, new) = (before.current(), after.current());
    if old.drift.is_none() && new.drift.is_some() {
        tracing::error!(reference = %new.reference, "Vipps MobilePay states another amount since it was authorized");
    }
    if (old.state, &old.trouble) == (new.state, &new.trouble) {
        return;
    }
    let (state, trouble) = (new.state.as_str(), new.trouble.as_deref());
    let (reference, version) = (&new.reference, after.version);
    if trouble == Some(checkout::AMOUNT_MISMATCH) {
        tracing::error!(%reference, state, trouble, version, "authorized for another amount; the reservation is released");
    } else {
        tracing::info!(%reference, state, trouble, version, "checkout state changed");
    }
}
