//! Shows the model: one screen at a time in the element's shadow root, or the cover (the pay button, the page's content) while closed.
//!
//! `app` calls [`View::render`] after each message. Each screen is written as text ([`ui`]), and the page is kept in line with it: what
//! stays the same is not touched, so nothing moves under the customer's finger. A new screen begins anew and moves the focus to its
//! heading. There are two exceptions: the page has just opened, or the focus is elsewhere in the page. Then the live region announces the
//! heading; it also announces changes on a screen, and it outlives the screens. The view must decide nothing about the flow and must not
//! move the focus itself: it returns whether the focus is to move.

mod confirmation;
mod controls;
mod failure;
mod lines;
mod start;
mod ui;
mod waiting;

use kvitt_wire::Language;

use crate::format;
use crate::model::{Model, Screen};
use crate::page::Page;
use crate::text::Word;
use controls::{brand, caption};
use ui::Ui;

pub(crate) use controls::click_message;

/// What is shown.
#[derive(Default)]
pub(crate) struct View {
    screen: Screen,
    language: Language,
    /// The page has just opened with an order: the next screen does not take the focus.
    keep_focus: bool,
    /// The heading of a screen that did not take the focus.
    announcement: String,
}

impl View {
    /// Shows the model. Returns whether the focus is to move to what is new.
    pub(crate) fn render(&mut self, model: &Model, page: &Page) -> bool {
        let words = &model.words;
        let closed = model.screen == Screen::Closed;
        let moved = self.screen != model.screen;
        let mut focus = false;
        let mut ui = Ui::new(words);
        let (heading, message) = if closed { Default::default() } else { screen(model, &mut ui) };
        if moved {
            let from = std::mem::replace(&mut self.screen, model.screen.clone());
            if model.screen == Screen::Fetching {
                self.keep_focus |= from == Screen::Closed && model.token.is_some();
            }
            let keep_focus = self.keep_focus || page.focus_is_outside();
            self.keep_focus &= model.screen == Screen::Fetching;
            self.announcement = if keep_focus { heading } else { String::new() };
            focus = !keep_focus;
        }
        ui.open("p.voice|role=status");
        ui.attr("lang", words.language().tag());
        ui.text(match message.as_str() {
            _ if model.busy => words.text(Word::Fetching),
            // The heading of a new screen comes before a change on it.
            message if message.is_empty() || moved && !self.announcement.is_empty() => &self.announcement,
            message => message,
        });
        ui.close();
        let repainted = moved || self.language != words.language();
        if let Some(cart) = model.cart.as_ref().filter(|_| repainted && closed && model.closable) {
            let mut button = Ui::new(words);
            caption(&mut button, cart.brand);
            page.cover(cart.brand.code(), &button.into_text());
        }
        self.language = words.language();
        page.draw(&ui.into_text(), format::locale(self.language), closed, moved);
        focus
    }
}

/// Writes the screen. Returns its heading, and what the live region says of a change on it.
fn screen(model: &Model, ui: &mut Ui<'_>) -> (String, String) {
    let words = &model.words;
    ui.open("section.frame");
    ui.attr("lang", words.language().tag());
    ui.attr("data-brand", brand(model).code());
    ui.attr("data-busy", if model.busy { "1" } else { "" });
    let heading = match &model.screen {
        Screen::Closed | Screen::Fetching => words.text(Word::Fetching).into(),
        Screen::Start => words.text(Word::YourOrder).into(),
        Screen::Waiting => words.fill(Word::WaitHeading, &[crate::text::brand_name(brand(model))]),
        Screen::Confirmation => confirmation::heading(model),
        Screen::Failure(failure) => failure::heading(model, failure),
    };
    ui.leaf("h2.heading|tabindex=-1", &heading);
    let message = match &model.screen {
        Screen::Closed | Screen::Fetching => {
            ui.leaf("div.busy", "");
            String::new()
        }
        Screen::Start => {
            start::write(model, ui);
            String::new()
        }
        Screen::Waiting => waiting::write(model, ui),
        Screen::Confirmation => {
            confirmation::write(model, ui);
            String::new()
        }
        Screen::Failure(failure) => {
            failure::write(model, failure, ui);
            String::new()
        }
    };
    ui.close();
    (heading, message)
}
