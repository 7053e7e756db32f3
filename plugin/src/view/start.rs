//! The start screen: the order, the terms, the telephone number and the pay button.
//!
//! It shows the cart at the proxy's prices, and a QR once an order is open for scan to pay. The pay button must never be disabled:
//! without the terms it shows what is missing and moves the focus there.

use super::controls::{caption, share_question};
use super::lines::lines;
use super::ui::Ui;
use crate::model::{self, Model, Notice};
use crate::text::Word;

/// What is missing is announced by the checkbox's description, so the live region says nothing.
pub(super) fn write(model: &Model, ui: &mut Ui<'_>) {
    let Some(cart) = &model.cart else { return };
    ui.leaf("p.shop", &cart.shop);
    lines(ui, cart, Some(&model.order.origin));

    let missing = model.notice == Some(Notice::TermsNeeded);
    ui.open("div.choice");
    ui.open("label.check");
    ui.open("input.checkbox|type=checkbox|data-do=terms|required=");
    ui.attr("checked", if model.terms { "1" } else { "" });
    ui.attr("aria-invalid", if missing { "true" } else { "" });
    ui.attr("aria-describedby", if missing { "missing" } else { "" });
    ui.close();
    ui.open("span");
    ui.around(Word::Terms, |ui| {
        ui.open("a.link|target=_blank|rel=noopener");
        ui.attr("href", model::link(&cart.terms_url).unwrap_or_default());
        ui.text(ui.words.text(Word::TermsLink));
        ui.close();
    });
    ui.close();
    ui.close();
    if missing {
        ui.word("p.error|id=missing", Word::TermsNeeded);
    }
    ui.close();
    share_question(model, ui);

    ui.open("div.actions");
    ui.open("button.button|type=button|data-do=pay");
    caption(ui, cart.brand);
    ui.close();
    if model.closable {
        ui.word("button.quiet|type=button|data-do=back", Word::Back);
    }
    ui.close();
    if let Some(token) = model.token.as_ref().filter(|_| model.scan_ready) {
        let mut url = model.order.origin.clone();
        url.push_str("/pay/");
        url.push_str(token);
        url.push_str("/qr.svg");
        ui.open("div.scan");
        ui.open("img.code|alt=|width=144|height=144");
        ui.attr("src", &url);
        ui.close();
        ui.word("p", Word::Scan);
        ui.close();
    }
}
