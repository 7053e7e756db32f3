//! The element in the shop's page, and the tab around it: attributes in; events, navigation and the tab's memory out.

use kvitt_wire::{Amount, Currency};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement, Storage, Url};

use crate::dom;
use crate::json::object;
use crate::model::{Event, Order};

/// The attributes as an order, with what the shell has made of some of them: where the tab remembers the order, and the proxy's
/// address. What is missing or unreadable is left out; the proxy says what it cannot do without.
pub(crate) fn order(host: &HtmlElement, key: String, origin: String) -> Order {
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
        key,
        signed: cart.is_some(),
        items: cart.or_else(|| get("items")).unwrap_or_default(),
        amount: currency.zip(value).map(|(currency, value)| Amount { value, currency }),
        sales_unit: get("sales-unit"),
        return_url: get("return-url").and_then(|url| Url::new_with_base(&url, &base).ok()).map(|url| url.href()),
    }
}

/// Tells the page.
pub(crate) fn tell(host: &HtmlElement, event: &Event) {
    match event {
        Event::Open => dispatch(host, "kvitt:open", &JsValue::NULL, false),
        Event::State { state, reference, token } => {
            let detail = [("state", state.as_str()), ("reference", reference), ("token", token)];
            dispatch(host, "kvitt:state", &object(&detail), false)
        }
        Event::Trouble(code) => dispatch(host, "kvitt:trouble", &object(&[("code", code)]), false),
    };
}

/// Goes to Vipps MobilePay, with the whole window even when the shop is framed, unless the page prevents it.
pub(crate) fn leave(host: &HtmlElement, url: &str, token: &str) {
    if !dispatch(host, "kvitt:leave", &object(&[("redirectUrl", url), ("token", token)]), true) {
        return;
    }
    let window = dom::window();
    let top = window.top().ok().flatten().unwrap_or(window);
    // A frame may be forbidden to: then the waiting screen's link is the way.
    let _ = top.location().set_href(url);
}

/// Keeps the order for this tab. A tab without storage simply does not remember.
pub(crate) fn remember(key: &str, token: &str) {
    if let Some(storage) = memory(key) {
        let _ = storage.set_item(key, token);
    }
}

/// Forgets the order; another one that has taken its place stays.
pub(crate) fn forget(key: &str, token: &str) {
    if let Some(storage) = memory(key)
        && storage.get_item(key).ok().flatten().as_deref() == Some(token)
    {
        let _ = storage.remove_item(key);
    }
}

fn memory(key: &str) -> Option<Storage> {
    dom::window().session_storage().ok().flatten().filter(|_| !key.is_empty())
}

/// Whether nobody prevented it.
fn dispatch(host: &HtmlElement, kind: &str, detail: &JsValue, cancelable: bool) -> bool {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(cancelable);
    init.set_detail(detail);
    CustomEvent::new_with_event_init_dict(kind, &init).and_then(|event| host.dispatch_event(&event)).unwrap_or(true)
}
