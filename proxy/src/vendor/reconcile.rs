//! Reconciles our records with those of Vipps MobilePay, order by order, for as long as money can still move.
//!
//! Each payment is read with `GET payment`. Where the records differ, the response goes through the
//! [ledger](crate::engine::ledger) like any other read, so that what we missed is recovered. A difference that remains
//! is drift and needs manual action. This module changes no order itself. It skips orders with pending effects: those
//! belong to the outbox.

use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use crate::base::clock;
use crate::checkout::{Attempt, Checkout, CheckoutId, Difference, Input, Moment, Update, differences};
use crate::config::{Capture, SalesUnits};
use crate::engine::chores::Chore;
use crate::engine::ledger::{self, Ledger};
use crate::store::reconciliation::Comparison;
use crate::store::{self, Cause, Store};
use crate::vendor::perform::Performer;

/// Orders in one page.
const PAGE_SIZE: u32 = 200;
/// Reads of a payment before a difference, or a missing response, is reported.
const MAX_READS: u32 = 3;
/// The pause before the next read where Vipps MobilePay gives no `Retry-After`.
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// The longest such pause, whatever `Retry-After` says.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(60);
/// The time limit of one run.
const TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);
/// How long reports are kept, in milliseconds.
const RETENTION_MS: i64 = 400 * 24 * 60 * 60 * 1000;

/// The result of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When it started, in milliseconds since 1970, UTC.
    pub begun_at: i64,
    /// Its duration, in milliseconds.
    pub latency_ms: i64,
    /// The number of payments that were compared.
    pub payments: u64,
    /// Payments where we had missed something, which is now recovered.
    pub healed: Vec<String>,
    /// Payments that could not be compared, with the reason.
    pub unanswered: Vec<Unanswered>,
    /// Payments whose records differ.
    pub drift: Vec<Drift>,
}

/// A payment that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// The reference, or the id of an order that could not be read.
    pub reference: String,
    /// The reason.
    pub reason: String,
}

/// A payment whose records differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The payment.
    pub reference: String,
    /// The sales unit.
    pub sales_unit: String,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// Compares payments; clones share it.
#[derive(Clone)]
pub struct Reconciler {
    store: Store,
    ledger: Ledger,
    performer: Performer,
    capture: Capture,
    units: SalesUnits,
    concurrency: usize,
}

/// The result for one payment.
enum Finding {
    Same,
    Healed,
    Unanswered(String),
    Drift(Vec<Difference>),
}

impl Reconciler {
    /// With the sources of both records, and the ledger for what is recovered.
    pub fn new(
        capture: Capture,
        concurrency: usize,
        units: SalesUnits,
        store: Store,
        ledger: Ledger,
        performer: Performer,
    ) -> Self {
        Self { store, ledger, performer, capture, units, concurrency }
    }

    /// Compares every payment on which money can still move, and stores the report.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run(&self) -> Result<Report, store::Error> {
        let begun_at = clock::now();
        let mut report = Report { begun_at: begun_at.0, ..Report::default() };
        let mut after = None;
        loop {
            let since = begun_at.plus_ms(-self.capture.longest_ms());
            let page = self.store.orders_to_reconcile(after, since, PAGE_SIZE).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            let mut comparing = futures_util::stream::iter(page)
                .map(|cursor| async move { (cursor.id(), self.order(cursor.id(), begun_at).await) })
                .buffer_unordered(self.concurrency);
            while let Some((id, compared)) = comparing.next().await {
                report.add(id, compared);
            }
        }
        report.latency_ms = clock::now().0 - begun_at.0;
        let comparison = Comparison {
            begun_at,
            drift: i64::try_from(report.drift.len()).unwrap_or(i64::MAX),
            report: serde_json::to_string(&report)?,
        };
        let keep_from = self.performer.reference().cutoff(RETENTION_MS).unwrap_or(Moment(i64::MIN));
        self.store.save_comparison(&comparison, keep_from).await?;
        let (healed, unanswered, drift) = (report.healed.len(), report.unanswered.len(), report.drift.len());
        tracing::info!(payments = report.payments, healed, unanswered, drift, "payments reconciled");
        Ok(report)
    }

    /// The chore that runs it every `every`.
    pub fn chore(self, every: Duration) -> Chore {
        Chore::new("reconcile", every, TIMEOUT, move || {
            let reconciler = self.clone();
            async move { Ok(reconciler.run().await.map(drop)?) }
        })
    }

    async fn order(&self, id: CheckoutId, now: Moment) -> Result<Vec<(Drift, Finding)>, ledger::Error> {
        let checkout = self.store.checkout(id).await?.ok_or(ledger::Error::NotFound)?.checkout;
        let sales_unit = &checkout.order.cart.sales_unit;
        let market = self.units.find(Some(sales_unit)).map(|unit| unit.market);
        let window_ms = market.map_or_else(|| self.capture.longest_ms(), |market| self.capture.window_ms(market));
        let mut compared = Vec::with_capacity(checkout.attempts.len());
        let recent = |attempt: &&Attempt| attempt.since() >= now.plus_ms(-window_ms);
        for attempt in checkout.attempts.iter().filter(|attempt| !attempt.not_requested).filter(recent) {
            let drift = Drift {
                reference: attempt.reference.to_string(),
                sales_unit: sales_unit.clone(),
                differences: Vec::new(),
            };
            compared.push((drift, self.payment(&checkout, attempt).await?));
        }
        Ok(compared)
    }

    async fn payment(&self, checkout: &Checkout, attempt: &Attempt) -> Result<Finding, ledger::Error> {
        let (sales_unit, total) = (&checkout.order.cart.sales_unit, checkout.order.cart.total);
        let mut ours = attempt.clone();
        let mut compared = Finding::Unanswered(String::new());
        for nth in 1..=MAX_READS {
            let payment = match self.performer.payment(sales_unit, &ours.reference).await {
                Ok(payment) => payment,
                Err(unavailable) => {
                    compared = Finding::Unanswered(unavailable.reason);
                    if nth < MAX_READS {
                        tokio::time::sleep(unavailable.after.unwrap_or(RETRY_DELAY).min(MAX_RETRY_DELAY)).await;
                    }
                    continue;
                }
            };
            if differences(&ours, total, payment.as_ref()).is_empty() {
                return Ok(if nth == 1 { Finding::Same } else { Finding::Healed });
            }
            // Another commit may have stored the same or more since: apply the response to the current state, then
            // compare again.
            let checkout = match &payment {
                Some(payment) => {
                    let update = Update::Polled { round: None, payment: payment.clone() };
                    let input = Input::Payment(ours.reference.clone(), update);
                    self.ledger.apply(checkout.id, input, Cause::Request).await?
                }
                None => self.store.checkout(checkout.id).await?.ok_or(ledger::Error::NotFound)?.checkout,
            };
            let after = checkout.attempts.into_iter().find(|attempt| attempt.reference == ours.reference);
            ours = after.ok_or(ledger::Error::NotFound)?;
            let remaining = differences(&ours, total, payment.as_ref());
            if remaining.is_empty() {
                return Ok(Finding::Healed);
            }
            compared = Finding::Drift(remaining);
        }
        Ok(compared)
    }
}

impl Report {
    fn add(&mut self, id: CheckoutId, compared: Result<Vec<(Drift, Finding)>, ledger::Error>) {
        let compared = match compared {
            Ok(compared) => compared,
            Err(error) => {
                self.unanswered.push(Unanswered { reference: id.to_string(), reason: error.to_string() });
                return;
            }
        };
        for (drift, compared) in compared {
            self.payments += 1;
            match compared {
                Finding::Same => {}
                Finding::Healed => self.healed.push(drift.reference),
                Finding::Unanswered(reason) => {
                    self.unanswered.push(Unanswered { reference: drift.reference, reason });
                }
                Finding::Drift(differences) => {
                    tracing::error!(reference = drift.reference, ?differences, "payment differs from Vipps MobilePay");
                    self.drift.push(Drift { differences, ..drift });
                }
            }
        }
    }
}
