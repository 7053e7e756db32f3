//! The element's shadow root, and what happens in the page.
//!
//! `view` draws its screens with this, `app` listens. Elements are created one by one (`js/draw.js`) and styles come from the adopted style
//! sheet, so a page may require Trusted Types. Nothing here may parse HTML.

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlInputElement, Node, ShadowRoot};

#[wasm_bindgen(module = "/js/draw.js")]
extern "C" {
    fn draw(parent: &Node, next: Option<&Node>, screen: &str, locale: &str);
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// The shadow root of the element, and the cover that is its first child: the pay button, or the page's content.
pub(crate) struct Page {
    pub(crate) root: ShadowRoot,
    cover: HtmlElement,
}

impl Page {
    pub(crate) fn new(root: ShadowRoot, cover: HtmlElement) -> Self {
        Self { root, cover }
    }

    /// Shows the screen instead of the cover, or the cover. With `anew` nothing of the screen before it stays.
    pub(crate) fn draw(&self, screen: &str, locale: &str, closed: bool, anew: bool) {
        self.cover.set_hidden(!closed);
        if anew && let Some(frame) = self.find(".frame") {
            frame.remove();
        }
        draw(&self.root, self.cover.next_sibling().as_ref(), screen, locale);
    }

    /// Gives the cover a class and a content.
    pub(crate) fn cover(&self, class: &str, content: &str) {
        self.cover.set_class_name(class);
        draw(&self.cover, self.cover.first_child().as_ref(), content, "");
    }

    /// Moves the focus to the heading of the screen, or to the cover.
    pub(crate) fn focus(&self) {
        let heading = self.find(".heading");
        let _ = heading.as_ref().unwrap_or(&self.cover).focus();
    }

    /// Moves the focus to the field that has to be filled in.
    pub(crate) fn focus_invalid(&self) {
        if let Some(field) = self.find("[aria-invalid]") {
            let _ = field.focus();
        }
    }

    /// Whether the focus is on something in the page outside the shadow root.
    pub(crate) fn focus_is_outside(&self) -> bool {
        let focused = self.root.owner_document().and_then(|page| page.query_selector(":focus").ok()?);
        self.root.active_element().is_none() && focused.is_some()
    }

    fn find(&self, selector: &str) -> Option<HtmlElement> {
        self.root.query_selector(selector).ok()?.map(JsCast::unchecked_into)
    }

    /// Whether the page is not visible.
    pub(crate) fn is_hidden(&self) -> bool {
        self.root.owner_document().is_some_and(|page| page.hidden())
    }
}

/// What a click in the widget hit: the name in its attribute `data-do`, and for a checkbox whether it is ticked now.
pub(crate) fn clicked(event: &web_sys::Event) -> Option<(String, bool)> {
    let element: Element = event.target()?.unchecked_into();
    let element = element.closest("[data-do]").ok()??;
    let ticked = element.dyn_ref::<HtmlInputElement>().is_some_and(HtmlInputElement::checked);
    Some((element.get_attribute("data-do")?, ticked))
}
