//! Runs one element: it passes messages to `update`, shows the model and carries out the commands.
//!
//! Everything that happens arrives at one callback: clicks, the page's events, those of the stream, the timer, and answers. The page's own
//! code may run at any event, navigation or move of the focus, and may call back into the element. So no borrow may be held while a
//! command is carried out, and a message that arrives while the screen is built is queued.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_net::http::Response;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventSource, HtmlElement, MessageEvent, Window};

use crate::dom::{self, Page};
use crate::model::{Cmd, Model, Msg, Order, RequestError, update};
use crate::view::{View, click_message};
use crate::{api, element, json};

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    fn listen(root: &JsValue, callback: &JsValue, on: bool);
    fn send(number: u32, url: &str, method: &str, key: &str, body: &str, callback: &JsValue);
}

/// Every callback has this one type, which keeps the glue small.
type Callback = Closure<dyn FnMut(JsValue)>;

/// Everything that one element owns.
pub(crate) struct App {
    host: HtmlElement,
    page: Page,
    window: Window,
    state: RefCell<(Model, View)>,
    /// The message that arrived while the screen was built. Only the page's own code can send one then; the last one counts.
    queued: Cell<Option<Msg>>,
    /// The requests without an answer, each with its number.
    requests: RefCell<Vec<(u32, Order, Cmd)>>,
    request_count: Cell<u32>,
    stream: RefCell<Option<EventSource>>,
    timer: Cell<i32>,
    callback: Callback,
}

impl App {
    pub(crate) fn new(host: HtmlElement, cover: HtmlElement, model: Model) -> Rc<Self> {
        let root = host.shadow_root().expect("the shell has attached an open shadow root");
        let app = Rc::new_cyclic(|weak: &Weak<Self>| {
            let weak = weak.clone();
            let callback = Callback::new(move |value| {
                if let Some(app) = weak.upgrade() {
                    app.receive(&value);
                }
            });
            Self {
                host,
                page: Page::new(root, cover),
                window: web_sys::window().expect("the widget runs in a page"),
                state: RefCell::new((model, View::default())),
                queued: Cell::default(),
                requests: RefCell::default(),
                request_count: Cell::default(),
                stream: RefCell::default(),
                timer: Cell::default(),
                callback,
            }
        });
        app.listen(true);
        app
    }

    /// Passes a message to `update`, shows the model, and carries out the commands.
    pub(crate) fn send(&self, msg: Msg) {
        let mut next = Some(msg);
        while let Some(msg) = next {
            let (cmds, focus) = {
                let Ok(mut state) = self.state.try_borrow_mut() else {
                    self.queued.set(Some(msg));
                    return;
                };
                let (model, view) = &mut *state;
                model.now = dom::now();
                let cmds = update(model, msg);
                (cmds, view.render(model, &self.page))
            };
            if focus {
                self.page.focus();
            }
            for cmd in cmds {
                self.perform(cmd);
            }
            next = self.queued.take();
        }
    }

    /// Lets the start screen show a QR for a phone.
    pub(crate) fn allow_scan(&self) {
        self.state.borrow_mut().0.scan_allowed = true;
    }

    /// The attributes changed.
    pub(crate) fn configure(&self, storage_key: &str, origin: &str) {
        self.send(Msg::Configured(element::order(&self.host, storage_key, origin)));
    }

    /// The element is in the page again.
    pub(crate) fn reconnect(&self) {
        self.listen(true);
        self.send(Msg::Reactivated);
    }

    /// The element was removed from the page: its stream, timer and listeners end.
    pub(crate) fn disconnect(&self) {
        self.send(Msg::Disconnected);
        self.listen(false);
        self.window.clear_timeout_with_handle(self.timer.get());
    }

    /// Adding the callback twice adds it once.
    fn listen(&self, on: bool) {
        listen(&self.page.root, self.callback.as_ref(), on);
    }

    /// Something happened: the timer fired (without a value), a request was answered (a list), or an event.
    fn receive(&self, value: &JsValue) {
        let msg = if value.is_undefined() {
            Some(Msg::Ticked)
        } else if Array::is_array(value) {
            self.answer(value.unchecked_ref())
        } else {
            self.event(value.unchecked_ref())
        };
        if let Some(msg) = msg {
            self.send(msg);
        }
    }

    fn event(&self, event: &Event) -> Option<Msg> {
        match event.type_().as_str() {
            "click" => dom::clicked(event).and_then(|(name, ticked)| click_message(&name, ticked)),
            "checkout" => {
                let data = event.unchecked_ref::<MessageEvent>().data().as_string();
                data.and_then(|data| json::event(&data)).map(Msg::Streamed)
            }
            "error" => Some(Msg::StreamLost),
            _ => (!self.page.is_hidden()).then_some(Msg::Reactivated),
        }
    }

    /// The number of a request, and the response and its JSON if there is an answer.
    fn answer(&self, parts: &Array) -> Option<Msg> {
        let number = parts.get(0).as_f64()? as u32;
        let mut requests = self.requests.borrow_mut();
        let index = requests.iter().position(|(other, ..)| *other == number)?;
        let (_, order, cmd) = requests.swap_remove(index);
        let response = parts.get(1);
        let answer = match response.is_undefined() {
            true => Err(RequestError::Unreachable),
            false => {
                let response = Response::from(response.unchecked_into::<web_sys::Response>());
                json::response(&response, parts.get(2))
            }
        };
        Some(api::answer(order, cmd, answer))
    }

    fn perform(&self, cmd: Cmd) {
        let order = self.state.borrow().0.order.clone();
        let callback = self.callback.as_ref().unchecked_ref();
        match cmd {
            Cmd::Listen(token) => {
                let source = EventSource::new(&api::url(&order.origin, &token, "/events")).ok();
                if let Some(source) = &source {
                    for name in ["checkout", "error"] {
                        let _ = source.add_event_listener_with_callback(name, callback);
                    }
                }
                *self.stream.borrow_mut() = source;
            }
            Cmd::StopListening => {
                if let Some(source) = self.stream.borrow_mut().take() {
                    source.close();
                }
            }
            Cmd::Tick(after_ms) => {
                self.window.clear_timeout_with_handle(self.timer.get());
                let timer = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, after_ms);
                self.timer.set(timer.unwrap_or_default());
            }
            Cmd::Leave { url, token } => element::leave(&self.host, &url, &token),
            Cmd::StoreToken { key, token } => element::store_token(&key, &token),
            Cmd::RemoveToken { key, token } => element::remove_token(&key, &token),
            Cmd::FocusMissing => self.page.focus_invalid(),
            Cmd::Emit(event) => element::emit(&self.host, &event),
            Cmd::Print => drop(self.window.print()),
            cmd => {
                let number = self.request_count.get();
                self.request_count.set(number + 1);
                if let Some(it) = api::request(&order, &cmd) {
                    send(number, &it.url, it.method, it.key, &it.body, self.callback.as_ref());
                }
                self.requests.borrow_mut().push((number, order, cmd));
            }
        }
    }
}
