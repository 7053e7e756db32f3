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
//! | [`read`] | what the proxy answers, and what the page says of the order |
//! | [`format`](mod@format) | amounts, rates and dates in the customer's language |
//! | [`page`] | the element's page: its screen, events, network, timer and storage |
//! | [`model`] | the logic: what is known, what can happen, what follows; no page, network or clock |
//! | [`text`] | the texts in the customer's language |
//! | [`json`] | what the widget sends |

mod api;
mod app;
mod format;
mod json;
pub mod model;
mod page;
mod read;
pub mod text;
mod view;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use app::App;
use model::Model;
pub use page::Page;
use read::Object;

/// A page has one thread and the widget needs little memory, so the smallest allocator is enough.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
#[expect(unsafe_code, reason = "WebAssembly without the threads feature has one thread")]
static HEAP: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// One element's payment flow. `js/page.js` calls it.
#[wasm_bindgen]
pub struct Widget(App);

#[wasm_bindgen]
impl Widget {
    /// Starts a flow. The object has what `js/page.js: order` says of the order, and: `words`, the file of a language; `salt`, which is
    /// random and belongs to this element alone, because idempotency keys start with it; `claim`, random too, with which it claims purchases; `scan`, whether the start screen may show a QR.
    #[wasm_bindgen(constructor)]
    pub fn new(start: JsValue) -> Self {
        let start = Object::new(start);
        let (words, salt, scan) = (start.words(), start.text("salt").unwrap_or_default(), start.flag("scan"));
        let claim = start.text("claim").unwrap_or_default();
        let mut model = Model::new(read::order(start), words, salt);
        model.scan_allowed = scan;
        model.claim_text = claim;
        Self(App::new(model))
    }

    /// Something happened in the page: what, as a number, and what there is to know of it.
    pub fn happened(&self, page: &Page, what: u32, value: JsValue) {
        self.0.happened(page, what, value);
    }
}
