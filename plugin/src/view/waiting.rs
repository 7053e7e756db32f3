//! The waiting screen: what the customer is to do now, the way there, the way out, and how long it lasts.
//!
//! The time is moved once a second for the eye and spoken only in its last three minutes, at each step.

use kvitt_wire::State;

use super::{brand, button};
use crate::dom::{El, el};
use crate::format;
use crate::model::{Model, Notice};
use crate::text::{self, Word};

/// An attempt lives ten minutes; a clock that says more is wrong.
const LIFE_MS: i64 = 600_000;

/// What changes while the screen stays.
pub(super) struct Waiting {
    how: El,
    open: El,
    left: El,
    notice: El,
}

impl Waiting {
    pub(super) fn build(model: &Model, frame: &El, heading: &El) -> Self {
        let words = &model.words;
        let name = text::name(brand(model));
        heading.write(&words.say(Word::WaitHeading, &[name]));
        let how = el("p", "lead");
        let open = el("a", "button").set("target", "_blank").set("rel", "noopener");
        let open = open.text(&words.say(Word::OpenApp, &[name]));
        let (left, notice) = (el("p", "left"), el("p", "error"));
        frame.add(&el("div", "busy"));
        if let Some(cart) = &model.cart {
            frame.add(&el("p", "amount").text(&format::money(words.language(), cart.total)));
        }
        frame.add(&how);
        frame.add(&el("p", "note").text(words.text(Word::WaitHere)));
        frame.add(&left);
        frame.add(&notice);
        let cancel = button("quiet", "cancel", words.text(Word::Cancel));
        frame.add(&el("div", "actions").put(&open).put(&cancel));
        Self { how, open, left, notice }
    }

    /// Moves the time and the remarks; answers what the live region says.
    pub(super) fn refresh(&self, model: &Model) -> String {
        let words = &model.words;
        let name = text::name(brand(model));
        let Some(checkout) = &model.checkout else { return String::new() };
        let ready = checkout.state == State::Created;
        self.how.write(&if ready { words.say(Word::WaitHow, &[name]) } else { words.say(Word::Starting, &[name]) });
        self.open.show(checkout.redirect_url.is_some());
        self.open.mark("href", checkout.redirect_url.as_deref());

        let left_ms = (checkout.expires_at_ms - model.now).clamp(0, LIFE_MS);
        let left = match (left_ms + 59_999) / 60_000 {
            _ if left_ms <= 30_000 => words.say(Word::SecondsLeft, &[]),
            0 | 1 => words.say(Word::MinuteLeft, &[]),
            minutes => words.say(Word::MinutesLeft, &[&format::count(minutes as u32)]),
        };
        self.left.show(ready);
        self.left.write(&left);

        let notice = match model.notice {
            Some(Notice::Offline) => words.text(Word::Offline),
            Some(Notice::NotCancelled) => words.text(Word::NotCancelled),
            Some(Notice::TermsNeeded) | None => "",
        };
        self.notice.write(notice);
        match (notice, ready && left_ms <= 180_000) {
            ("", true) => left,
            ("", false) => String::new(),
            (notice, _) => notice.into(),
        }
    }
}
