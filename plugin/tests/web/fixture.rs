//! The fixture: one element in the page, and a fake proxy (`fixture.js`).

use kvitt_plugin::Widget;
use kvitt_plugin::text::source;
use kvitt_wire::Language;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    /// The page's side of the widget.
    #[derive(Clone)]
    pub(crate) type Page;

    #[wasm_bindgen(constructor)]
    fn new(host: &HtmlElement, cover: &HtmlElement, key: &str, origin: &str) -> Page;
    #[wasm_bindgen(method)]
    fn order(this: &Page) -> JsValue;
    #[wasm_bindgen(method)]
    fn start(this: &Page, widget: JsValue);
    #[wasm_bindgen(method)]
    pub(crate) fn open(this: &Page);
    #[wasm_bindgen(method)]
    pub(crate) fn resume(this: &Page, token: &str, show_final: bool);
    #[wasm_bindgen(method)]
    pub(crate) fn changed(this: &Page, key: &str, origin: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn speak(this: &Page, words: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn wake(this: &Page);
    #[wasm_bindgen(method)]
    pub(crate) fn rest(this: &Page);
}

// What the file above imports.
#[wasm_bindgen(module = "/js/draw.js")]
extern "C" {
    fn draw(parent: &JsValue, next: &JsValue, screen: &str, locale: &str);
}

#[wasm_bindgen(module = "/tests/web/fixture.js")]
extern "C" {
    type FakePage;

    #[wasm_bindgen(constructor)]
    fn new() -> FakePage;
    #[wasm_bindgen(method, getter)]
    fn host(this: &FakePage) -> HtmlElement;
    #[wasm_bindgen(method, getter)]
    fn cover(this: &FakePage) -> HtmlElement;
    #[wasm_bindgen(method)]
    fn respond(this: &FakePage, method: &str, path: &str, status: u16, body: &str);
    #[wasm_bindgen(method)]
    fn stream(this: &FakePage, data: &str);
    #[wasm_bindgen(method)]
    fn requested(this: &FakePage, part: &str) -> bool;
    #[wasm_bindgen(method, js_name = bodyOf)]
    fn body_of(this: &FakePage, part: &str) -> String;
    #[wasm_bindgen(method)]
    fn keys(this: &FakePage) -> String;
    #[wasm_bindgen(method, js_name = hasStream)]
    fn has_stream(this: &FakePage, part: &str) -> bool;
    #[wasm_bindgen(method)]
    fn focused(this: &FakePage) -> String;
    #[wasm_bindgen(method, js_name = focusField)]
    fn focus_field(this: &FakePage);
    #[wasm_bindgen(method, js_name = onFocusChange)]
    fn on_focus_change(this: &FakePage, callback: &js_sys::Function);
    #[wasm_bindgen(method, js_name = eventNames)]
    fn event_names(this: &FakePage) -> String;
    #[wasm_bindgen(method)]
    async fn settle(this: &FakePage);
    #[wasm_bindgen(method)]
    async fn until(this: &FakePage, selector: &str) -> JsValue;
    #[wasm_bindgen(method, js_name = untilRequested)]
    async fn until_requested(this: &FakePage, part: &str) -> JsValue;
}

/// The key in the tab's storage.
const KEY: &str = "kvitt test";

/// The status of an answer that never arrives.
pub(crate) const NO_RESPONSE: u16 = 0;

/// A page with one element. A new one replaces the one before.
pub(crate) struct Fixture {
    page: FakePage,
    pub(crate) widget: Page,
}

impl Fixture {
    pub(crate) fn new(language: &str) -> Self {
        let page = FakePage::new();
        let widget = Page::new(&page.host(), &page.cover(), KEY, &origin());
        let start = widget.order();
        for (name, value) in [("words", words(language)), ("salt", "salt".into())] {
            js_sys::Reflect::set(&start, &name.into(), &value.into()).expect("it is an object");
        }
        widget.start(Widget::new(start).into());
        Self { page, widget }
    }

    pub(crate) fn key(&self) -> String {
        KEY.into()
    }

    pub(crate) fn origin(&self) -> String {
        origin()
    }

    pub(crate) fn respond(&self, method: &str, path: &str, status: u16, body: &str) {
        self.page.respond(method, path, status, body);
    }

    pub(crate) fn stream(&self, data: &str) {
        self.page.stream(data);
    }

    pub(crate) fn requested(&self, part: &str) -> bool {
        self.page.requested(part)
    }

    pub(crate) fn body_of(&self, part: &str) -> String {
        self.page.body_of(part)
    }

    /// The idempotency keys of the requests, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.page.keys().split_whitespace().map(String::from).collect()
    }

    pub(crate) fn has_stream(&self, part: &str) -> bool {
        self.page.has_stream(part)
    }

    pub(crate) fn focused(&self) -> String {
        self.page.focused()
    }

    /// Moves the focus to a field of the page.
    pub(crate) fn focus_field(&self) {
        self.page.focus_field();
    }

    /// Lets the page call back into the element whenever the focus moves in it.
    pub(crate) fn call_back_on_focus_change(&self) {
        let widget = self.widget.clone();
        let callback = Closure::<dyn Fn()>::new(move || widget.speak(&words("da")));
        self.page.on_focus_change(callback.into_js_value().unchecked_ref());
    }

    /// The names of the events that the page received, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        self.page.event_names().split_whitespace().map(String::from).collect()
    }

    pub(crate) fn host(&self) -> HtmlElement {
        self.page.host()
    }

    pub(crate) fn cover(&self) -> HtmlElement {
        self.page.cover()
    }

    pub(crate) fn find(&self, selector: &str) -> Option<Element> {
        let root = self.page.host().shadow_root().expect("the fixture has attached one");
        root.query_selector(selector).expect("the selector is valid")
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        self.find(selector).unwrap_or_else(|| panic!("no {selector}")).text_content().unwrap_or_default()
    }

    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        self.find(selector).unwrap_or_else(|| panic!("no {selector}")).get_attribute(name).unwrap_or_default()
    }

    pub(crate) fn click(&self, selector: &str) {
        let element: HtmlElement =
            self.find(selector).unwrap_or_else(|| panic!("no {selector}")).dyn_into().expect("it can be clicked");
        element.click();
    }

    pub(crate) async fn settle(&self) {
        self.page.settle().await;
    }

    pub(crate) async fn until_requested(&self, part: &str) {
        assert!(self.page.until_requested(part).await.is_truthy(), "{part} was not requested");
    }

    pub(crate) async fn until(&self, selector: &str) {
        let found = self.page.until(selector).await.is_truthy();
        let shown = self.find(".frame").and_then(|frame| frame.text_content()).unwrap_or_default();
        assert!(found, "{selector} did not appear; the element shows: {shown}");
    }
}

/// The file with the texts of a language.
pub(crate) fn words(language: &str) -> String {
    source::file(Language::from_tag(language)).expect("the words are complete")
}

fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).expect("the test runs in a page")
}

pub(crate) fn cart() -> String {
    r#"{"sales_unit":"no","shop":"Fjord","brand":"vipps","lines":[
        {"sku":"mug","name":"Steinkopp","quantity":2,"unit_price":24900,"total":49800,"vat_rate":2500,"vat":9960},
        {"sku":"tea","name":"Te","quantity":1,"unit_price":8900,"total":8900,"vat_rate":1500,"vat":1161,"picture":"/tea.webp"}],
        "total":{"value":58700,"currency":"NOK"},"vat":11121,"terms_url":"/terms","asks_phone_number":true}"#
        .into()
}

pub(crate) fn checkout(version: u32, state: &str) -> String {
    let redirect = if state == "created" { r#""redirect_url":"https://landing.example/?token=x","# } else { "" };
    let cart = cart();
    format!(
        r#"{{"token":"a-token","version":{version},"state":"{state}","order_number":"fjord","reference":"fjord-1",{redirect}"cart":{cart},
        "aggregate":{{"authorized":58700,"captured":0,"cancelled":0,"refunded":0}},"sharing":{{"consented":false}},
        "created_at_ms":1795000000000,"expires_at_ms":1795000600000}}"#
    )
}
