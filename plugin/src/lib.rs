//! The widget of Kvitt: one payment in the page, from the pay button to the confirmation.
//!
//! The custom elements are JavaScript (`js/`), because only JavaScript can define them. They load this WebAssembly when it is needed and
//! drive it through [`Widget`]. Nothing here may block, throw into the page, or log customer data.
//!
//! The modules from top to bottom; each imports only modules below it:
//!
//! | module | what it is for |
//! |---|---|
//! | [`app`] | runs one element: messages in, screen and commands out |
//! | [`view`] | shows the model, one screen at a time |
//! | [`api`] | requests to the proxy, and their answers |
//! | [`element`] | the element's attributes and events, navigation, the tab's storage |
//! | [`format`](mod@format) | amounts, rates and dates in the customer's language |
//! | [`dom`] | the element's shadow root |
//! | [`model`] | the logic: what is known, what can happen, what follows; no page, network or clock |
//! | [`text`] | the texts in the customer's language |
//! | [`json`] | wire types to JSON and back |

mod api;
mod app;
mod dom;
mod element;
mod format;
mod json;
pub mod model;
pub mod text;
mod view;

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

use app::App;
use model::{Model, Msg};
use text::Words;

/// A page has one thread and the widget needs little memory, so the smallest allocator is enough.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
#[expect(unsafe_code, reason = "WebAssembly without the threads feature has one thread")]
static HEAP: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// One element's payment flow. The element's class in `js/` calls it.
#[wasm_bindgen]
pub struct Widget(Rc<App>);

#[wasm_bindgen]
impl Widget {
    /// Starts the flow of the element `host`, which has an open shadow root. `cover` is visible until there is a screen. `key` is
    /// the key in the tab's storage, empty for an element that only shows an order. `origin` is the proxy's address. `words` is the
    /// file of a language. `salt` is random and belongs to this element alone; idempotency keys start with it.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: HtmlElement,
        cover: HtmlElement,
        key: String,
        origin: String,
        words: String,
        salt: String,
    ) -> Self {
        let order = element::order(&host, &key, &origin);
        Self(App::new(host, cover, Model::new(order, Words::new(words), salt)))
    }

    /// Lets the start screen show a QR: this device is no phone.
    pub fn scan(&self) {
        self.0.allow_scan();
    }

    /// The customer pressed the pay button.
    pub fn open(&self) {
        self.0.send(Msg::Opened);
    }

    /// Shows an order that exists. An order whose state is final is shown only with `show_final`.
    pub fn resume(&self, token: String, show_final: bool) {
        self.0.send(Msg::Resumed { token, show_final });
    }

    /// The attributes changed, and with them perhaps `key` and `origin`.
    pub fn changed(&self, key: String, origin: String) {
        self.0.configure(&key, &origin);
    }

    /// Changes the language. `words` is the file of the new one.
    pub fn speak(&self, words: String) {
        self.0.send(Msg::LanguageLoaded(Words::new(words)));
    }

    /// The element is in the page again.
    pub fn wake(&self) {
        self.0.reconnect();
    }

    /// The element was removed from the page.
    pub fn rest(&self) {
        self.0.disconnect();
    }
}
