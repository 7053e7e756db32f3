//! Polls a payment at once when something says that it may have changed, so that one commit settles what said so: a webhook, or a page that
//! shows a waiting payment.
//!
//! Where that is not possible (the last poll was a moment ago, too many are under way, Vipps MobilePay does not answer, the proxy stops), a
//! poll is planned instead, which the [outbox](crate::engine::outbox) carries out later, and again until it is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::{Checkout, Effect, Input, Reference, Update};
use crate::engine::ledger::{self, Ledger};
use crate::engine::outage;
use crate::engine::outbox::{Outcome, Perform};
use crate::engine::pace::Pace;
use crate::observe::trace;
use crate::store::Cause;

/// Polls at once that are under way at the same time.
const IN_FLIGHT: usize = 64;
/// How long one waits for a place among them. Beyond that the outbox is quicker.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a page's poll waits for a database that is away. The page asks again.
const PAGE_PATIENCE: Duration = Duration::from_secs(5);

/// Polls at once; clones share the places.
#[derive(Clone)]
pub struct Looks<P> {
    ledger: Ledger,
    performer: P,
    pace: Pace,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl<P: Perform> Looks<P> {
    /// Polls by `performer` at the pace that it shares with the outbox. After `stop` every poll is planned.
    pub fn new(ledger: Ledger, performer: P, pace: Pace, stop: &CancellationToken, tasks: &TaskTracker) -> Self {
        let (places, stop, tasks) = (Arc::new(Semaphore::new(IN_FLIGHT)), stop.clone(), tasks.clone());
        Self { ledger, performer, pace, places, stop, tasks }
    }

    /// A page shows this state to a customer who may have paid in the meantime. A payment that waits is polled in the background, once its
    /// first poll is over.
    pub fn shown(&self, state: &Checkout) {
        let (attempt, now) = (state.current(), clock::now());
        let polling = self.ledger.polling(&state.order.cart.sales_unit);
        if !attempt.is_worth_a_look(polling, now) {
            return;
        }
        let (looks, state, reference) = (self.clone(), Arc::new(state.clone()), attempt.reference.clone());
        self.tasks.spawn(async move {
            let until = Instant::now() + PAGE_PATIENCE;
            if let Err(error) = looks.signal(state.clone(), &reference, Cause::Request, until).await {
                tracing::warn!(checkout = %state.id, %error, "payment of a page not polled");
            }
        });
    }

    /// Has the payment polled, and commits what that found, or a planned poll, with the cause. A database that is away is waited for until
    /// `until`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn signal(
        &self,
        state: Arc<Checkout>,
        reference: &Reference,
        cause: Cause,
        until: Instant,
    ) -> Result<(), ledger::Error> {
        let found = self.poll(&state, reference).await;
        let input = found.unwrap_or_else(|| Input::Payment(reference.clone(), Update::Signal));
        let commit = || self.ledger.apply_to(state.clone(), input.clone(), cause.clone());
        outage::retry_until("poll not recorded", until, &self.stop, commit).await.map(drop)
    }

    /// What a poll finds; `None` where the payment is not polled now, or does not answer.
    async fn poll(&self, state: &Checkout, reference: &Reference) -> Option<Input> {
        let sales_unit = &state.order.cart.sales_unit;
        if !state.attempt(reference)?.may_be_polled(self.ledger.polling(sales_unit), clock::now()) {
            return None;
        }
        let place = tokio::time::timeout(PATIENCE, self.places.acquire());
        let _place = self.stop.run_until_cancelled(place).await?.ok()?.ok()?;
        let effect = Effect::Poll { reference: reference.clone(), round: None };
        self.pace.permit(sales_unit, &effect, Instant::now()).ok()?;
        let span = trace::of_effect(state.id, Some(&state.trace_id), &effect);
        match self.performer.perform(sales_unit, &effect, None).instrument(span).await {
            Outcome::Input(input) => Some(input),
            Outcome::Done(_) | Outcome::Retry { .. } | Outcome::Park { .. } => None,
        }
    }
}
