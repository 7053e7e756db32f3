//! The widget of Kvitt: one payment in the page, from the pay button to the confirmation.
//!
//! The elements themselves are JavaScript (`js/`), since only JavaScript can define them; this is what runs inside, loaded when it
//! is needed. `model` decides everything and touches nothing; `view` shows the model; `api` and `stream` talk to the proxy; `app`
//! holds them together. Nothing here may block, throw into the page, or log what is the customer's.

mod api;
mod app;
mod dom;
mod element;
mod format;
mod json;
pub mod model;
mod stream;
pub mod text;
mod view;

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

use app::App;
use model::{Model, Msg};
use text::Words;

/// A page has one thread and the widget holds little, so the smallest allocator will do.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
#[expect(unsafe_code, reason = "WebAssembly without the threads feature has one thread, which is all that is assumed")]
static HEAP: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// One element's flow, driven by the element class.
#[wasm_bindgen]
pub struct Widget(Rc<App>);

#[wasm_bindgen]
impl Widget {
    /// For the element `host` with an open shadow root in which `cover` stands until there is something to show. `key` is
    /// where the tab remembers the order, empty for an element that only shows one; `origin` is the proxy's address, as the shell
    /// has made it out; `words` is the file of a language. `salt` is this element's alone and cannot be guessed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: HtmlElement,
        cover: HtmlElement,
        key: String,
        origin: String,
        words: String,
        salt: String,
    ) -> Self {
        let order = element::order(&host, key, origin);
        Self(App::new(host, cover, Model::new(order, Words::new(words), salt)))
    }

    /// This is no phone: one may scan the order and pay it.
    pub fn scan(&self) {
        self.0.scan();
    }

    /// The pay button was pressed.
    pub fn open(&self) {
        self.0.send(Msg::Opened);
    }

    /// Shows an order that exists; when it is over, only if it was asked for by name (`sure`).
    pub fn resume(&self, token: String, sure: bool) {
        self.0.send(Msg::Resumed { token, sure });
    }

    /// The attributes have changed, and with them perhaps what the constructor was told.
    pub fn changed(&self, key: String, origin: String) {
        self.0.configure(key, origin);
    }

    /// Goes on in another language: the file of its words.
    pub fn speak(&self, words: String) {
        self.0.send(Msg::Spoken(Words::new(words)));
    }

    /// The element is back in the page.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// The element was taken out of the page.
    pub fn rest(&self) {
        self.0.rest();
    }
}
