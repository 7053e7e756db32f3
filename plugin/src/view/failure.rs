//! The failure screen: what failed, whether anything was paid, and what the customer can do now.
//!
//! It shows a [`Failure`] of the model. It must offer only what the proxy accepts: another attempt only where the checkout is retryable.

use kvitt_wire::State;

use super::controls::{brand, share_question};
use super::ui::Ui;
use crate::model::{Failure, Model};
use crate::text::{self, Word};

pub(super) fn heading(model: &Model, failure: &Failure) -> String {
    model.words.text(texts(failure).0).into()
}

pub(super) fn write(model: &Model, failure: &Failure, ui: &mut Ui<'_>) {
    let words = ui.words;
    let shop = model.cart.as_ref().map_or("", |cart| &cart.shop);
    // Declining to share the number aborts the payment too; the widget cannot tell which of the two it was. The offer to pay without
    // sharing stays when the next attempt gets no answer.
    let aborted = model.checkout.as_ref().is_some_and(|it| it.state == State::Aborted && it.sharing.consented);
    let unshared = aborted && matches!(failure, Failure::Aborted | Failure::Unreachable | Failure::Busy);
    ui.leaf("span.cross|aria-hidden=true", "");
    ui.fill("p.lead", texts(failure).1, &[text::brand_name(brand(model)), shop]);
    if let Failure::Failed(code) | Failure::Refused(code) = failure {
        ui.fill("p.note", Word::Code, &[code]);
    }
    if unshared {
        ui.fill("p.note", Word::AbortedShared, &[shop]);
    }
    if let Some(trace) = &model.trace_id {
        ui.open("p.note");
        ui.around(Word::Trace, |ui| ui.leaf("span.trace", trace));
        ui.close();
    }
    if let (Failure::PriceChanged { shown }, Some(cart)) = (failure, &model.cart) {
        ui.open("dl.facts");
        ui.sum("div.fact old", words.text(Word::PriceShown), *shown);
        ui.sum("div.fact new", words.text(Word::PriceNow), cart.total);
        ui.close();
    }
    if model.retryable() && !matches!(failure, Failure::Refused(_)) && !aborted {
        share_question(model, ui);
    }

    ui.open("div.actions");
    let mut last = "button.quiet|type=button|data-do=back";
    match failure {
        Failure::PriceChanged { .. } => ui.word("button.button|type=button|data-do=accept", Word::Accept),
        Failure::NotFound | Failure::Refused(_) => last = "button.second|type=button|data-do=back",
        _ => ui.word("button.button|type=button|data-do=again", Word::Again),
    }
    if unshared {
        ui.word("button.second|type=button|data-do=unshared", Word::AgainUnshared);
    }
    if model.closable {
        ui.word(last, Word::Back);
    }
    ui.close();
}

/// The heading and the text below it.
const fn texts(failure: &Failure) -> (Word, Word) {
    match failure {
        Failure::Aborted => (Word::Aborted, Word::AbortedWhat),
        Failure::Expired => (Word::Expired, Word::ExpiredWhat),
        Failure::Terminated => (Word::Terminated, Word::TerminatedWhat),
        Failure::Failed(_) => (Word::Failed, Word::FailedWhat),
        Failure::PriceChanged { .. } => (Word::PriceChanged, Word::PriceChangedWhat),
        Failure::NotFound => (Word::NotFound, Word::NotFoundWhat),
        Failure::Unreachable => (Word::Unreachable, Word::UnreachableWhat),
        Failure::Busy => (Word::Busy, Word::BusyWhat),
        Failure::Refused(_) => (Word::Refused, Word::RefusedWhat),
    }
}
