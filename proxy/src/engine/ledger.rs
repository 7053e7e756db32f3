//! The one door. Whatever changes a checkout comes through here: load, [`step`](crate::checkout::step), commit, wake.
//!
//! The commit is one transaction (state, effects, the row that caused it) and it is conditional on the version that the step started
//! from, so two facts that arrive together are decided one after the other, whichever process has them.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Notify;
use tracing::Instrument;

use crate::base::clock;
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
    /// A twin of the request was first; what it did is there.
    #[error("done before under the same idempotency key")]
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
    told: Arc<Notify>,
}

impl Ledger {
    /// The ledger of a store. `due` is notified when a commit has left something to do.
    pub fn new(store: Store, hub: Hub, polling: Polling, due: Arc<Notify>) -> Self {
        Self { store, hub, polling, due, told: Arc::default() }
    }

    /// Notified when a commit has left something to tell the shop.
    pub fn told(&self) -> Arc<Notify> {
        self.told.clone()
    }

    /// Opens a checkout.
    ///
    /// # Errors
    /// When the store fails, or a twin of the request was first; nothing was written then.
    pub async fn open(
        &self,
        id: CheckoutId,
        secret: &Secret,
        trace_id: &TraceId,
        opening: Opening,
        cause: Cause,
    ) -> Result<Checkout, Error> {
        let (ledger, secret, trace_id) = (self.clone(), secret.clone(), trace_id.as_str().to_owned());
        let span = trace::of_row(id, Some(&trace_id));
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
        to_the_end(work.instrument(span)).await
    }

    /// Takes in one fact and settles its cause, in one transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] when the state does not allow it.
    pub async fn apply(&self, id: CheckoutId, input: Input, cause: Cause) -> Result<Checkout, Error> {
        let ledger = self.clone();
        to_the_end(async move { ledger.decide(id, input, &cause).await }).await
    }

    async fn decide(&self, id: CheckoutId, input: Input, cause: &Cause) -> Result<Checkout, Error> {
        loop {
            let before = self.store.checkout(id).await?.ok_or(Error::NotFound)?.checkout;
            let span = trace::of_checkout(&before);
            if let Some(after) = self.try_once(before, input.clone(), cause).instrument(span).await? {
                return Ok(after);
            }
        }
    }

    /// One step and its commit; none when somebody else has changed the checkout meanwhile.
    async fn try_once(&self, before: Checkout, input: Input, cause: &Cause) -> Result<Option<Checkout>, Error> {
        let now = clock::now();
        let Step { checkout: mut after, effects } = checkout::step(&before, input, self.polling, now)?;
        if after == before && effects.is_empty() {
            self.store.settle(cause, "changed nothing", now).await?;
            tracing::trace!("cause settled");
            return Ok(Some(before));
        }
        after.version += 1;
        match self.store.commit(&after, &effects, cause, now).await? {
            Committed::Conflict => return Ok(None),
            Committed::Lost if matches!(cause, Cause::Idempotent(_)) => return Err(Error::Repeated),
            Committed::Lost => return Ok(Some(before)),
            Committed::Yes => tracing::trace!(version = after.version, "checkout committed"),
        }
        report(&before, &after);
        self.hub.publish(after.id, after.version);
        if !effects.is_empty() {
            self.due.notify_one();
        }
        if effects.iter().any(|planned| planned.event().is_some()) {
            self.hub.announce();
            self.told.notify_one();
        }
        Ok(Some(after))
    }
}

/// A caller may go away in the middle, as a page does that is closed. What has been committed must wake its watchers all the same.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Logs a move of the current attempt; one that someone should look into as an error.
fn report(before: &Checkout, after: &Checkout) {
    let (old, new) = (before.current(), after.current());
    if (old.state, &old.trouble) == (new.state, &new.trouble) {
        return;
    }
    let (state, trouble) = (new.state.as_str(), new.trouble.as_deref());
    let (reference, version) = (&new.reference, after.version);
    if trouble == Some(checkout::AMOUNT_MISMATCH) {
        tracing::error!(%reference, state, trouble, version, "authorized for another amount, and released");
    } else {
        tracing::info!(%reference, state, trouble, version, "checkout moved");
    }
}
