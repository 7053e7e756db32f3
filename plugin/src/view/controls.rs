//! Buttons and checkboxes that several screens have, and what a click on one means.
//!
//! The attribute `data-do` has a name; [`click_message`] turns the name into a message, which `app` sends. The caption of the pay button
//! must stay the approved one, and the question about the telephone number must stay in the words of `CONSENT_WORDING`.

use kvitt_wire::Brand;

use super::ui::Ui;
use crate::model::{Action, Model, Msg};
use crate::text::{self, Word};

/// The message of a click on what has this name; `ticked` is whether a checkbox is ticked now.
pub(crate) fn click_message(name: &str, ticked: bool) -> Option<Msg> {
    Some(Msg::Pressed(match name {
        "terms" => return Some(Msg::Terms(ticked)),
        "share" => return Some(Msg::Share(ticked)),
        "pay" => Action::Pay,
        "cancel" => Action::Cancel,
        "again" => Action::Retry,
        "unshared" => Action::RetryUnshared,
        "accept" => Action::AcceptPrice,
        "back" => Action::Back,
        "print" => Action::Print,
        _ => return None,
    }))
}

/// The brand of the order. Before it is known no screen shows one.
pub(super) fn brand(model: &Model) -> Brand {
    model.cart.as_ref().map_or(Brand::Vipps, |cart| cart.brand)
}

/// The approved caption of a pay button.
pub(super) fn caption(ui: &mut Ui<'_>, brand: Brand) {
    let name = match brand {
        Brand::Vipps => Word::PayVipps,
        Brand::MobilePay => Word::PayMobilePay,
    };
    ui.open("span");
    ui.around(Word::Pay, |ui| ui.word("b", name));
    ui.close();
}

/// The question whether to share the telephone number.
pub(super) fn share_question(model: &Model, ui: &mut Ui<'_>) {
    let Some(cart) = model.cart.as_ref().filter(|cart| cart.asks_phone_number) else { return };
    ui.open("div.choice");
    ui.open("label.check");
    ui.open("input.checkbox|type=checkbox|data-do=share|aria-describedby=why");
    ui.attr("checked", if model.share { "1" } else { "" });
    ui.close();
    ui.fill("span", Word::ShareNumber, &[&cart.shop]);
    ui.close();
    ui.fill("p.note|id=why", Word::ShareWhy, &[&cart.shop, text::brand_name(cart.brand)]);
    ui.close();
}
