//! The confirmation screen: what was bought, the state of the money, and whether the telephone number was shared.
//!
//! It shows the checkout as last read. The customer may print it, so it must make sense on paper.

use kvitt_wire::{Aggregate, Amount, CategoryName, Checkout};

use super::lines::lines;
use super::ui::Ui;
use crate::format;
use crate::model::Model;
use crate::text::{self, Word, Words};

pub(super) fn heading(model: &Model) -> String {
    let released = model.checkout.as_ref().is_some_and(|checkout| money_state(checkout).0 == Word::Released);
    model.words.text(if released { Word::Terminated } else { Word::Thanks }).into()
}

pub(super) fn write(model: &Model, ui: &mut Ui<'_>) {
    let Some(checkout) = &model.checkout else { return };
    let words = ui.words;
    let cart = &checkout.cart;
    let (word, value) = money_state(checkout);
    ui.leaf(if word == Word::Released { "span.cross|aria-hidden=true" } else { "span.tick|aria-hidden=true" }, "");
    ui.fill("p.lead", word, &[&format::money(Amount { value, ..cart.total }), &cart.shop]);

    ui.open("dl.facts");
    ui.row("div.fact", words.text(Word::OrderNumber), &checkout.order_number);
    ui.open("div.fact");
    ui.word("dt", Word::Date);
    ui.figure("dd", "date", checkout.created_at_ms);
    ui.close();
    ui.row("div.fact", words.text(Word::PaidWith), text::brand_name(cart.brand));
    if cart.asks_phone_number {
        ui.row("div.fact", words.text(Word::Number), &phone_number(words, checkout));
    }
    ui.close();
    lines(ui, cart, None);
    ui.open("div.actions");
    if let Some(it) = &checkout.category {
        ui.open("a.second|target=_blank|rel=noopener");
        ui.attr("href", &it.details_url);
        ui.text(words.text(category(it.category)));
        ui.close();
    }
    ui.word("button.second|type=button|data-do=print", Word::Print);
    if model.closable {
        ui.word("button.quiet|type=button|data-do=back", Word::Back);
    }
    ui.close();
}

/// The caption of the shop's link.
const fn category(name: CategoryName) -> Word {
    match name {
        CategoryName::General => Word::General,
        CategoryName::Receipt => Word::Receipt,
        CategoryName::OrderConfirmation => Word::OrderConfirmation,
        CategoryName::Delivery => Word::Delivery,
        CategoryName::Ticket => Word::Ticket,
        CategoryName::Booking => Word::Booking,
    }
}

fn phone_number(words: &Words, checkout: &Checkout) -> String {
    match (&checkout.sharing.phone_number_ending, checkout.sharing.consented) {
        (Some(ending), _) => {
            let mut masked = String::from("··");
            masked.push_str(ending);
            words.fill(Word::NumberEnding, &[&masked])
        }
        (None, true) => words.text(Word::NumberComing).into(),
        (None, false) => words.text(Word::NumberKept).into(),
    }
}

fn money_state(checkout: &Checkout) -> (Word, i64) {
    sentence(&checkout.aggregate, checkout.cart.total.value)
}

/// The sentence about the money and its amount in minor units. `total` is the amount until the aggregate is known.
fn sentence(aggregate: &Aggregate, total: i64) -> (Word, i64) {
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
            sentence(&Aggregate { authorized, captured, cancelled, refunded }, 500)
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
