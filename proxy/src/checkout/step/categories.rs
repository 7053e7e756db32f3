//! Sets the link that a payment has in the customer's app. A new category replaces the one before, here and at Vipps MobilePay.

use kvitt_wire::State;

use super::{Effect, Moment, Reference, Refusal, Step};
use crate::checkout::category::{Categorized, Category};
use crate::checkout::operation::Outcome;

impl Step {
    pub(super) fn categorize(&mut self, category: Category, now: Moment) -> Result<(), Refusal> {
        let mut attempts = self.checkout.attempts.iter_mut();
        let attempt = attempts.find(|attempt| attempt.state == State::Authorized).ok_or(Refusal::NotPaid)?;
        let before = attempt.category.as_ref();
        let unchanged = |before: &Categorized| {
            before.category == category && matches!(before.outcome, Outcome::Pending | Outcome::Done)
        };
        if before.is_some_and(unchanged) {
            return Ok(());
        }
        let nth = before.map_or(0, |before| before.nth) + 1;
        let reference = attempt.reference.clone();
        attempt.category = Some(Categorized { category: category.clone(), nth, outcome: Outcome::Pending });
        self.plan(now, Effect::Categorize { reference, nth, category: Box::new(category) });
        Ok(())
    }

    /// Records the answer. When the answer to an earlier category arrives last, Vipps MobilePay may have written that one last too, so the
    /// latest is sent once more.
    pub(super) fn categorized(&mut self, reference: &Reference, nth: u32, trouble: Option<String>, now: Moment) {
        let Some(latest) = self.attempt(reference).and_then(|attempt| attempt.category.as_mut()) else { return };
        if nth == latest.nth {
            latest.outcome = trouble.map_or(Outcome::Done, |trouble| Outcome::Refused { trouble });
        } else if latest.outcome == Outcome::Done && trouble.is_none() {
            let (nth, category) = (latest.nth, Box::new(latest.category.clone()));
            self.plan(now, Effect::Categorize { reference: reference.clone(), nth, category });
        }
    }
}

#[cfg(test)]
mod tests {
    use kvitt_wire::CategoryName;

    use super::super::tests::{Story, payment, polled};
    use super::*;
    use crate::checkout::{Input, PaymentState, Private, Update};

    fn tracked(parcel: &str) -> Input {
        let details_url = Private(format!("https://post.example/{parcel}"));
        let name = CategoryName::Delivery;
        Input::Categorize(Category { name, details_url, own_page: false, image_id: None })
    }

    #[test]
    fn the_latest_category_wins_whichever_is_answered_last() {
        let mut story = Story::new(None);
        assert_eq!(story.created(1).take(tracked("1")).err(), Some(Refusal::NotPaid));
        story.update(1, polled(None, payment(PaymentState::Authorized)));
        assert_eq!(story.take(tracked("1")).unwrap().kinds(), ["categorize"]);
        let none: &[&str] = &[];
        assert_eq!(story.take(tracked("1")).unwrap().kinds(), none, "it is pending");
        assert_eq!(story.take(tracked("2")).unwrap().kinds(), ["categorize"]);
        let answered = |nth| Update::Categorized { nth, trouble: None };
        assert_eq!(story.update(1, answered(2)).kinds(), none);
        assert_eq!(story.update(1, answered(1)).kinds(), ["categorize"], "the first has overwritten the second");
        assert_eq!(story.update(1, answered(2)).kinds(), none);
        let refused = Update::Categorized { nth: 2, trouble: Some("vipps_refused".into()) };
        story.update(1, refused);
        assert_eq!(story.take(tracked("2")).unwrap().kinds(), ["categorize"], "refused, and asked for again");
    }
}
