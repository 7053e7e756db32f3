//! Runs one element: it passes messages to `update`, shows the model and carries out the commands.
//!
//! Everything that happens in the page arrives at [`App::happened`]. The page's own code may run at any event, navigation or move of the
//! focus, and may call back into the element. So no borrow may be held while a command is carried out, and a message that arrives while
//! the screen is built is queued. Nothing of the page is held between two calls: an element that is removed can be collected.

use std::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;

use crate::api;
use crate::json::Json;
use crate::model::{Cmd, Event, Model, Msg, Order, RequestError, update};
use crate::page::Page;
use crate::read::{self, Object};
use crate::view::{View, click_message};

/// Everything that one element owns.
pub(crate) struct App {
    state: RefCell<(Model, View)>,
    /// The message that arrived while the screen was built. Only the page's own code can send one then; the last one counts.
    queued: Cell<Option<Msg>>,
    /// The requests without an answer, each with its number.
    requests: RefCell<Vec<(u32, Order, Cmd)>>,
    request_count: Cell<u32>,
}

impl App {
    pub(crate) fn new(model: Model) -> Self {
        Self {
            state: RefCell::new((model, View::default())),
            queued: Cell::default(),
            requests: RefCell::default(),
            request_count: Cell::default(),
        }
    }

    /// Something happened in the page. `js/page.js` has the same numbers.
    pub(crate) fn happened(&self, page: &Page, what: u32, value: JsValue) {
        if let Some(msg) = self.message(what, Object::new(value)) {
            self.send(page, msg);
        }
    }

    fn message(&self, what: u32, value: Object) -> Option<Msg> {
        Some(match what {
            0 => Msg::Opened,
            1 => Msg::Resumed { token: value.text("token")?, show_final: value.flag("showFinal") },
            2 => Msg::Configured(read::order(value)),
            3 => Msg::LanguageLoaded(value.words()),
            4 => Msg::Reactivated,
            5 => Msg::Disconnected,
            6 => click_message(&value.text("name")?, value.flag("ticked"))?,
            7 => Msg::Streamed(read::checkout(value)?),
            8 => Msg::StreamLost,
            9 => Msg::Ticked,
            11 => Msg::StreamEnded,
            12 => Msg::Hidden,
            13 => Msg::Shared(value.text("token")?),
            _ => self.answer(value)?,
        })
    }

    /// The number of a request, and the response and its JSON if there is an answer.
    fn answer(&self, mut value: Object) -> Option<Msg> {
        let number = value.number("number") as u32;
        let mut requests = self.requests.borrow_mut();
        let index = requests.iter().position(|(other, ..)| *other == number)?;
        let (_, order, cmd) = requests.swap_remove(index);
        let answer = match value.response() {
            Some(response) => read::answer(&response, value.object("json")),
            None => Err(RequestError::Unreachable),
        };
        Some(api::answer(order, cmd, answer))
    }

    /// Passes a message to `update`, shows the model, and carries out the commands.
    fn send(&self, page: &Page, msg: Msg) {
        let mut next = Some(msg);
        while let Some(msg) = next {
            let (cmds, focus) = {
                let Ok(mut state) = self.state.try_borrow_mut() else {
                    self.queued.set(Some(msg));
                    return;
                };
                let (model, view) = &mut *state;
                model.now = js_sys::Date::now() as i64;
                let cmds = update(model, msg);
                (cmds, view.render(model, page))
            };
            if focus {
                page.focus(".heading");
            }
            for cmd in cmds {
                self.perform(page, cmd);
            }
            next = self.queued.take();
        }
    }

    fn perform(&self, page: &Page, cmd: Cmd) {
        match cmd {
            Cmd::Listen(token) => {
                let url = api::url(&self.state.borrow().0.order.origin, &token, "/events");
                page.listen(&url);
            }
            Cmd::StopListening => page.listen(""),
            Cmd::Tick(after_ms) => page.tick(after_ms),
            Cmd::Leave { url, token } => {
                if page.emit("leave", &texts(&[("redirectUrl", &url), ("token", &token)]), true) {
                    page.leave(&url);
                }
            }
            Cmd::StoreToken { key, token } => page.store(&key, &token, true),
            Cmd::RemoveToken { key, token } => page.store(&key, &token, false),
            Cmd::FocusMissing => page.focus("[aria-invalid]"),
            Cmd::Emit(Event::Open) => drop(page.emit("open", &JsValue::NULL, false)),
            Cmd::Emit(Event::Trouble(code)) => drop(page.emit("trouble", &texts(&[("code", &code)]), false)),
            Cmd::Emit(Event::State { state, reference, token, replayed }) => {
                let detail = vec![
                    ("state", state.as_str().into()),
                    ("reference", reference.as_str().into()),
                    ("token", token.as_str().into()),
                    ("replayed", Json::Flag(replayed)),
                ];
                page.emit("state", &Json::Object(detail).to_js(), false);
            }
            Cmd::Emit(Event::Purchase(detail)) => drop(page.emit("purchase", &detail.to_js(), false)),
            Cmd::Forget => page.forget(),
            Cmd::Print => page.print(),
            cmd => {
                let number = self.request_count.get();
                self.request_count.set(number + 1);
                let order = self.state.borrow().0.order.clone();
                if let Some(it) = api::request(&order, &cmd) {
                    page.send(number, &it.url, it.method, it.key, &it.body);
                }
                self.requests.borrow_mut().push((number, order, cmd));
            }
        }
    }
}

/// An object of texts.
fn texts(texts: &[(&'static str, &str)]) -> JsValue {
    Json::Object(texts.iter().map(|(name, text)| (*name, (*text).into())).collect()).to_js()
}
