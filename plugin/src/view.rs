//! Shows the model: one screen at a time inside the element's shadow root, beside the cover that stands while it is closed.
//!
//! A screen is built when it comes and only refreshed while it stays, so that nothing moves under the customer's finger. When it
//! comes the keyboard moves to its heading, except when the page has just opened and nobody has asked, or when the customer is at
//! something else in the page: then the heading is said. One polite live region, which outlives the screens, says that and what
//! changes on one. The view decides nothing, and moves no keyboard itself: it answers where to.

mod confirmation;
mod failure;
mod lines;
mod start;
mod waiting;

use kvitt_wire::{Brand, Language};
use web_sys::ShadowRoot;

use crate::dom::{self, El, el};
use crate::model::{Model, Screen};
use crate::text::{self, Word, Words};

/// What stands in the shadow root.
pub(crate) struct View {
    root: ShadowRoot,
    cover: El,
    frame: El,
    /// The first thing in the frame, and what the keyboard is moved to.
    heading: El,
    voice: El,
    shown: Shown,
    body: Body,
    /// The page opened with this: the next screen does not take the keyboard.
    quiet: bool,
    /// The heading of a screen that came without the keyboard.
    told: String,
}

/// What the current screen was built from; another means building anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    screen: Screen,
    language: Language,
    /// The version of the checkout, or of the cart, for screens that show all of it.
    version: u32,
    /// What a trouble can be found by.
    trace: Option<String>,
}

/// The parts of the current screen that change while it stays.
enum Body {
    Still,
    Start(start::Start),
    Waiting(waiting::Waiting),
}

impl View {
    pub(crate) fn new(root: &ShadowRoot, cover: El) -> Self {
        let frame = el("section", "frame");
        frame.show(false);
        let voice = el("p", "voice").set("role", "status");
        dom::plant(root, &frame);
        dom::plant(root, &voice);
        let heading = heading_of(&frame);
        Self {
            root: root.clone(),
            cover,
            frame,
            heading,
            voice,
            shown: Shown::default(),
            body: Body::Still,
            quiet: false,
            told: String::new(),
        }
    }

    /// Shows the model; answers where the keyboard is to go, if anywhere.
    pub(crate) fn show(&mut self, model: &Model) -> Option<El> {
        let (mut focus, mut moved) = (None, false);
        let words = &model.words;
        let language = words.language();
        let version = match (&model.screen, &model.checkout) {
            (Screen::Done | Screen::Trouble(_), Some(checkout)) => checkout.version,
            (Screen::Start, _) => model.priced,
            _ => 0,
        };
        let next = Shown { screen: model.screen.clone(), language, version, trace: model.trace.clone() };
        if next != self.shown {
            let from = std::mem::replace(&mut self.shown, next).screen;
            moved = from != self.shown.screen;
            focus = self.build(model, from);
        }
        let said = match &self.body {
            Body::Still => String::new(),
            Body::Start(start) => start.refresh(model),
            Body::Waiting(waiting) => waiting.refresh(model),
        };
        self.voice.mark("lang", Some(language.tag()));
        self.voice.write(match said.as_str() {
            _ if model.busy => words.text(Word::Fetching),
            // A new screen's name comes before what changes on it.
            said if said.is_empty() || moved && !self.told.is_empty() => &self.told,
            said => said,
        });
        self.frame.mark("data-busy", model.busy.then_some(""));
        focus
    }

    /// What is missing on the screen: where the keyboard goes when it is pointed out.
    pub(crate) fn missing(&self) -> Option<El> {
        match &self.body {
            Body::Start(start) => Some(start.terms()),
            _ => None,
        }
    }

    fn build(&mut self, model: &Model, from: Screen) -> Option<El> {
        let moved = from != model.screen;
        let elsewhere = dom::keyboard_is_elsewhere(&self.root);
        let words = &model.words;
        let closed = model.screen == Screen::Closed;
        // A screen that only knows more than before keeps its heading, which may have the keyboard.
        if moved {
            self.frame.clear();
            self.heading = heading_of(&self.frame);
        } else {
            self.frame.clear_after(&self.heading);
        }
        self.frame.show(!closed);
        self.cover.show(closed);
        self.frame.mark("lang", Some(words.language().tag()));
        self.frame.mark("data-brand", Some(brand_class(brand(model))));
        let heading = &self.heading;
        self.body = match &model.screen {
            Screen::Closed => {
                if let Some(cart) = model.cart.as_ref().filter(|_| model.closable) {
                    pay_button(&self.cover, words, cart.brand);
                }
                Body::Still
            }
            Screen::Fetching => {
                heading.write(words.text(Word::Fetching));
                self.frame.add(&el("div", "busy"));
                Body::Still
            }
            Screen::Start => start::Start::build(model, &self.frame, heading).map_or(Body::Still, Body::Start),
            Screen::Waiting => Body::Waiting(waiting::Waiting::build(model, &self.frame, heading)),
            Screen::Done => {
                confirmation::build(model, &self.frame, heading);
                Body::Still
            }
            Screen::Trouble(trouble) => {
                failure::build(model, trouble, &self.frame, heading);
                Body::Still
            }
        };
        if model.screen == Screen::Fetching {
            self.quiet |= from == Screen::Closed && model.token.is_some();
        }
        let quiet = self.quiet || elsewhere;
        self.quiet &= model.screen == Screen::Fetching;
        if !moved {
            return None;
        }
        let heading = if closed { &self.cover } else { &self.heading };
        self.told = if quiet && !closed { heading.words_in() } else { String::new() };
        (!quiet).then(|| heading.clone())
    }
}

/// A new heading at the top of the frame.
fn heading_of(frame: &El) -> El {
    let heading = el("h2", "heading").set("tabindex", "-1");
    frame.add(&heading);
    heading
}

/// The brand of the order; before it is known nothing shows one.
fn brand(model: &Model) -> Brand {
    model.cart.as_ref().map_or(Brand::Vipps, |cart| cart.brand)
}

const fn brand_class(brand: Brand) -> &'static str {
    match brand {
        Brand::Vipps => "vipps",
        Brand::MobilePay => "mobilepay",
    }
}

/// The branded button with the approved caption.
fn pay_button(button: &El, words: &Words, brand: Brand) {
    let (before, after) = words.around(Word::Pay);
    let name = match brand {
        Brand::Vipps => Word::PayVipps,
        Brand::MobilePay => Word::PayMobilePay,
    };
    button.mark("class", Some(brand_class(brand)));
    button.clear();
    let strong = el("b", "").text(words.text(name));
    button.add(&el("span", "").words(before).put(&strong).words(after));
}

/// A button that means something; see [`dom::meaning`].
fn button(name: &str, does: &str, caption: &str) -> El {
    el("button", name).set("type", "button").does(does).text(caption)
}

/// The question whether to share the telephone number, in the words of `CONSENT_WORDING`.
fn share_question(model: &Model) -> Option<El> {
    let cart = model.cart.as_ref().filter(|cart| cart.asks_phone_number)?;
    let words = &model.words;
    let input = checkbox("share", model.share).set("aria-describedby", "why");
    let question = words.say(Word::ShareNumber, &[&cart.shop]);
    let why = words.say(Word::ShareWhy, &[&cart.shop, text::name(cart.brand)]);
    let label = el("label", "check").put(&input).put(&el("span", "").text(&question));
    Some(el("div", "choice").put(&label).put(&el("p", "note").set("id", "why").text(&why)))
}

fn checkbox(does: &str, ticked: bool) -> El {
    let input = el("input", "checkbox").set("type", "checkbox").does(does);
    input.tick(ticked);
    input
}
