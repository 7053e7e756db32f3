//! The waiting screen: how to approve the payment, a link to the app, a button to cancel, and the time that is left.
//!
//! It shows the checkout as last read, at `Model::now`. The countdown is refreshed every second, and must be announced only in the last
//! three minutes.

use kvitt_wire::State;

use super::controls::{brand, button};
use crate::dom::{El, el};
use crate::format;
use crate::model::{Model, Notice};
use crate::text::{self, Word};

/// An attempt expires after ten minutes. A clock that shows more is wrong.
const ATTEMPT_MS: i64 = 600_000;

/// The parts that are refreshed.
pub(super) struct Waiting {
    how: El,
    open: El,
    left: El,
    notice: El,
}

impl Waiting {
    pub(super) fn build(model: &Model, frame: &El, heading: &El) -> Self {
        let words = &model.words;
        let name = text::brand_name(brand(model));
        heading.set_text(&words.fill(Word::WaitHeading, &[name]));
        let how = el("p", "lead");
        let open = el("a", "button").attr("target", "_blank").attr("rel", "noopener");
        let open = open.text(&words.fill(Word::OpenApp, &[name]));
        let (left, notice) = (el("p", "left"), el("p", "error"));
        frame.append(&el("div", "busy"));
        if let Some(cart) = &model.cart {
            frame.append(&el("p", "amount").text(&format::money(words.language(), cart.total)));
        }
        frame.append(&how);
        frame.append(&el("p", "note").text(words.text(Word::WaitHere)));
        frame.append(&left);
        frame.append(&notice);
        let cancel = button("quiet", "cancel", words.text(Word::Cancel));
        frame.append(&el("div", "actions").child(&open).child(&cancel));
        Self { how, open, left, notice }
    }

    /// Refreshes the countdown and the notice. Returns the text for the live region.
    pub(super) fn refresh(&self, model: &Model) -> String {
        let words = &model.words;
        let name = text::brand_name(brand(model));
        let Some(checkout) = &model.checkout else { return String::new() };
        let ready = checkout.state == State::Created;
        self.how.set_text(&if ready {
            words.fill(Word::WaitHow, &[name])
        } else {
            words.fill(Word::Starting, &[name])
        });
        self.open.show(checkout.redirect_url.is_some());
        self.open.set_attr("href", checkout.redirect_url.as_deref());

        let left_ms = (checkout.expires_at_ms - model.now).clamp(0, ATTEMPT_MS);
        let left = match (left_ms + 59_999) / 60_000 {
            _ if left_ms <= 30_000 => words.fill(Word::SecondsLeft, &[]),
            0 | 1 => words.fill(Word::MinuteLeft, &[]),
            minutes => words.fill(Word::MinutesLeft, &[&format::count(minutes as u32)]),
        };
        self.left.show(ready);
        self.left.set_text(&left);

        let notice = match model.notice {
            Some(Notice::Offline) => words.text(Word::Offline),
            Some(Notice::NotCancelled) => words.text(Word::NotCancelled),
            Some(Notice::TermsNeeded) | None => "",
        };
        self.notice.set_text(notice);
        match (notice, ready && left_ms <= 180_000) {
            ("", true) => left,
            ("", false) => String::new(),
            (notice, _) => notice.into(),
        }
    }
}
