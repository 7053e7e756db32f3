//! The page as the widget sees it: `js/page.js` has what each function does.
//!
//! Elements are created one by one (`js/draw.js`) and styles come from the adopted style sheet, so a page may require Trusted Types. The
//! page may refuse each of these (it prevents an event's default, a frame may not navigate, a tab has no storage); that must never be an
//! error.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The page of one element.
    pub type Page;

    /// Shows a screen, written by `view`, instead of the cover, or the cover. With `anew` nothing of the screen before it stays.
    #[wasm_bindgen(method)]
    pub(crate) fn draw(this: &Page, screen: &str, locale: &str, closed: bool, anew: bool);
    /// Gives the cover a class and a content.
    #[wasm_bindgen(method)]
    pub(crate) fn cover(this: &Page, class: &str, content: &str);
    /// Moves the focus to the first element of a selector, or to the cover.
    #[wasm_bindgen(method)]
    pub(crate) fn focus(this: &Page, selector: &str);
    /// Whether the focus is on something in the page outside the element.
    #[wasm_bindgen(method, js_name = focusIsOutside)]
    pub(crate) fn focus_is_outside(this: &Page) -> bool;
    /// Sends a request with this number. A body comes with its idempotency key.
    #[wasm_bindgen(method)]
    pub(crate) fn send(this: &Page, number: u32, url: &str, method: &str, key: &str, body: &JsValue);
    /// Opens a stream of server-sent events instead of the one that is open; none without an address.
    #[wasm_bindgen(method)]
    pub(crate) fn listen(this: &Page, url: &str);
    /// Sets the timer, in milliseconds from now.
    #[wasm_bindgen(method)]
    pub(crate) fn tick(this: &Page, after_ms: i32);
    /// Dispatches an event on the element. Returns whether the page did not prevent its default.
    #[wasm_bindgen(method)]
    pub(crate) fn emit(this: &Page, name: &str, detail: &JsValue, cancelable: bool) -> bool;
    /// Goes to an address in the top-level window.
    #[wasm_bindgen(method)]
    pub(crate) fn leave(this: &Page, url: &str);
    /// Stores an order's token for this tab; or removes it, unless another token has replaced it.
    #[wasm_bindgen(method)]
    pub(crate) fn store(this: &Page, key: &str, token: &str, keep: bool);
    /// The customer's cart is bought: the next one is another.
    #[wasm_bindgen(method)]
    pub(crate) fn forget(this: &Page);
    /// Prints the page.
    #[wasm_bindgen(method)]
    pub(crate) fn print(this: &Page);
}
