//! Runs one element: it passes messages to `update`, shows the model and carries out the commands.
//!
//! Messages come from clicks, the page, the timer, the stream and answers. The page's own code may run at any event, navigation or move
//! of the focus, and may call back into the element. So no borrow may be held while a command is carried out, and a message that arrives
//! while the screen is built is queued.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, ShadowRoot};

use crate::dom::{self, Listener, Timer};
use crate::model::{Cmd, Model, Msg, update};
use crate::stream::Stream;
use crate::view::{View, click_message};
use crate::{api, element};

/// Everything that one element owns.
pub(crate) struct App {
    weak: Weak<App>,
    host: HtmlElement,
    root: ShadowRoot,
    state: RefCell<(Model, View)>,
    /// The message that arrived while the screen was built. Only the page's own code can send one then; the last one counts.
    queued: Cell<Option<Msg>>,
    /// These exist only while the element is in the page.
    listeners: RefCell<Vec<Listener>>,
    stream: RefCell<Option<Stream>>,
    timer: RefCell<Option<Timer>>,
}

impl App {
    pub(crate) fn new(host: HtmlElement, cover: HtmlElement, model: Model) -> Rc<Self> {
        let root = host.shadow_root().expect("the shell has attached an open shadow root");
        let view = View::new(&root, cover.into());
        let app = Rc::new_cyclic(|weak| Self {
            weak: weak.clone(),
            host,
            root,
            state: RefCell::new((model, view)),
            queued: Cell::default(),
            listeners: RefCell::default(),
            stream: RefCell::default(),
            timer: RefCell::default(),
        });
        app.add_listeners();
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
                (cmds, view.render(model))
            };
            if let Some(focus) = focus {
                focus.focus();
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
    pub(crate) fn configure(&self, storage_key: String, origin: String) {
        self.send(Msg::Configured(element::order(&self.host, storage_key, origin)));
    }

    /// The element is in the page again.
    pub(crate) fn reconnect(&self) {
        self.add_listeners();
        self.send(Msg::Reactivated);
    }

    /// The element was removed from the page: its stream, timer and listeners end.
    pub(crate) fn disconnect(&self) {
        self.send(Msg::Disconnected);
        self.listeners.borrow_mut().clear();
        *self.timer.borrow_mut() = None;
    }

    fn add_listeners(&self) {
        let clicks = Listener::new(self.root.clone().into(), &["click"], self.sender(|event| click_message(&event)));
        let reactivated = |_| (!dom::document().hidden()).then_some(Msg::Reactivated);
        let visible = Listener::new(dom::document().into(), &["visibilitychange"], self.sender(reactivated));
        let online = Listener::new(dom::window().into(), &["online", "pageshow"], self.sender(reactivated));
        *self.listeners.borrow_mut() = vec![clicks, visible, online];
    }

    /// Makes a callback that sends a message, as long as the app exists.
    fn sender(&self, msg: impl Fn(web_sys::Event) -> Option<Msg> + 'static) -> impl Fn(web_sys::Event) + 'static {
        let weak = self.weak.clone();
        move |event| {
            if let (Some(app), Some(msg)) = (weak.upgrade(), msg(event)) {
                app.send(msg);
            }
        }
    }

    fn perform(&self, cmd: Cmd) {
        match cmd {
            Cmd::Listen(token) => {
                let weak = self.weak.clone();
                let origin = self.state.borrow().0.order.origin.clone();
                let stream = Stream::new(&origin, &token, move |msg| {
                    if let Some(app) = weak.upgrade() {
                        app.send(msg);
                    }
                });
                *self.stream.borrow_mut() = stream;
            }
            Cmd::StopListening => {
                let old = self.stream.borrow_mut().take();
                drop_later(old);
            }
            Cmd::Tick(after_ms) => {
                let timer = Timer::new(after_ms, self.sender(|_| Some(Msg::Ticked)));
                let old = self.timer.borrow_mut().replace(timer);
                drop_later(old);
            }
            Cmd::Leave { url, token } => element::leave(&self.host, &url, &token),
            Cmd::StoreToken { key, token } => element::store_token(&key, &token),
            Cmd::RemoveToken { key, token } => element::remove_token(&key, &token),
            Cmd::FocusMissing => {
                let missing = self.state.borrow().1.missing_field();
                if let Some(missing) = missing {
                    missing.focus();
                }
            }
            Cmd::Emit(event) => element::emit(&self.host, &event),
            Cmd::Print => drop(dom::window().print()),
            request => self.request(request),
        }
    }

    fn request(&self, request: Cmd) {
        let weak = self.weak.clone();
        let order = self.state.borrow().0.order.clone();
        spawn_local(async move {
            let answer = api::send(order, request).await;
            if let (Some(app), Some(msg)) = (weak.upgrade(), answer) {
                app.send(msg);
            }
        });
    }
}

/// Drops a value in a later task: it may own the callback that is running now.
fn drop_later<T: 'static>(value: Option<T>) {
    spawn_local(async move { drop(value) });
}
