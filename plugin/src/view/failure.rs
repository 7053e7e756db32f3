//! The failure screen: what failed, whether anything was paid, and what the customer can do now.
//!
//! It shows a [`Failure`] of the model. It must offer only what the proxy accepts: another attempt only where the checkout is retryable.

use kvitt_wire::State;

use super::controls::{brand, button, share_question};
use super::lines::row;
use crate::dom::{El, el};
use crate::format;
use crate::model::{Failure, Model};
use crate::text::{self, Word};

pub(super) fn build(model: &Model, failure: &Failure, frame: &El, heading: &El) {
    let words = &model.words;
    let language = words.language();
    let text = |word| words.text(word);
    let name = text::brand_name(brand(model));
    let shop = model.cart.as_ref().map_or("", |cart| &cart.shop);
    // Declining to share the number aborts the payment too; the widget cannot tell which of the two it was. The offer to pay without
    // sharing stays when the next attempt gets no answer.
    let aborted = model.checkout.as_ref().is_some_and(|it| it.state == State::Aborted && it.sharing.consented);
    let unshared = aborted && matches!(failure, Failure::Aborted | Failure::Unreachable | Failure::Busy);
    let (title, lead) = texts(failure);
    heading.set_text(text(title));
    frame.append(&el("span", "cross").attr("aria-hidden", "true"));
    frame.append(&el("p", "lead").text(&words.fill(lead, &[name, shop])));
    if let Failure::Failed(code) | Failure::Refused(code) = failure {
        frame.append(&el("p", "note").text(&words.fill(Word::Code, &[code])));
    }
    if unshared {
        frame.append(&el("p", "note").text(&words.fill(Word::AbortedShared, &[shop])));
    }
    if let Some(trace) = &model.trace_id {
        let (before, after) = words.around(Word::Trace);
        let id = el("span", "trace").text(trace);
        frame.append(&el("p", "note").text_node(before).child(&id).text_node(after));
    }
    if let (Failure::PriceChanged { shown }, Some(cart)) = (failure, &model.cart) {
        let prices = el("dl", "facts");
        prices.append(&row("fact old", text(Word::PriceShown), &format::money(language, *shown)));
        prices.append(&row("fact new", text(Word::PriceNow), &format::money(language, cart.total)));
        frame.append(&prices);
    }
    let retryable = model.retryable() && !matches!(failure, Failure::Refused(_));
    if let Some(question) = share_question(model).filter(|_| retryable && !aborted) {
        frame.append(&question);
    }

    let actions = el("div", "actions");
    let mut last = "quiet";
    match failure {
        Failure::PriceChanged { .. } => actions.append(&button("button", "accept", text(Word::Accept))),
        Failure::NotFound | Failure::Refused(_) => last = "second",
        _ => actions.append(&button("button", "again", text(Word::Again))),
    }
    if unshared {
        actions.append(&button("second", "unshared", text(Word::AgainUnshared)));
    }
    if model.closable {
        actions.append(&button(last, "back", text(Word::Back)));
    }
    frame.append(&actions);
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
