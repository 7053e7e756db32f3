//! The page's DOM: elements, listeners and timers.
//!
//! `view` builds its screens with this, `app` listens and starts timers. It is the only file that names `web_sys`'s element methods.
//! Elements are created one by one and styles come from the adopted style sheet, so a page may require Trusted Types. Nothing here may
//! parse HTML. Listeners and timers are values: dropping one removes it from the page.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, EventTarget, HtmlElement, HtmlInputElement, ShadowRoot, Window};

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

/// An element, in the page or not yet.
#[derive(Clone, Debug)]
pub(crate) struct El(Element);

/// Creates an element. `name` becomes its class, for the theme, and its part, for the shop's own style.
pub(crate) fn el(tag: &str, name: &str) -> El {
    // Dropping the browser's error keeps the code that would print it out of the WebAssembly.
    let element = El(document().create_element(tag).map_err(drop).expect("the tag is a valid name"));
    if name.is_empty() { element } else { element.attr("class", name).attr("part", name) }
}

impl El {
    /// Sets an attribute.
    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        self.set_attr(name, Some(value));
        self
    }

    /// Sets an attribute, or removes it.
    pub(crate) fn set_attr(&self, name: &str, value: Option<&str>) {
        // The names are constants and valid, so neither can fail.
        let _ = match value {
            Some(value) => self.0.set_attribute(name, value),
            None => self.0.remove_attribute(name),
        };
    }

    /// Shows or hides the element.
    pub(crate) fn show(&self, yes: bool) {
        self.set_attr("hidden", if yes { None } else { Some("") });
    }

    /// Replaces the content with a text.
    pub(crate) fn text(self, text: &str) -> Self {
        self.set_text(text);
        self
    }

    /// Replaces the content with a text, if it differs: a live region announces every change.
    pub(crate) fn set_text(&self, text: &str) {
        if self.0.text_content().as_deref() != Some(text) {
            self.0.set_text_content(Some(text));
        }
    }

    /// Appends an element.
    pub(crate) fn child(self, child: &Self) -> Self {
        self.append(child);
        self
    }

    /// Appends an element.
    pub(crate) fn append(&self, child: &Self) {
        // Appending fails only when the child contains this element.
        let _ = self.0.append_child(&child.0);
    }

    /// Appends text.
    pub(crate) fn text_node(self, text: &str) -> Self {
        let _ = self.0.append_child(&document().create_text_node(text));
        self
    }

    /// Names what a click on the element does; [`clicked`] reads the name.
    pub(crate) fn action(self, name: &str) -> Self {
        self.attr("data-do", name)
    }

    /// Removes all content.
    pub(crate) fn clear(&self) {
        self.0.set_text_content(None);
    }

    /// Removes all children after `last`.
    pub(crate) fn clear_after(&self, last: &Self) {
        while let Some(child) = self.0.last_element_child().filter(|child| *child != last.0) {
            child.remove();
        }
    }

    /// Moves the focus to the element.
    pub(crate) fn focus(&self) {
        if let Some(element) = self.0.dyn_ref::<HtmlElement>() {
            let _ = element.focus();
        }
    }

    /// The whole text.
    pub(crate) fn text_content(&self) -> String {
        self.0.text_content().unwrap_or_default()
    }

    /// Ticks or unticks a checkbox.
    pub(crate) fn set_checked(&self, yes: bool) {
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

/// Appends an element to the shadow root.
pub(crate) fn append(root: &ShadowRoot, element: &El) {
    let _ = root.append_child(&element.0);
}

/// Whether the focus is on something in the page outside the shadow root.
pub(crate) fn focus_is_outside(root: &ShadowRoot) -> bool {
    root.active_element().is_none() && document().query_selector(":focus").is_ok_and(|focused| focused.is_some())
}

/// What a click in the widget hit: the name that [`El::action`] gave, and for a checkbox whether it is ticked now.
pub(crate) fn clicked(event: &web_sys::Event) -> Option<(String, Option<bool>)> {
    let element: Element = event.target()?.dyn_into().ok()?;
    let element = element.closest("[data-do]").ok()??;
    let ticked = element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::checked);
    Some((element.get_attribute("data-do")?, ticked))
}

/// Every callback has this one type, which keeps the glue small.
type Callback = Closure<dyn FnMut(web_sys::Event)>;

/// An event listener. Dropping it removes it.
pub(crate) struct Listener {
    target: EventTarget,
    types: &'static [&'static str],
    callback: Callback,
}

impl Listener {
    pub(crate) fn new(
        target: EventTarget,
        types: &'static [&'static str],
        callback: impl FnMut(web_sys::Event) + 'static,
    ) -> Self {
        let callback = Callback::new(callback);
        for name in types {
            let _ = target.add_event_listener_with_callback(name, callback.as_ref().unchecked_ref());
        }
        Self { target, types, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for name in self.types {
            let _ = self.target.remove_event_listener_with_callback(name, self.callback.as_ref().unchecked_ref());
        }
    }
}

/// A timer that fires once. Dropping it cancels it.
pub(crate) struct Timer {
    id: i32,
    _callback: Callback,
}

impl Timer {
    pub(crate) fn new(after_ms: i32, callback: impl FnMut(web_sys::Event) + 'static) -> Self {
        let callback = Callback::new(callback);
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
