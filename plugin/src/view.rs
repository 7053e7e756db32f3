//! Shows the model: one screen at a time in the element's shadow root, or the cover (the pay button, the page's content) while closed.
//!
//! `app` calls [`View::render`] after each message. A screen is built when it comes and only refreshed while it stays, so nothing moves
//! under the customer's finger. A new screen moves the focus to its heading. There are two exceptions: the page has just opened, or the
//! focus is elsewhere in the page. Then the live region announces the heading; it also announces changes on a screen, and it outlives the
//! screens. The view must decide nothing about the flow and must not move the focus itself: it returns where the focus is to go.

mod confirmation;
mod controls;
mod failure;
mod lines;
mod start;
mod waiting;

use kvitt_wire::Language;
use web_sys::ShadowRoot;

use crate::dom::{self, El, el};
use crate::model::{Model, Screen};
use crate::text::Word;
use controls::{brand, brand_class, pay_button};

pub(crate) use controls::click_message;

/// The contents of the shadow root.
pub(crate) struct View {
    root: ShadowRoot,
    cover: El,
    frame: El,
    /// The first child of the frame. It receives the focus.
    heading: El,
    live_region: El,
    rendered: RenderKey,
    body: Body,
    /// The page has just opened with an order: the next screen does not take the focus.
    keep_focus: bool,
    /// The heading of a screen that did not take the focus.
    announcement: String,
}

/// What the current screen was built from. When it changes, the screen is built again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct RenderKey {
    screen: Screen,
    language: Language,
    /// The version of the checkout or of the cart, for the screens that show one.
    version: u32,
    /// The trace id of a failure.
    trace_id: Option<String>,
}

/// The parts of the current screen that are refreshed.
enum Body {
    Static,
    Start(start::Start),
    Waiting(waiting::Waiting),
}

impl View {
    pub(crate) fn new(root: &ShadowRoot, cover: El) -> Self {
        let frame = el("section", "frame");
        frame.show(false);
        let live_region = el("p", "voice").attr("role", "status");
        dom::append(root, &frame);
        dom::append(root, &live_region);
        let heading = append_heading(&frame);
        Self {
            root: root.clone(),
            cover,
            frame,
            heading,
            live_region,
            rendered: RenderKey::default(),
            body: Body::Static,
            keep_focus: false,
            announcement: String::new(),
        }
    }

    /// Shows the model. Returns the element that is to get the focus, if any.
    pub(crate) fn render(&mut self, model: &Model) -> Option<El> {
        let (mut focus, mut moved) = (None, false);
        let words = &model.words;
        let language = words.language();
        let version = match (&model.screen, &model.checkout) {
            (Screen::Confirmation | Screen::Failure(_), Some(checkout)) => checkout.version,
            (Screen::Start, _) => model.cart_version,
            _ => 0,
        };
        let next = RenderKey { screen: model.screen.clone(), language, version, trace_id: model.trace_id.clone() };
        if next != self.rendered {
            let from = std::mem::replace(&mut self.rendered, next).screen;
            moved = from != self.rendered.screen;
            focus = self.build(model, from);
        }
        let message = match &self.body {
            Body::Static => String::new(),
            Body::Start(start) => start.refresh(model),
            Body::Waiting(waiting) => waiting.refresh(model),
        };
        self.live_region.set_attr("lang", Some(language.tag()));
        self.live_region.set_text(match message.as_str() {
            _ if model.busy => words.text(Word::Fetching),
            // The heading of a new screen comes before a change on it.
            message if message.is_empty() || moved && !self.announcement.is_empty() => &self.announcement,
            message => message,
        });
        self.frame.set_attr("data-busy", model.busy.then_some(""));
        focus
    }

    /// The field that the customer has to fill in before paying.
    pub(crate) fn missing_field(&self) -> Option<El> {
        match &self.body {
            Body::Start(start) => Some(start.terms()),
            _ => None,
        }
    }

    /// Builds the screen. Returns the element that is to get the focus, if the screen is another than before.
    fn build(&mut self, model: &Model, from: Screen) -> Option<El> {
        let moved = from != model.screen;
        let elsewhere = dom::focus_is_outside(&self.root);
        let words = &model.words;
        let closed = model.screen == Screen::Closed;
        // The same screen with new data keeps its heading, which may have the focus.
        if moved {
            self.frame.clear();
            self.heading = append_heading(&self.frame);
        } else {
            self.frame.clear_after(&self.heading);
        }
        self.frame.show(!closed);
        self.cover.show(closed);
        self.frame.set_attr("lang", Some(words.language().tag()));
        self.frame.set_attr("data-brand", Some(brand_class(brand(model))));
        let heading = &self.heading;
        self.body = match &model.screen {
            Screen::Closed => {
                if let Some(cart) = model.cart.as_ref().filter(|_| model.closable) {
                    pay_button(&self.cover, words, cart.brand);
                }
                Body::Static
            }
            Screen::Fetching => {
                heading.set_text(words.text(Word::Fetching));
                self.frame.append(&el("div", "busy"));
                Body::Static
            }
            Screen::Start => start::Start::build(model, &self.frame, heading).map_or(Body::Static, Body::Start),
            Screen::Waiting => Body::Waiting(waiting::Waiting::build(model, &self.frame, heading)),
            Screen::Confirmation => {
                confirmation::build(model, &self.frame, heading);
                Body::Static
            }
            Screen::Failure(failure) => {
                failure::build(model, failure, &self.frame, heading);
                Body::Static
            }
        };
        if model.screen == Screen::Fetching {
            self.keep_focus |= from == Screen::Closed && model.token.is_some();
        }
        let keep_focus = self.keep_focus || elsewhere;
        self.keep_focus &= model.screen == Screen::Fetching;
        if !moved {
            return None;
        }
        let heading = if closed { &self.cover } else { &self.heading };
        self.announcement = if keep_focus && !closed { heading.text_content() } else { String::new() };
        (!keep_focus).then(|| heading.clone())
    }
}

/// Appends a new heading to the frame.
fn append_heading(frame: &El) -> El {
    let heading = el("h2", "heading").attr("tabindex", "-1");
    frame.append(&heading);
    heading
}
