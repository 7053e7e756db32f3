//! The custom element in the shop's page, and the tab around it.
//!
//! In: the attributes, which [`order`] reads. Out: events on the element, the navigation to Vipps MobilePay, and the order's token in the
//! tab's `sessionStorage`. The page may refuse each of these (it prevents an event's default, a frame may not navigate, a tab has no
//! storage); that must never be an error.

use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::json::{self, Json};
use crate::model::{Event, Order};

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    fn describe(host: &HtmlElement, key: &str, origin: &str) -> JsValue;
    #[wasm_bindgen(js_name = emit)]
    fn dispatch(host: &HtmlElement, name: &str, detail: &JsValue, cancelable: bool) -> bool;
    #[wasm_bindgen(js_name = leave)]
    fn go(url: &str);
    fn store(key: &str, token: &str, keep: bool);
}

/// Reads the attributes. The element's class passes two values that it has computed: the key in the tab's storage, and the proxy's
/// address.
pub(crate) fn order(host: &HtmlElement, storage_key: &str, origin: &str) -> Order {
    json::order(describe(host, storage_key, origin))
}

/// Dispatches an event for the page.
pub(crate) fn emit(host: &HtmlElement, event: &Event) {
    match event {
        Event::Open => dispatch(host, "kvitt:open", &JsValue::NULL, false),
        Event::State { state, reference, token } => dispatch(
            host,
            "kvitt:state",
            &detail(&[("state", state.as_str()), ("reference", reference), ("token", token)]),
            false,
        ),
        Event::Trouble(code) => dispatch(host, "kvitt:trouble", &detail(&[("code", code)]), false),
    };
}

/// Goes to Vipps MobilePay, unless the page prevents it.
pub(crate) fn leave(host: &HtmlElement, url: &str, token: &str) {
    if dispatch(host, "kvitt:leave", &detail(&[("redirectUrl", url), ("token", token)]), true) {
        go(url);
    }
}

/// Stores the order's token for this tab, if it has storage.
pub(crate) fn store_token(key: &str, token: &str) {
    store(key, token, true);
}

/// Removes the order's token, unless another token has replaced it.
pub(crate) fn remove_token(key: &str, token: &str) {
    store(key, token, false);
}

fn detail(texts: &[(&'static str, &str)]) -> JsValue {
    Json::Object(texts.iter().map(|(name, text)| (*name, (*text).into())).collect()).to_js()
}
