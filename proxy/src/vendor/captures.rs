//! Watches over money that is reserved and not captured: it is guaranteed for a while, and given back to the customer some time later.
//!
//! It only reads. What is due is shown on the order and by `kvitt orders due`, counted for `/metrics`, and told to the shop once;
//! capturing is the shop's decision.

use std::time::Duration;

use kvitt_wire::{CaptureDeadline, ShopOrder, ShopSharing};
use serde::Serialize;

use crate::base::clock;
use crate::checkout::{Checkout, Event, Moment, Reservation};
use crate::config::{Capture, Market, SalesUnits};
use crate::engine::chores::Chore;
use crate::observe::metrics::{CAPTURES_DUE, CAPTURES_OVERDUE};
use crate::store::deliveries::NewEvent;
use crate::store::{Error, Shared, Store};
use crate::vendor::advice;

/// Going through all reservations takes no longer.
const LONGEST: Duration = Duration::from_secs(60);

/// A reservation, and by when it is to be captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// What is reserved.
    #[serde(flatten)]
    pub reservation: Reservation,
    /// Until then a capture is sure to succeed: the vendor's guarantee, or the market's rule where the vendor has said nothing.
    pub capture_by: Moment,
    /// Then the vendor gives the money back.
    pub released_at: Moment,
    /// How it stands.
    pub urgency: Urgency,
}

/// How urgent a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// There is time.
    Later,
    /// To be captured within the days of warning.
    Due,
    /// Not guaranteed any more.
    Overdue,
}

impl Deadline {
    /// By when a reservation of a market is to be captured, as it stands at that moment.
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

    /// Whether the shop is told: from the warning on, and for as long after the deadline, in case nobody was there to tell it in time.
    fn is_news(&self, rules: &Capture, now: Moment) -> bool {
        self.urgency != Urgency::Later && now < self.capture_by.plus_ms(rules.warn_ms)
    }
}

/// Who knows the deadlines; clones share the sales units.
#[derive(Clone)]
pub struct Captures {
    rules: Capture,
    units: SalesUnits,
}

impl Captures {
    /// With the rules, and the sales units' markets.
    pub fn new(rules: Capture, units: SalesUnits) -> Self {
        Self { rules, units }
    }

    /// By when an order's money is to be captured, as it stands at that moment; none where nothing waits for it.
    pub fn deadline(&self, checkout: &Checkout, now: Moment) -> Option<Deadline> {
        let reservation = checkout.reservation()?;
        let market = self.units.find(Some(&reservation.sales_unit)).map(|unit| unit.market);
        Some(Deadline::of(reservation, market, &self.rules, now))
    }

    /// An order as the shop sees it, with its deadline and what may be said of its customer.
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
        let advise = |trouble: &Option<String>| trouble.as_deref().map(|trouble| advice::on(trouble).to_owned());
        for attempt in &mut order.attempts {
            attempt.advice = advise(&attempt.trouble);
            attempt.operations.iter_mut().for_each(|operation| operation.advice = advise(&operation.trouble));
        }
        order.category.iter_mut().for_each(|category| category.advice = advise(&category.trouble));
        order
    }

    /// Every order whose money waits to be captured, with its deadline, the most urgent first.
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

    /// The chore that counts what is due, and tells the shop.
    pub fn chore(self, store: &Store) -> Chore {
        let store = store.clone();
        Chore::new("watch captures", self.rules.every, LONGEST, move || {
            let (store, captures) = (store.clone(), self.clone());
            async move {
                let now = clock::now();
                let deadlines = captures.deadlines(&store, now).await?;
                for (name, urgency) in [(CAPTURES_DUE, Urgency::Due), (CAPTURES_OVERDUE, Urgency::Overdue)] {
                    let count = deadlines.iter().filter(|(_, deadline)| deadline.urgency == urgency).count();
                    if count > 0 {
                        tracing::warn!(name, count, "reserved money waits to be captured");
                    }
                    store.save_gauge(name, "", i64::try_from(count).unwrap_or(i64::MAX), now).await?;
                }
                for (checkout, deadline) in
                    deadlines.iter().filter(|(_, deadline)| deadline.is_news(&captures.rules, now))
                {
                    tell(&store, checkout, deadline, now).await?;
                }
                Ok(())
            }
        })
    }
}

/// Tells the shop of a deadline. The event is named by its payment, so that it is told once however often it is found.
async fn tell(store: &Store, checkout: &Checkout, deadline: &Deadline, now: Moment) -> Result<(), Error> {
    let reference = &deadline.reservation.reference;
    let event = Event::capture_due(checkout, deadline.capture_by, now);
    let told = NewEvent::new(&format!("capture_due-{reference}"), checkout.id, &event)?;
    let endpoints = store.enqueue_deliveries(&told, None, now).await?;
    if endpoints > 0 {
        tracing::info!(checkout = %checkout.id, %reference, "capture due, and the shop told");
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
            every: LONGEST,
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
            let is_news = (capture_by - 3..capture_by + 3).contains(&day);
            assert_eq!(deadline.is_news(&rules, now), is_news, "{market:?} {day}");
        }
    }
}
