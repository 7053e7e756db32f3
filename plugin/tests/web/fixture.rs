//! The fixture: an element in a page of its own, and a proxy that is played by `fixture.js`.

use std::rc::Rc;

use kvitt_plugin::Widget;
use kvitt_plugin::text::source;
use kvitt_wire::Language;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

#[wasm_bindgen(module = "/tests/web/fixture.js")]
extern "C" {
    type Props;

    #[wasm_bindgen(constructor)]
    fn new() -> Props;
    #[wasm_bindgen(method, getter)]
    fn host(this: &Props) -> HtmlElement;
    #[wasm_bindgen(method, getter)]
    fn cover(this: &Props) -> HtmlElement;
    #[wasm_bindgen(method)]
    fn answer(this: &Props, method: &str, path: &str, status: u16, body: &str);
    #[wasm_bindgen(method)]
    fn stream(this: &Props, data: &str);
    #[wasm_bindgen(method)]
    fn asked(this: &Props, part: &str) -> bool;
    #[wasm_bindgen(method)]
    fn sent(this: &Props, part: &str) -> String;
    #[wasm_bindgen(method)]
    fn keys(this: &Props) -> String;
    #[wasm_bindgen(method)]
    fn listens(this: &Props, part: &str) -> bool;
    #[wasm_bindgen(method)]
    fn focused(this: &Props) -> String;
    #[wasm_bindgen(method)]
    fn elsewhere(this: &Props);
    #[wasm_bindgen(method)]
    fn meddles(this: &Props, then: &js_sys::Function);
    #[wasm_bindgen(method)]
    fn said(this: &Props) -> String;
    #[wasm_bindgen(method)]
    async fn settle(this: &Props);
    #[wasm_bindgen(method)]
    async fn until(this: &Props, selector: &str) -> JsValue;
}

/// Under which the tab remembers the order.
const KEY: &str = "kvitt test";

/// The status of an answer that never arrives.
pub(crate) const LOST: u16 = 0;

/// A page with one element. Making it clears away the one before.
pub(crate) struct Stage {
    props: Props,
    pub(crate) widget: Rc<Widget>,
}

impl Stage {
    pub(crate) fn new(language: &str) -> Self {
        let props = Props::new();
        let widget =
            Rc::new(Widget::new(props.host(), props.cover(), KEY.into(), origin(), words(language), "salt".into()));
        Self { props, widget }
    }

    pub(crate) fn key(&self) -> String {
        KEY.into()
    }

    pub(crate) fn origin(&self) -> String {
        origin()
    }

    pub(crate) fn answers(&self, method: &str, path: &str, status: u16, body: &str) {
        self.props.answer(method, path, status, body);
    }

    pub(crate) fn streams(&self, data: &str) {
        self.props.stream(data);
    }

    pub(crate) fn asked(&self, part: &str) -> bool {
        self.props.asked(part)
    }

    pub(crate) fn sent(&self, part: &str) -> String {
        self.props.sent(part)
    }

    /// The keys of what was sent, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.props.keys().split_whitespace().map(String::from).collect()
    }

    pub(crate) fn listens_to(&self, part: &str) -> bool {
        self.props.listens(part)
    }

    pub(crate) fn focused(&self) -> String {
        self.props.focused()
    }

    /// The customer goes to a field of the page.
    pub(crate) fn goes_elsewhere(&self) {
        self.props.elsewhere();
    }

    /// The page calls back into the element whenever the keyboard moves in it.
    pub(crate) fn meddles(&self) {
        let widget = self.widget.clone();
        let then = Closure::<dyn Fn()>::new(move || widget.speak(words("da")));
        self.props.meddles(then.into_js_value().unchecked_ref());
    }

    /// The names of the events that the page was told of, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        self.props.said().split_whitespace().map(String::from).collect()
    }

    pub(crate) fn host(&self) -> HtmlElement {
        self.props.host()
    }

    pub(crate) fn cover(&self) -> HtmlElement {
        self.props.cover()
    }

    pub(crate) fn find(&self, selector: &str) -> Option<Element> {
        let root = self.props.host().shadow_root().expect("the stage has attached one");
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
        self.props.settle().await;
    }

    pub(crate) async fn until(&self, selector: &str) {
        let found = self.props.until(selector).await.is_truthy();
        let shown = self.find(".frame").and_then(|frame| frame.text_content()).unwrap_or_default();
        assert!(found, "{selector} never came; the element shows: {shown}");
    }
}

/// The file with the words of a language.
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
        r#"{{"token":"a-token","version":{version},"state":"{state}","reference":"fjord-1",{redirect}"cart":{cart},
        "aggregate":{{"authorized":58700,"captured":0,"cancelled":0,"refunded":0}},"sharing":{{"consented":false}},
        "created_at_ms":1795000000000,"expires_at_ms":1795000600000}}"#
    )
}
