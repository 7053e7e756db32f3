//! The waiting screen: how to approve the payment, a link to the app, a button to cancel, and the time that is left.
//!
//! It shows the checkout as last read, at `Model::now`. The countdown moves every second, and must be announced only in the last three
//! minutes.

use kvitt_wire::State;

use super::controls::brand;
use super::ui::Ui;
use crate::format;
use crate::model::{Model, Notice};
use crate::text::{self, Word};

/// An attempt expires after ten minutes. A clock that shows more is wrong.
const ATTEMPT_MS: i64 = 600_000;

/// Returns the text for the live region.
pub(super) fn write(model: &Model, ui: &mut Ui<'_>) -> String {
    let Some(checkout) = &model.checkout else { return String::new() };
    let words = ui.words;
    let name = text::brand_name(brand(model));
    let ready = checkout.state == State::Created;
    ui.leaf("div.busy", "");
    if let Some(cart) = &model.cart {
        ui.figure("p.amount", cart.total.currency.code(), cart.total.value);
    }
    ui.fill("p.lead", if ready { Word::WaitHow } else { Word::Starting }, &[name]);
    ui.word("p.note", Word::WaitHere);

    let left_ms = (checkout.expires_at_ms - model.now).clamp(0, ATTEMPT_MS);
    let minutes = (left_ms + 59_999) / 60_000;
    let word = match minutes {
        _ if left_ms <= 30_000 => Word::SecondsLeft,
        0 | 1 => Word::MinuteLeft,
        _ => Word::MinutesLeft,
    };
    let left = words.fill(word, &[&format::count(minutes)]);
    if ready {
        ui.leaf("p.left", &left);
    }
    let notice = match model.notice {
        Some(Notice::Offline) => words.text(Word::Offline),
        Some(Notice::NotCancelled) => words.text(Word::NotCancelled),
        Some(Notice::TermsNeeded) | None => "",
    };
    ui.leaf("p.error", notice);
    ui.open("div.actions");
    if let Some(url) = &checkout.redirect_url {
        ui.open("a.button|target=_blank|rel=noopener");
        ui.attr("href", url);
        ui.text(&words.fill(Word::OpenApp, &[name]));
        ui.close();
    }
    ui.word("button.quiet|type=button|data-do=cancel", Word::Cancel);
    ui.close();
    match notice {
        "" if ready && left_ms <= 180_000 => left,
        notice => notice.into(),
    }
}
