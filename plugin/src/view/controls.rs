//! Buttons and checkboxes that several screens have, and what a click on one means.
//!
//! [`El::action`] puts a name on each; [`click_message`] turns the name into a message, which `app` sends. The caption of the pay button
//! must stay the approved one, and the question about the telephone number must stay in the words of `CONSENT_WORDING`.

use kvitt_wire::Brand;

use crate::dom::{self, El, el};
use crate::model::{Action, Model, Msg};
use crate::text::{self, Word, Words};

/// The message of a click in the widget, if it hit a button or a checkbox.
pub(crate) fn click_message(event: &web_sys::Event) -> Option<Msg> {
    match dom::clicked(event)? {
        (name, Some(ticked)) => match name.as_str() {
            "terms" => Some(Msg::Terms(ticked)),
            "share" => Some(Msg::Share(ticked)),
            _ => None,
        },
        (name, None) => action(&name).map(Msg::Pressed),
    }
}

fn action(name: &str) -> Option<Action> {
    Some(match name {
        "pay" => Action::Pay,
        "cancel" => Action::Cancel,
        "again" => Action::Retry,
        "unshared" => Action::RetryUnshared,
        "accept" => Action::AcceptPrice,
        "back" => Action::Back,
        "print" => Action::Print,
        _ => return None,
    })
}

/// The brand of the order. Before it is known no screen shows one.
pub(super) fn brand(model: &Model) -> Brand {
    model.cart.as_ref().map_or(Brand::Vipps, |cart| cart.brand)
}

pub(super) const fn brand_class(brand: Brand) -> &'static str {
    match brand {
        Brand::Vipps => "vipps",
        Brand::MobilePay => "mobilepay",
    }
}

/// Gives a button the brand and the approved caption.
pub(super) fn pay_button(button: &El, words: &Words, brand: Brand) {
    let (before, after) = words.around(Word::Pay);
    let name = match brand {
        Brand::Vipps => Word::PayVipps,
        Brand::MobilePay => Word::PayMobilePay,
    };
    button.set_attr("class", Some(brand_class(brand)));
    button.clear();
    let strong = el("b", "").text(words.text(name));
    button.append(&el("span", "").text_node(before).child(&strong).text_node(after));
}

/// A button; `action` is the name that [`click_message`] reads.
pub(super) fn button(name: &str, action: &str, caption: &str) -> El {
    el("button", name).attr("type", "button").action(action).text(caption)
}

/// The question whether to share the telephone number.
pub(super) fn share_question(model: &Model) -> Option<El> {
    let cart = model.cart.as_ref().filter(|cart| cart.asks_phone_number)?;
    let words = &model.words;
    let input = checkbox("share", model.share).attr("aria-describedby", "why");
    let question = words.fill(Word::ShareNumber, &[&cart.shop]);
    let why = words.fill(Word::ShareWhy, &[&cart.shop, text::brand_name(cart.brand)]);
    let label = el("label", "check").child(&input).child(&el("span", "").text(&question));
    Some(el("div", "choice").child(&label).child(&el("p", "note").attr("id", "why").text(&why)))
}

/// A checkbox; `action` is the name that [`click_message`] reads.
pub(super) fn checkbox(action: &str, ticked: bool) -> El {
    let input = el("input", "checkbox").attr("type", "checkbox").action(action);
    input.set_checked(ticked);
    input
}
