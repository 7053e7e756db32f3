//! Polls a payment at once when something says that it may have changed: a webhook, so that one commit settles it, or a page that shows a
//! payment while it waits.
//!
//! Where a webhook's poll is not possible (the last poll was a moment ago, too many are under way, Vipps MobilePay does not answer, the
//! proxy stops), a poll is planned instead, which the [outbox](crate::engine::outbox) carries out later, and again until it is answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::clock;
use crate::checkout::{Checkout, Effect, Input, PaymentSnapshot, PaymentState, Polling, Reference, Update};
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
/// The number of payments of pages at which those that were polled long ago are forgotten; then twice the number that is left.
const FORGET_AT: usize = 1_024;

/// Polls at once; clones share the places.
#[derive(Clone)]
pub struct Looks<P> {
    ledger: Ledger,
    performer: P,
    pace: Pace,
    places: Arc<Semaphore>,
    shown: Arc<Mutex<Shown>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// When the payments of pages were last polled.
#[derive(Debug)]
struct Shown {
    polled_at: HashMap<Reference, Instant>,
    forget_at: usize,
}

impl Shown {
    /// Whether the page's payment is polled now: the last time was an interval ago.
    fn begins(&mut self, reference: &Reference, every: Duration, now: Instant) -> bool {
        let over = |polled_at: &Instant| *polled_at + every <= now;
        if self.polled_at.len() >= self.forget_at {
            self.polled_at.retain(|_, polled_at| !over(polled_at));
            self.forget_at = FORGET_AT.max(2 * self.polled_at.len());
        }
        let begins = self.polled_at.get(reference).is_none_or(over);
        if begins {
            self.polled_at.insert(reference.clone(), now);
        }
        begins
    }
}

impl<P: Perform> Looks<P> {
    /// Polls by `performer` at the pace that it shares with the outbox. After `stop` every poll is planned.
    pub fn new(ledger: Ledger, performer: P, pace: Pace, stop: &CancellationToken, tasks: &TaskTracker) -> Self {
        let (places, stop, tasks) = (Arc::new(Semaphore::new(IN_FLIGHT)), stop.clone(), tasks.clone());
        let shown = Arc::new(Mutex::new(Shown { polled_at: HashMap::new(), forget_at: FORGET_AT }));
        Self { ledger, performer, pace, places, shown, stop, tasks }
    }

    /// A page shows this state to a customer who may have paid in the meantime. A payment that waits is polled in the background, once its
    /// first poll is over. Nothing is written while it still waits.
    pub fn shown(&self, state: &Checkout) {
        let (attempt, polling) = (state.current(), self.ledger.polling(&state.order.cart.sales_unit));
        if !attempt.is_worth_a_look(polling, clock::now()) {
            return;
        }
        let Polling { every_ms, .. } = polling;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if !shown.begins(&attempt.reference, Duration::from_millis(every_ms.unsigned_abs()), Instant::now()) {
            return;
        }
        let (looks, state, reference) = (self.clone(), Arc::new(state.clone()), attempt.reference.clone());
        self.tasks.spawn(async move {
            let Some(found) = looks.poll(&state, &reference).await else { return };
            if !still_waits(&found)
                && let Err(error) = looks.ledger.apply_to(state.clone(), found, Cause::Request).await
            {
                tracing::warn!(checkout = %state.id, %error, "poll of a page not recorded");
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

/// Whether a poll found a payment that still waits for its customer.
fn still_waits(found: &Input) -> bool {
    let Input::Payment(_, Update::Polled { payment: PaymentSnapshot { state, .. }, .. }) = found else { return false };
    matches!(state, PaymentState::Created | PaymentState::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_one_payment_have_it_polled_once_an_interval() {
        let (every, start) = (Duration::from_secs(2), Instant::now());
        let mut shown = Shown { polled_at: HashMap::new(), forget_at: FORGET_AT };
        let payment = Reference::of("shop", 1);
        for (seconds, begins) in [(0, true), (0, false), (1, false), (2, true), (3, false), (4, true)] {
            assert_eq!(shown.begins(&payment, every, start + Duration::from_secs(seconds)), begins, "{seconds}");
        }
        assert!(shown.begins(&Reference::of("shop", 2), every, start));
        for nth in 0..100_000_u32 {
            shown.begins(&Reference::of("shop", nth), every, start + every / 100 * nth);
        }
        assert!(shown.polled_at.len() <= FORGET_AT);
    }
}
