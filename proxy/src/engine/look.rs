//! Polls a payment at once when something says that it may have changed, so that one commit settles what said so.
//!
//! Where that is not possible (the last poll was a moment ago, too many are under way, Vipps MobilePay does not answer, the proxy stops), a
//! poll is planned instead, which the [outbox](crate::engine::outbox) carries out later, and again until it is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
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

/// Polls at once; clones share the places.
#[derive(Clone)]
pub struct Looks<P> {
    ledger: Ledger,
    performer: P,
    pace: Pace,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl<P: Perform> Looks<P> {
    /// Polls by `performer` at the pace that it shares with the outbox. After `stop` every poll is planned.
    pub fn new(ledger: Ledger, performer: P, pace: Pace, stop: &CancellationToken) -> Self {
        Self { ledger, performer, pace, places: Arc::new(Semaphore::new(IN_FLIGHT)), stop: stop.clone() }
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
        outage::retry_until("webhook not processed", until, &self.stop, commit).await.map(drop)
    }

    /// What a poll finds; `None` where the payment is not polled now, or does not answer.
    async fn poll(&self, state: &Checkout, reference: &Reference) -> Option<Input> {
        let sales_unit = &state.order.cart.sales_unit;
        if !state.attempt(reference)?.may_be_polled(self.ledger.polling(), clock::now()) {
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
