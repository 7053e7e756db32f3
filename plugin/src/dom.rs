//! The page, as far as the widget touches it: the only file that names `web_sys`'s element methods.
//!
//! Elements are built one by one, never parsed from text, so a page that demands Trusted Types is content; styles come from the
//! adopted sheet alone. Listeners and timers are values: dropping one takes it out of the page.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, EventTarget, HtmlElement, HtmlInputElement, ShadowRoot, Window};

use crate::model::Act;

/// The page's window.
pub(crate) fn window() -> Window {
    web_sys::window().expect("the widget runs in a page")
}

/// The page's document.
pub(crate) fn document() -> Document {
    window().document().expect("a page has a document")
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// An element that is being built, or stands in the page.
#[derive(Clone, Debug)]
pub(crate) struct El(Element);

/// A new element. `name` is its class, for the theme, and its part, for the shop's own style.
pub(crate) fn el(tag: &str, name: &str) -> El {
    // Without the browser's error the code that would print it stays out of the module.
    let element = El(document().create_element(tag).map_err(drop).expect("the tag is a valid name"));
    if name.is_empty() { element } else { element.set("class", name).set("part", name) }
}

impl El {
    /// Sets an attribute.
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.mark(name, Some(value));
        self
    }

    /// Sets an attribute, or takes it away.
    pub(crate) fn mark(&self, name: &str, value: Option<&str>) {
        // The names are ours and valid, so neither can fail.
        let _ = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    /// Shows or hides it.
    pub(crate) fn show(&self, yes: bool) {
        self.mark("hidden", if yes { None } else { Some("") });
    }

    /// Its whole text.
    pub(crate) fn text(self, text: &str) -> Self {
        self.write(text);
        self
    }

    /// Replaces its whole text, if it is another: a live region speaks on every change.
    pub(crate) fn write(&self, text: &str) {
        if self.0.text_content().as_deref() != Some(text) {
            self.0.set_text_content(Some(text));
        }
    }

    /// Appends an element.
    pub(crate) fn put(self, child: &Self) -> Self {
        self.add(child);
        self
    }

    /// Appends an element.
    pub(crate) fn add(&self, child: &Self) {
        // Appending fails only on cycles.
        let _ = self.0.append_child(&child.0);
    }

    /// Appends text.
    pub(crate) fn words(self, text: &str) -> Self {
        let _ = self.0.append_child(&document().create_text_node(text));
        self
    }

    /// Has a press on it, or a tick in it, mean something; see [`meaning`].
    pub(crate) fn does(self, what: &str) -> Self {
        self.set("data-do", what)
    }

    /// Takes everything out of it.
    pub(crate) fn clear(&self) {
        self.0.set_text_content(None);
    }

    /// Takes everything out of it that stands after `last`.
    pub(crate) fn clear_after(&self, last: &Self) {
        while let Some(child) = self.0.last_element_child().filter(|child| *child != last.0) {
            child.remove();
        }
    }

    /// Moves the keyboard and the screen reader to it.
    pub(crate) fn focus(&self) {
        if let Some(element) = self.0.dyn_ref::<HtmlElement>() {
            let _ = element.focus();
        }
    }

    /// Its whole text, to be said elsewhere.
    pub(crate) fn words_in(&self) -> String {
        self.0.text_content().unwrap_or_default()
    }

    /// Whether a checkbox is ticked.
    pub(crate) fn tick(&self, yes: bool) {
        if let Some(input) = self.0.dyn_ref::<HtmlInputElement>() {
            input.set_checked(yes);
        }
    }
}

impl From<HtmlElement> for El {
    fn from(element: HtmlElement) -> Self {
        Self(element.into())
    }
}

/// Appends to the element's shadow root.
pub(crate) fn plant(root: &ShadowRoot, element: &El) {
    let _ = root.append_child(&element.0);
}

/// Whether the customer is at something outside of the shadow root.
pub(crate) fn keyboard_is_elsewhere(root: &ShadowRoot) -> bool {
    root.active_element().is_none() && document().query_selector(":focus").is_ok_and(|focused| focused.is_some())
}

/// What the customer did inside the widget.
pub(crate) enum Deed {
    /// Pressed something.
    Press(Act),
    /// Ticked or unticked the terms.
    Terms(bool),
    /// Ticked or unticked the sharing of the number.
    Share(bool),
}

/// What an event inside the widget means, if it means anything.
pub(crate) fn meaning(event: &web_sys::Event) -> Option<Deed> {
    let element: Element = event.target()?.dyn_into().ok()?;
    let element = element.closest("[data-do]").ok()??;
    let ticked = element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::checked);
    match (element.get_attribute("data-do")?.as_str(), ticked) {
        ("terms", Some(yes)) => Some(Deed::Terms(yes)),
        ("share", Some(yes)) => Some(Deed::Share(yes)),
        (press, None) => act(press).map(Deed::Press),
        _ => None,
    }
}

fn act(name: &str) -> Option<Act> {
    Some(match name {
        "pay" => Act::Pay,
        "cancel" => Act::Cancel,
        "again" => Act::Again,
        "unshared" => Act::AgainUnshared,
        "accept" => Act::Accept,
        "back" => Act::Back,
        "print" => Act::Print,
        _ => return None,
    })
}

/// One shape of callback for everything keeps the glue small.
type Callback = Closure<dyn FnMut(web_sys::Event)>;

/// Listens until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    kinds: &'static [&'static str],
    callback: Callback,
}

impl Listener {
    pub(crate) fn new(
        target: EventTarget,
        kinds: &'static [&'static str],
        then: impl FnMut(web_sys::Event) + 'static,
    ) -> Self {
        let callback = Callback::new(then);
        for kind in kinds {
            let _ = target.add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref());
        }
        Self { target, kinds, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for kind in self.kinds {
            let _ = self.target.remove_event_listener_with_callback(kind, self.callback.as_ref().unchecked_ref());
        }
    }
}

/// Rings once, unless it is dropped before.
pub(crate) struct Timer {
    id: i32,
    _callback: Callback,
}

impl Timer {
    pub(crate) fn new(after_ms: i32, then: impl FnMut(web_sys::Event) + 'static) -> Self {
        let callback = Callback::new(then);
        let id = window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), after_ms)
            .unwrap_or_default();
        Self { id, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        window().clear_timeout_with_handle(self.id);
    }
}
