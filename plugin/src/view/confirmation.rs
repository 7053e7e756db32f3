//! The confirmation: what was bought, what has become of the money, and what was shared. It is made to be printed, too.

use kvitt_wire::{Aggregate, Amount, Checkout};

use super::button;
use super::lines::{lines, row};
use crate::dom::{El, el};
use crate::format;
use crate::model::Model;
use crate::text::{self, Word};

pub(super) fn build(model: &Model, frame: &El, heading: &El) {
    let Some(checkout) = &model.checkout else { return };
    let words = &model.words;
    let language = words.language();
    let cart = &checkout.cart;
    let (word, value) = money_state(&checkout.aggregate, cart.total.value);
    let released = word == Word::Released;
    heading.write(words.text(if released { Word::Terminated } else { Word::Thanks }));
    frame.add(&el("span", if released { "cross" } else { "tick" }).set("aria-hidden", "true"));
    let sum = format::money(language, Amount { value, ..cart.total });
    frame.add(&el("p", "lead").text(&words.say(word, &[&sum, &cart.shop])));

    let facts = el("dl", "facts");
    facts.add(&row("fact", words.text(Word::Reference), &checkout.reference));
    facts.add(&row("fact", words.text(Word::Date), &format::date(language, checkout.created_at_ms)));
    facts.add(&row("fact", words.text(Word::PaidWith), text::name(cart.brand)));
    if cart.asks_phone_number {
        facts.add(&row("fact", words.text(Word::Number), &shared(model, checkout)));
    }
    frame.add(&facts);
    frame.add(&lines(words, cart, None));
    let actions = el("div", "actions").put(&button("second", "print", words.text(Word::Print)));
    if model.closable {
        actions.add(&button("quiet", "back", words.text(Word::Back)));
    }
    frame.add(&actions);
}

fn shared(model: &Model, checkout: &Checkout) -> String {
    let words = &model.words;
    match (&checkout.sharing.phone_number_ending, checkout.sharing.consented) {
        (Some(ending), _) => {
            let mut masked = String::from("··");
            masked.push_str(ending);
            words.say(Word::NumberEnding, &[&masked])
        }
        (None, true) => words.say(Word::NumberComing, &[]),
        (None, false) => words.say(Word::NumberKept, &[]),
    }
}

/// What to say of the money, and the amount that is meant, in minor units. `total` stands until the aggregate is known.
fn money_state(aggregate: &Aggregate, total: i64) -> (Word, i64) {
    let Aggregate { authorized, captured, cancelled, refunded } = *aggregate;
    if refunded > 0 {
        (if refunded >= captured { Word::Refunded } else { Word::PartlyRefunded }, refunded)
    } else if captured > 0 {
        (if captured + cancelled >= authorized { Word::Captured } else { Word::PartlyCaptured }, captured)
    } else if cancelled > 0 && cancelled >= authorized {
        (Word::Released, cancelled)
    } else {
        (Word::Reserved, if authorized > 0 { authorized } else { total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aggregate_says_what_became_of_the_money() {
        let state = |authorized, captured, cancelled, refunded| {
            money_state(&Aggregate { authorized, captured, cancelled, refunded }, 500)
        };
        assert_eq!(state(0, 0, 0, 0), (Word::Reserved, 500));
        assert_eq!(state(500, 0, 0, 0), (Word::Reserved, 500));
        assert_eq!(state(500, 200, 0, 0), (Word::PartlyCaptured, 200));
        assert_eq!(state(500, 200, 300, 0), (Word::Captured, 200));
        assert_eq!(state(500, 500, 0, 0), (Word::Captured, 500));
        assert_eq!(state(500, 500, 0, 100), (Word::PartlyRefunded, 100));
        assert_eq!(state(500, 200, 300, 200), (Word::Refunded, 200));
        assert_eq!(state(500, 0, 500, 0), (Word::Released, 500));
    }
}
