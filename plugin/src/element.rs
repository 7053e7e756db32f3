//! The custom element in the shop's page, and the tab around it.
//!
//! In: the attributes, which [`order`] reads. Out: events on the element, the navigation to Vipps MobilePay, and the order's token in the
//! tab's `sessionStorage`. The page may refuse each of these (it prevents an event's default, a frame may not navigate, a tab has no
//! storage); that must never be an error.

use kvitt_wire::{Amount, Currency};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement, Storage, Url};

use crate::dom;
use crate::json::object;
use crate::model::{Event, Order};

/// Reads the attributes. The element's class passes two values that it has computed: the key in the tab's storage, and the proxy's address. An attribute
/// that is missing or unreadable is left out; the proxy reports what it requires.
pub(crate) fn order(host: &HtmlElement, storage_key: String, origin: String) -> Order {
    let get = |name: &str| host.get_attribute(name).filter(|value| !value.is_empty());
    let currency = match get("currency").map(|it| it.to_ascii_uppercase()).as_deref() {
        Some("NOK") => Some(Currency::Nok),
        Some("DKK") => Some(Currency::Dkk),
        Some("EUR") => Some(Currency::Eur),
        _ => None,
    };
    let value = get("amount").and_then(|amount| amount.parse().ok());
    let base = dom::document().base_uri().ok().flatten().unwrap_or_default();
    let cart = get("cart");
    Order {
        origin,
        storage_key,
        signed: cart.is_some(),
        items: cart.or_else(|| get("items")).unwrap_or_default(),
        amount: currency.zip(value).map(|(currency, value)| Amount { value, currency }),
        sales_unit: get("sales-unit"),
        return_url: get("return-url").and_then(|url| Url::new_with_base(&url, &base).ok()).map(|url| url.href()),
    }
}

/// Dispatches an event for the page.
pub(crate) fn emit(host: &HtmlElement, event: &Event) {
    match event {
        Event::Open => dispatch(host, "kvitt:open", &JsValue::NULL, false),
        Event::State { state, reference, token } => {
            let detail = [("state", state.as_str()), ("reference", reference), ("token", token)];
            dispatch(host, "kvitt:state", &object(&detail), false)
        }
        Event::Trouble(code) => dispatch(host, "kvitt:trouble", &object(&[("code", code)]), false),
    };
}

/// Goes to Vipps MobilePay in the top-level window, also when the shop is in a frame, unless the page prevents it.
pub(crate) fn leave(host: &HtmlElement, url: &str, token: &str) {
    if !dispatch(host, "kvitt:leave", &object(&[("redirectUrl", url), ("token", token)]), true) {
        return;
    }
    let window = dom::window();
    let top = window.top().ok().flatten().unwrap_or(window);
    // A frame may not be allowed to navigate. Then the customer follows the link on the waiting screen.
    let _ = top.location().set_href(url);
}

/// Stores the order's token for this tab, if it has storage.
pub(crate) fn store_token(key: &str, token: &str) {
    if let Some(storage) = storage(key) {
        let _ = storage.set_item(key, token);
    }
}

/// Removes the order's token, unless another token has replaced it.
pub(crate) fn remove_token(key: &str, token: &str) {
    if let Some(storage) = storage(key)
        && storage.get_item(key).ok().flatten().as_deref() == Some(token)
    {
        let _ = storage.remove_item(key);
    }
}

fn storage(key: &str) -> Option<Storage> {
    dom::window().session_storage().ok().flatten().filter(|_| !key.is_empty())
}

/// Returns whether the page did not prevent the default.
fn dispatch(host: &HtmlElement, name: &str, detail: &JsValue, cancelable: bool) -> bool {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(cancelable);
    init.set_detail(detail);
    CustomEvent::new_with_event_init_dict(name, &init).and_then(|event| host.dispatch_event(&event)).unwrap_or(true)
}
