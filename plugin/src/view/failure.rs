//! The trouble screen: what happened, that nothing was paid where that is so, and the next step.

use kvitt_wire::State;

use super::lines::row;
use super::{brand, button, share_question};
use crate::dom::{El, el};
use crate::format;
use crate::model::{Model, Trouble};
use crate::text::{self, Word};

pub(super) fn build(model: &Model, trouble: &Trouble, frame: &El, heading: &El) {
    let words = &model.words;
    let language = words.language();
    let say = |word| words.text(word);
    let name = text::name(brand(model));
    let shop = model.cart.as_ref().map_or("", |cart| &cart.shop);
    // Refusing to share the number ends the payment, and the two cannot be told apart from here. It stays so when the next try
    // gets no answer.
    let refused = model.checkout.as_ref().is_some_and(|it| it.state == State::Aborted && it.sharing.consented);
    let unshared = refused && matches!(trouble, Trouble::Aborted | Trouble::Unreachable | Trouble::Busy);
    let (what, why) = meaning(trouble);
    heading.write(say(what));
    frame.add(&el("span", "cross").set("aria-hidden", "true"));
    frame.add(&el("p", "lead").text(&words.say(why, &[name, shop])));
    if let Trouble::Failed(code) | Trouble::Refused(code) = trouble {
        frame.add(&el("p", "note").text(&words.say(Word::Code, &[code])));
    }
    if unshared {
        frame.add(&el("p", "note").text(&words.say(Word::AbortedShared, &[shop])));
    }
    if let Some(trace) = &model.trace {
        let (before, after) = words.around(Word::Trace);
        let id = el("span", "trace").text(trace);
        frame.add(&el("p", "note").words(before).put(&id).words(after));
    }
    if let (Trouble::PriceChanged { shown }, Some(cart)) = (trouble, &model.cart) {
        let prices = el("dl", "facts");
        prices.add(&row("fact old", say(Word::PriceShown), &format::money(language, *shown)));
        prices.add(&row("fact new", say(Word::PriceNow), &format::money(language, cart.total)));
        frame.add(&prices);
    }
    let retryable = model.retryable();
    if let Some(question) = share_question(model).filter(|_| retryable && !refused) {
        frame.add(&question);
    }

    let actions = el("div", "actions");
    let mut last = "quiet";
    match trouble {
        Trouble::PriceChanged { .. } => actions.add(&button("button", "accept", say(Word::Accept))),
        Trouble::NotFound | Trouble::Refused(_) => last = "second",
        _ => actions.add(&button("button", "again", say(Word::Again))),
    }
    if unshared {
        actions.add(&button("second", "unshared", say(Word::AgainUnshared)));
    }
    if model.closable {
        actions.add(&button(last, "back", say(Word::Back)));
    }
    frame.add(&actions);
}

/// The heading, and what it means.
const fn meaning(trouble: &Trouble) -> (Word, Word) {
    match trouble {
        Trouble::Aborted => (Word::Aborted, Word::AbortedWhat),
        Trouble::Expired => (Word::Expired, Word::ExpiredWhat),
        Trouble::Terminated => (Word::Terminated, Word::TerminatedWhat),
        Trouble::Failed(_) => (Word::Failed, Word::FailedWhat),
        Trouble::PriceChanged { .. } => (Word::PriceChanged, Word::PriceChangedWhat),
        Trouble::NotFound => (Word::NotFound, Word::NotFoundWhat),
        Trouble::Unreachable => (Word::Unreachable, Word::UnreachableWhat),
        Trouble::Busy => (Word::Busy, Word::BusyWhat),
        Trouble::Refused(_) => (Word::Refused, Word::RefusedWhat),
    }
}
