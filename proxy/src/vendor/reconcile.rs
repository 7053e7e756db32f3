//! Compares our books with the vendor's, order by order, for as long as money can still move on them.
//!
//! Each payment is read with `GET payment`. Where the two books differ, the answer goes through the [ledger](crate::engine::ledger) as any look
//! does, which heals what we have merely not heard of yet; what differs even then is drift, and wants a person. It writes nothing of its
//! own about an order. Orders that something is being done about are left to the outbox.

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

/// Orders that are asked for at once.
const PAGE: u32 = 200;
/// How often a payment is looked at before a difference is believed, or the vendor's silence.
const LOOKS: u32 = 3;
/// The wait before a payment is asked for again that was not answered, unless the vendor said how long.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest such wait that a comparison puts up with.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a comparison of everything may take.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
/// How long the reports are kept.
const MEMORY_MS: i64 = 400 * 24 * 60 * 60 * 1000;

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When it was begun, in milliseconds since 1970, UTC.
    pub begun_at: i64,
    /// What it took, in milliseconds.
    pub latency_ms: i64,
    /// Payments that were compared.
    pub payments: u64,
    /// Payments that we learned something about by it.
    pub healed: Vec<String>,
    /// Payments that could not be compared, and why.
    pub unanswered: Vec<Unanswered>,
    /// Payments that the books differ about.
    pub drift: Vec<Drift>,
}

/// A payment that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// The payment, or the order's id where it could not be read.
    pub reference: String,
    /// Why.
    pub reason: String,
}

/// A payment that the books differ about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The payment.
    pub reference: String,
    /// The sales unit.
    pub sales_unit: String,
    /// In what.
    pub differences: Vec<Difference>,
}

/// Who compares; clones share it.
#[derive(Clone)]
pub struct Reconciler {
    store: Store,
    ledger: Ledger,
    performer: Performer,
    capture: Capture,
    units: SalesUnits,
    at_once: usize,
}

/// What came of one payment.
enum Compared {
    Same,
    Healed,
    Unanswered(String),
    Drift(Vec<Difference>),
}

impl Reconciler {
    /// With what is compared, and where an answer that says something new goes.
    pub fn new(
        capture: Capture,
        at_once: usize,
        units: SalesUnits,
        store: Store,
        ledger: Ledger,
        performer: Performer,
    ) -> Self {
        Self { store, ledger, performer, capture, units, at_once }
    }

    /// Compares all that is young enough, and writes down what it came to.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run(&self) -> Result<Report, store::Error> {
        let begun_at = clock::now();
        let mut report = Report { begun_at: begun_at.0, ..Report::default() };
        let mut after = None;
        loop {
            let since = begun_at.plus_ms(-self.capture.longest_ms());
            let page = self.store.orders_to_reconcile(after, since, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            let mut comparing = futures_util::stream::iter(page)
                .map(|id| async move { (id, self.order(id, begun_at).await) })
                .buffer_unordered(self.at_once);
            while let Some((id, compared)) = comparing.next().await {
                report.take(id, compared);
            }
        }
        report.latency_ms = clock::now().0 - begun_at.0;
        let comparison = Comparison {
            begun_at,
            drift: i64::try_from(report.drift.len()).unwrap_or(i64::MAX),
            report: serde_json::to_string(&report)?,
        };
        self.store.save_comparison(&comparison, begun_at.plus_ms(-MEMORY_MS)).await?;
        let (healed, unanswered, drift) = (report.healed.len(), report.unanswered.len(), report.drift.len());
        tracing::info!(payments = report.payments, healed, unanswered, drift, "books compared");
        Ok(report)
    }

    /// The chore that does it each `every`.
    pub fn chore(self, every: Duration) -> Chore {
        Chore::new("reconcile", every, LONGEST, move || {
            let reconciler = self.clone();
            async move { Ok(reconciler.run().await.map(drop)?) }
        })
    }

    async fn order(&self, id: CheckoutId, now: Moment) -> Result<Vec<(Drift, Compared)>, ledger::Error> {
        let checkout = self.store.checkout(id).await?.ok_or(ledger::Error::NotFound)?.checkout;
        let sales_unit = &checkout.order.cart.sales_unit;
        let market = self.units.find(Some(sales_unit)).map(|unit| unit.market);
        let window_ms = market.map_or_else(|| self.capture.longest_ms(), |market| self.capture.window_ms(market));
        let mut compared = Vec::with_capacity(checkout.attempts.len());
        let young = |attempt: &&Attempt| attempt.since() >= now.plus_ms(-window_ms);
        for attempt in checkout.attempts.iter().filter(|attempt| !attempt.not_requested).filter(young) {
            let named = Drift {
                reference: attempt.reference.to_string(),
                sales_unit: sales_unit.clone(),
                differences: Vec::new(),
            };
            compared.push((named, self.payment(&checkout, attempt).await?));
        }
        Ok(compared)
    }

    async fn payment(&self, checkout: &Checkout, attempt: &Attempt) -> Result<Compared, ledger::Error> {
        let (sales_unit, total) = (&checkout.order.cart.sales_unit, checkout.order.cart.total);
        let mut ours = attempt.clone();
        let mut compared = Compared::Unanswered(String::new());
        for look in 1..=LOOKS {
            let seen = match self.performer.payment(sales_unit, &ours.reference).await {
                Ok(seen) => seen,
                Err(unseen) => {
                    compared = Compared::Unanswered(unseen.reason);
                    if look < LOOKS {
                        tokio::time::sleep(unseen.after.unwrap_or(PAUSE).min(PATIENCE)).await;
                    }
                    continue;
                }
            };
            if differences(&ours, total, seen.as_ref()).is_empty() {
                return Ok(if look == 1 { Compared::Same } else { Compared::Healed });
            }
            // It may have been written meanwhile what we have just been told, or more than that: ask the ledger, and then look again.
            let checkout = match &seen {
                Some(seen) => {
                    let news = Update::Polled { round: None, payment: seen.clone() };
                    let input = Input::Payment(ours.reference.clone(), news);
                    self.ledger.apply(checkout.id, input, Cause::Request).await?
                }
                None => self.store.checkout(checkout.id).await?.ok_or(ledger::Error::NotFound)?.checkout,
            };
            let after = checkout.attempts.into_iter().find(|attempt| attempt.reference == ours.reference);
            ours = after.ok_or(ledger::Error::NotFound)?;
            let left = differences(&ours, total, seen.as_ref());
            if left.is_empty() {
                return Ok(Compared::Healed);
            }
            compared = Compared::Drift(left);
        }
        Ok(compared)
    }
}

impl Report {
    fn take(&mut self, id: CheckoutId, compared: Result<Vec<(Drift, Compared)>, ledger::Error>) {
        let compared = match compared {
            Ok(compared) => compared,
            Err(error) => {
                self.unanswered.push(Unanswered { reference: id.to_string(), reason: error.to_string() });
                return;
            }
        };
        for (named, compared) in compared {
            self.payments += 1;
            match compared {
                Compared::Same => {}
                Compared::Healed => self.healed.push(named.reference),
                Compared::Unanswered(reason) => {
                    self.unanswered.push(Unanswered { reference: named.reference, reason });
                }
                Compared::Drift(differences) => {
                    tracing::error!(reference = named.reference, ?differences, "the books differ");
                    self.drift.push(Drift { differences, ..named });
                }
            }
        }
    }
}
