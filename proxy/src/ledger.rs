//! The one door. Whatever changes a checkout comes through here: load, [`step`](crate::checkout::step), commit, wake.
//!
//! The commit is one transaction (state, effects, the row that caused it) and it is conditional on the version that the step started
//! from, so two facts that arrive together are decided one after the other, whichever process has them.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Notify;

use crate::checkout::{self, Checkout, CheckoutId, Consent, Input, Order, Polling, Refusal, Step};
use crate::clock;
use crate::hub::Hub;
use crate::store::{self, Cause, Committed, Secret, Store};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum Error {
    /// The state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
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
}

impl Ledger {
    /// The ledger of a store. `due` is notified when a commit has left something to do.
    pub fn new(store: Store, hub: Hub, polling: Polling, due: Arc<Notify>) -> Self {
        Self { store, hub, polling, due }
    }

    /// Opens a checkout.
    ///
    /// # Errors
    /// When the store fails; nothing was written then.
    pub async fn open(
        &self,
        id: CheckoutId,
        secret: &Secret,
        order: Order,
        consent: Option<Consent>,
    ) -> Result<Checkout, Error> {
        let now = clock::now();
        let Step { checkout, effects } = checkout::open(id, order, consent, now);
        self.store.insert(&checkout, secret, &effects, now).await?;
        tracing::info!(checkout = %id, reference = %checkout.current().reference, "checkout opened");
        self.due.notify_one();
        Ok(checkout)
    }

    /// Takes in one fact and settles its cause, in one transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] when the state does not allow it.
    pub async fn apply(&self, id: CheckoutId, input: Input, cause: &Cause) -> Result<Checkout, Error> {
        loop {
            let before = self.store.checkout(id).await?.ok_or(Error::NotFound)?.checkout;
            let now = clock::now();
            let Step { checkout: mut after, effects } = checkout::step(&before, input.clone(), self.polling, now)?;
            if after == before && effects.is_empty() {
                self.store.settle(cause, "changed nothing", now).await?;
                return Ok(before);
            }
            after.version += 1;
            if self.store.commit(&after, &effects, cause, now).await? == Committed::Overtaken {
                continue;
            }
            if before.current().state != after.current().state {
                tracing::info!(
                    checkout = %id,
                    reference = %after.current().reference,
                    state = after.current().state.as_str(),
                    version = after.version,
                    "checkout moved"
                );
            }
            self.hub.publish(id, after.version);
            if !effects.is_empty() {
                self.due.notify_one();
            }
            return Ok(after);
        }
    }
}
