//! Monitors reservations that are not captured. Vipps MobilePay guarantees one for some days, and releases it to the
//! customer later.
//!
//! A chore reads all reservations. Those that are due are shown on the order and by `kvitt orders due`, counted in
//! `/metrics`, and the shop is notified once. Nothing is captured here: that is the shop's decision.

use std::time::Duration;

use kvitt_wire::{CaptureDeadline, ShopOrder, ShopSharing};
use serde::Serialize;

use crate::base::clock;
use crate::checkout::{Checkout, Event, Moment, Reservation};
use crate::config::{Capture, Market, SalesUnits};
use crate::engine::chores::Chore;
use crate::observe::metrics::{CAPTURES_DUE, CAPTURES_OVERDUE};
use crate::store::events::NewEvent;
use crate::store::{Error, Shared, Store};
use crate::vendor::advice;

/// The time limit of one run.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A reservation and its deadlines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The reservation.
    #[serde(flatten)]
    pub reservation: Reservation,
    /// Until then a capture is guaranteed to succeed: by what Vipps MobilePay says, else by the market's rule.
    pub capture_by: Moment,
    /// Then Vipps MobilePay releases the money.
    pub released_at: Moment,
    /// How urgent the capture is.
    pub urgency: Urgency,
}

/// How urgent a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Not due yet.
    Later,
    /// The guarantee ends within the days of warning.
    Due,
    /// The guarantee has ended.
    Overdue,
}

impl Deadline {
    /// The deadlines of a reservation in a market, and its urgency at that moment.
    pub fn of(reservation: Reservation, market: Option<Market>, rules: &Capture, now: Moment) -> Self {
        let window_ms = market.map_or_else(|| rules.longest_ms(), |market| rules.window_ms(market));
        let released_at = reservation.since.plus_ms(window_ms);
        let capture_by = reservation.guaranteed_until.unwrap_or(released_at).min(released_at);
        let urgency = match () {
            () if now >= capture_by => Urgency::Overdue,
            () if now >= capture_by.plus_ms(-rules.warn_ms) => Urgency::Due,
            () => Urgency::Later,
        };
        Self { reservation, capture_by, released_at, urgency }
    }

    /// Whether the shop is notified now: from the warning on, and for as long after the deadline, in case no proxy was
    /// running in time.
    fn should_notify(&self, rules: &Capture, now: Moment) -> bool {
        self.urgency != Urgency::Later && now < self.capture_by.plus_ms(rules.warn_ms)
    }
}

/// Computes deadlines; clones share the sales units.
#[derive(Clone)]
pub struct Captures {
    rules: Capture,
    units: SalesUnits,
}

impl Captures {
    /// With the rules and the sales units, whose markets it needs.
    pub fn new(rules: Capture, units: SalesUnits) -> Self {
        Self { rules, units }
    }

    /// The deadline of an order's reservation; `None` without one.
    pub fn deadline(&self, checkout: &Checkout, now: Moment) -> Option<Deadline> {
        let reservation = checkout.reservation()?;
        let market = self.units.find(Some(&reservation.sales_unit)).map(|unit| unit.market);
        Some(Deadline::of(reservation, market, &self.rules, now))
    }

    /// An order as the shop sees it: with its deadline, advice, and whether the telephone number was received.
    pub fn for_shop(&self, checkout: &Checkout, shared: Shared, now: Moment) -> ShopOrder {
        let deadline = self.deadline(checkout, now).map(|deadline| CaptureDeadline {
            capture_by_ms: deadline.capture_by.0,
            released_at_ms: deadline.released_at.0,
        });
        let attempt = checkout.current();
        let sharing = attempt.consent.is_some().then_some(match shared {
            _ if !checkout.may_know_customer(attempt) => ShopSharing::Erased,
            Shared { received: false, .. } => ShopSharing::Awaited,
            Shared { number: true, .. } => ShopSharing::Received,
            Shared { number: false, .. } => ShopSharing::Missed,
        });
        let mut order = ShopOrder { customer_id: shared.customer_id, sharing, ..checkout.for_shop(deadline) };
        let advise = |trouble: &Option<String>| trouble.as_deref().map(|trouble| advice::for_code(trouble).to_owned());
        for attempt in &mut order.attempts {
            attempt.advice = advise(&attempt.trouble);
            attempt.operations.iter_mut().for_each(|operation| operation.advice = advise(&operation.trouble));
        }
        order.category.iter_mut().for_each(|category| category.advice = advise(&category.trouble));
        order
    }

    /// Every order with a reservation that is not captured, with its deadline, the most urgent first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn deadlines(&self, store: &Store, now: Moment) -> Result<Vec<(Checkout, Deadline)>, Error> {
        let reserved = store.uncaptured_orders().await?.into_iter();
        let with_deadline = |checkout| self.deadline(&checkout, now).map(|deadline| (checkout, deadline));
        let mut deadlines: Vec<_> = reserved.filter_map(with_deadline).collect();
        deadlines.sort_by_key(|(_, deadline)| deadline.capture_by);
        Ok(deadlines)
    }

    /// The chore that counts due reservations and notifies the shop.
    pub fn chore(self, store: &Store) -> Chore {
        let store = store.clone();
        Chore::new("watch captures", self.rules.every, TIMEOUT, move || {
            let (store, captures) = (store.clone(), self.clone());
            async move {
                let now = clock::now();
                let deadlines = captures.deadlines(&store, now).await?;
                for (name, urgency) in [(CAPTURES_DUE, Urgency::Due), (CAPTURES_OVERDUE, Urgency::Overdue)] {
                    let count = deadlines.iter().filter(|(_, deadline)| deadline.urgency == urgency).count();
                    if count > 0 {
                        tracing::warn!(name, count, "reservations wait for their capture");
                    }
                    store.save_gauge(name, "", i64::try_from(count).unwrap_or(i64::MAX), now).await?;
                }
                for (checkout, deadline) in
                    deadlines.iter().filter(|(_, deadline)| deadline.should_notify(&captures.rules, now))
                {
                    notify(&store, checkout, deadline, now).await?;
                }
                Ok(())
            }
        })
    }
}

/// Notifies the shop of a deadline. The event has an id made from the payment, so it is sent once, however often the
/// deadline is found.
async fn notify(store: &Store, checkout: &Checkout, deadline: &Deadline, now: Moment) -> Result<(), Error> {
    let reference = &deadline.reservation.reference;
    let event = Event::capture_due(checkout, deadline.capture_by, now);
    let told = NewEvent::new(&format!("capture_due-{reference}"), checkout.id, &event)?;
    let endpoints = store.enqueue_deliveries(&told, None, now).await?;
    if endpoints > 0 {
        tracing::info!(checkout = %checkout.id, %reference, "capture due; the shop is notified");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout::Reference;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    fn reserved(guaranteed_days: Option<i64>) -> Reservation {
        Reservation {
            reference: Reference::of("shop", 1),
            sales_unit: "no".into(),
            uncaptured: 100,
            currency: "NOK",
            since: Moment(0),
            guaranteed_until: guaranteed_days.map(|days| Moment(days * DAY_MS)),
        }
    }

    #[test]
    fn the_earlier_of_guarantee_and_market_counts() {
        let rules = Capture {
            warn_ms: 3 * DAY_MS,
            no_ms: 180 * DAY_MS,
            dk_ms: 14 * DAY_MS,
            fi_ms: 14 * DAY_MS,
            every: TIMEOUT,
        };
        for (guaranteed, market, day, capture_by, urgency) in [
            (Some(7), Market::No, 3, 7, Urgency::Later),
            (Some(7), Market::No, 4, 7, Urgency::Due),
            (Some(7), Market::No, 7, 7, Urgency::Overdue),
            (Some(7), Market::No, 10, 7, Urgency::Overdue),
            (None, Market::No, 176, 180, Urgency::Later),
            (None, Market::No, 177, 180, Urgency::Due),
            (Some(30), Market::Dk, 10, 14, Urgency::Later),
            (Some(30), Market::Fi, 11, 14, Urgency::Due),
        ] {
            let now = Moment(day * DAY_MS);
            let deadline = Deadline::of(reserved(guaranteed), Some(market), &rules, now);
            assert_eq!((deadline.capture_by.0 / DAY_MS, deadline.urgency), (capture_by, urgency), "{market:?} {day}");
            // Three days before the deadline, and three after it.
            let should_notify = (capture_by - 3..capture_by + 3).contains(&day);
            assert_eq!(deadline.should_notify(&rules, now), should_notify, "{market:?} {day}");
        }
    }
}
