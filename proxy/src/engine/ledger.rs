//! The ledger: the only place where a checkout is changed. It loads the checkout, runs [`step`](crate::checkout::step),
//! commits, and notifies.
//!
//! Inputs come from `http`, the inbox and the outbox. One transaction commits the new state, its effects, and the row
//! of the [`Cause`]. The commit is conditional on the version that the step started from: when two inputs arrive at
//! once, at whichever proxies, the second is decided on the result of the first. The ledger never calls Vipps
//! MobilePay.
//!
//! Who knows the state already may say so: the step is tried on that first, and the row is read only if another commit
//! came before. Nothing that was decided on an old state can be written.

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use kvitt_wire::Actor;
use thiserror::Error;
use tokio::sync::Notify;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::{self, Checkout, CheckoutId, Input, Moment, Opening, Planned, Polling, Reference, Refusal, Step};
use crate::checkout::{Update, audit, trust};
use crate::engine::handover::{Handed, Handover};
use crate::engine::hub::Hub;
use crate::engine::trust::Trusts;
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

/// What works together with the ledger of a running proxy. That of a command has nothing of it.
#[derive(Clone, Debug)]
pub struct Workers {
    /// To the outbox.
    pub handover: Handover,
    /// The records of webhooks.
    pub trusts: Trusts,
}

/// A handle; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: Store,
    hub: Hub,
    polling: Polling,
    workers: Option<Workers>,
    deliveries_due: Arc<Notify>,
}

impl Ledger {
    /// A ledger on a store. Effects are handed over to the outbox of this process, if it has one.
    pub fn new(store: Store, hub: Hub, polling: Polling, workers: Option<Workers>) -> Self {
        Self { store, hub, polling, workers, deliveries_due: Arc::default() }
    }

    /// How the payments of a sales unit are polled now.
    pub fn polling(&self, sales_unit: &str) -> Polling {
        let workers = self.workers.as_ref();
        workers.map_or(self.polling, |workers| workers.trusts.polling(self.polling, sales_unit))
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
            let lease = ledger.lease();
            if ledger.store.insert(&checkout, &secret, &effects, &cause, lease.ms, now).await? != Committed::Yes {
                return Err(Error::Repeated);
            }
            tracing::info!(reference = %checkout.current().reference, "checkout opened");
            ledger.hand_over(&checkout, &effects, lease, now).await;
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
        detached(async move { ledger.decide(id, None, input, &cause, None).await }).await
    }

    /// The same for an update of a checkout whose state the caller knows, as it was a moment ago.
    ///
    /// # Errors
    /// When the store fails, or the checkout is there no more.
    pub async fn apply_to(&self, state: Arc<Checkout>, input: Input, cause: Cause) -> Result<Checkout, Error> {
        let ledger = self.clone();
        detached(async move { ledger.decide(state.id, Some(&state), input, &cause, None).await }).await
    }

    /// The same for what somebody has asked for: the transaction also records who it was.
    ///
    /// # Errors
    /// [`Error::Refused`] when the state does not allow it.
    pub async fn apply_by(&self, id: CheckoutId, input: Input, cause: Cause, by: &Actor) -> Result<Checkout, Error> {
        let (ledger, by) = (self.clone(), by.clone());
        detached(async move { ledger.decide(id, None, input, &cause, Some(&by)).await }).await
    }

    async fn decide(
        &self,
        id: CheckoutId,
        known: Option<&Checkout>,
        input: Input,
        cause: &Cause,
        by: Option<&Actor>,
    ) -> Result<Checkout, Error> {
        if let Some(known) = known {
            let step = self.try_once(known, input.clone(), cause, by).instrument(trace::of_checkout(known));
            match step.await? {
                Tried::Committed(after) => return Ok(*after),
                // What changes nothing in the state of a moment ago may change something in that of now.
                Tried::Nothing | Tried::Conflict => {}
            }
        }
        loop {
            let before = self.store.checkout(id).await?.ok_or(Error::NotFound)?.checkout;
            let step = async {
                match self.try_once(&before, input.clone(), cause, by).await? {
                    Tried::Committed(after) => return Ok(Some(*after)),
                    Tried::Conflict => return Ok::<_, Error>(None),
                    Tried::Nothing => {}
                }
                self.store.settle(cause, "changed nothing", clock::now()).await?;
                tracing::trace!("cause settled");
                Ok(Some(before.clone()))
            };
            if let Some(after) = step.instrument(trace::of_checkout(&before)).await? {
                return Ok(after);
            }
        }
    }

    /// One step and its commit.
    async fn try_once(
        &self,
        before: &Checkout,
        input: Input,
        cause: &Cause,
        by: Option<&Actor>,
    ) -> Result<Tried, Error> {
        let now = clock::now();
        let polled = match &input {
            Input::Payment(reference, Update::Polled { .. }) => Some(reference.clone()),
            _ => None,
        };
        let polling = self.polling(&before.order.cart.sales_unit);
        let Step { checkout: mut after, effects } = checkout::step(before, input, polling, now)?;
        if after == *before && effects.is_empty() {
            return Ok(Tried::Nothing);
        }
        after.version += 1;
        let audit = by.map_or_else(Vec::new, |by| audit::between(before, &after, by, now));
        let lease = self.lease();
        match self.store.commit_asked(&after, &effects, &audit, cause, lease.ms, now).await? {
            Committed::Conflict => return Ok(Tried::Conflict),
            Committed::Lost if matches!(cause, Cause::Idempotent(_)) => return Err(Error::Repeated),
            Committed::Lost => return Ok(Tried::Committed(Box::new(before.clone()))),
            Committed::Yes => tracing::trace!(version = after.version, "checkout committed"),
        }
        log_change(before, &after);
        self.hub.publish(&after);
        self.hand_over(&after, &effects, lease, now).await;
        if let Some(reference) = polled {
            self.judge(before, &after, &reference, cause);
        }
        if effects.iter().any(|planned| planned.event().is_some()) {
            self.hub.publish_events();
            self.deliveries_due.notify_one();
        }
        Ok(Tried::Committed(Box::new(after)))
    }

    /// Notes whether a webhook told of what a poll has found.
    fn judge(&self, before: &Checkout, after: &Checkout, polled: &Reference, cause: &Cause) {
        let Some(Workers { trusts, .. }) = &self.workers else { return };
        let sales_unit = &after.order.cart.sales_unit;
        match cause {
            _ if !trust::wait_ended(before, after, polled) => {}
            Cause::Inbox(_) => trusts.proven(sales_unit),
            _ => trusts.doubt(sales_unit, polled),
        }
    }

    /// The lease of the effects that are committed next.
    fn lease(&self) -> Lease {
        let lease = self.workers.as_ref().and_then(|workers| workers.handover.lease());
        let ms = lease.map_or(0, |lease| i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2));
        Lease { ms, until: Instant::now() + lease.unwrap_or_default() }
    }

    /// Hands the effects of a commit over to the outbox: those that were born claimed, and when the others are due.
    async fn hand_over(&self, committed: &Checkout, effects: &[Planned], lease: Lease, now: Moment) {
        let Some(Workers { handover, .. }) = &self.workers else { return };
        let claimed = match lease.ms > 0 {
            true => store::born_claimed(committed, effects, now),
            false => Vec::new(),
        };
        let later = |planned: &&Planned| planned.event().is_none() && (lease.ms == 0 || planned.due_at > now);
        effects.iter().filter(later).for_each(|planned| handover.planned(planned.due_at));
        if claimed.is_empty() {
            return;
        }
        let state = Arc::new(committed.clone());
        for claimed in claimed {
            let handed = Handed { claimed, state: state.clone(), until: lease.until };
            // The proxy has stopped since the commit began: whoever is next may have it at once.
            if let Some(refused) = handover.give(handed)
                && let Err(error) = self.store.defer(&refused.claimed.claim, now).await
            {
                // The lease expires.
                tracing::warn!(%error, "claim not given back");
            }
        }
    }
}

/// The lease of effects that are due at once.
#[derive(Clone, Copy, Debug)]
struct Lease {
    /// How long it lasts, in milliseconds; 0 for none.
    ms: i64,
    /// When it ends, by a clock that does not jump.
    until: Instant,
}

/// The result of one step.
enum Tried {
    /// It is committed; or its cause was settled by somebody else, and this is the state as it was known.
    Committed(Box<Checkout>),
    /// The step changes nothing. The cause is not settled.
    Nothing,
    /// Another commit has changed the checkout meanwhile.
    Conflict,
}

/// Runs the work to its end even when the caller is cancelled, as when a page is closed: a commit must always notify
/// its subscribers. It begins at once, so that the caller does not carry it too.
fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> + Send {
    let task = tokio::spawn(work.in_current_span());
    task.map(|done| done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
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
