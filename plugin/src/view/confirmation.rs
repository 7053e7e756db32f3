//! The confirmation screen: what was bought, the state of the money, and whether the telephone number was shared.
//!
//! It shows the checkout as last read. The customer may print it, so it must make sense on paper.

use kvitt_wire::{Aggregate, Amount, Checkout};

use super::controls::button;
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
    heading.set_text(words.text(if released { Word::Terminated } else { Word::Thanks }));
    frame.append(&el("span", if released { "cross" } else { "tick" }).attr("aria-hidden", "true"));
    let sum = format::money(language, Amount { value, ..cart.total });
    frame.append(&el("p", "lead").text(&words.fill(word, &[&sum, &cart.shop])));

    let facts = el("dl", "facts");
    facts.append(&row("fact", words.text(Word::Reference), &checkout.reference));
    facts.append(&row("fact", words.text(Word::Date), &format::date(language, checkout.created_at_ms)));
    facts.append(&row("fact", words.text(Word::PaidWith), text::brand_name(cart.brand)));
    if cart.asks_phone_number {
        facts.append(&row("fact", words.text(Word::Number), &phone_number(model, checkout)));
    }
    frame.append(&facts);
    frame.append(&lines(words, cart, None));
    let actions = el("div", "actions").child(&button("second", "print", words.text(Word::Print)));
    if model.closable {
        actions.append(&button("quiet", "back", words.text(Word::Back)));
    }
    frame.append(&actions);
}

fn phone_number(model: &Model, checkout: &Checkout) -> String {
    let words = &model.words;
    match (&checkout.sharing.phone_number_ending, checkout.sharing.consented) {
        (Some(ending), _) => {
            let mut masked = String::from("··");
            masked.push_str(ending);
            words.fill(Word::NumberEnding, &[&masked])
        }
        (None, true) => words.fill(Word::NumberComing, &[]),
        (None, false) => words.fill(Word::NumberKept, &[]),
    }
}

/// The sentence about the money and its amount in minor units. `total` is the amount until the aggregate is known.
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
    fn the_aggregate_decides_the_sentence_about_the_money() {
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
