//! One element at work: messages in, `update`, the screen, and the commands carried out.
//!
//! The page's own code may run at any event, navigation, or move of the keyboard, and call back into the element. So no borrow is
//! held while commands are carried out, and a message that comes while the screen is changed waits its turn.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, ShadowRoot};

use crate::dom::{self, Deed, Listener, Timer};
use crate::model::{Cmd, Model, Msg, update};
use crate::stream::Live;
use crate::view::View;
use crate::{api, element};

/// What one element owns.
pub(crate) struct App {
    me: Weak<App>,
    host: HtmlElement,
    root: ShadowRoot,
    core: RefCell<(Model, View)>,
    /// What came while the screen was changed. Only the page's own code can do that then, and its last word counts.
    late: Cell<Option<Msg>>,
    /// What listens, runs or is connected for as long as the element is in the page.
    listeners: RefCell<Vec<Listener>>,
    live: RefCell<Option<Live>>,
    timer: RefCell<Option<Timer>>,
}

impl App {
    pub(crate) fn new(host: HtmlElement, cover: HtmlElement, model: Model) -> Rc<Self> {
        let root = host.shadow_root().expect("the shell has attached an open shadow root");
        let view = View::new(&root, cover.into());
        let app = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            host,
            root,
            core: RefCell::new((model, view)),
            late: Cell::default(),
            listeners: RefCell::default(),
            live: RefCell::default(),
            timer: RefCell::default(),
        });
        app.attend();
        app
    }

    /// Takes in a message, shows the outcome, and carries out what follows.
    pub(crate) fn send(&self, msg: Msg) {
        let mut next = Some(msg);
        while let Some(msg) = next {
            let (cmds, focus) = {
                let Ok(mut core) = self.core.try_borrow_mut() else {
                    self.late.set(Some(msg));
                    return;
                };
                let (model, view) = &mut *core;
                model.now = dom::now();
                let cmds = update(model, msg);
                (cmds, view.show(model))
            };
            if let Some(focus) = focus {
                focus.focus();
            }
            for cmd in cmds {
                self.perform(cmd);
            }
            next = self.late.take();
        }
    }

    /// A phone may scan what is paid here.
    pub(crate) fn scan(&self) {
        self.core.borrow_mut().0.scannable = true;
    }

    /// The attributes are others than before.
    pub(crate) fn configure(&self, key: String, origin: String) {
        self.send(Msg::Configured(element::order(&self.host, key, origin)));
    }

    /// Back in the page.
    pub(crate) fn wake(&self) {
        self.attend();
        self.send(Msg::Woken);
    }

    /// Out of the page: nothing of the element keeps running.
    pub(crate) fn rest(&self) {
        self.send(Msg::Rested);
        self.listeners.borrow_mut().clear();
        *self.timer.borrow_mut() = None;
    }

    fn attend(&self) {
        let me = self.me.clone();
        let inside = Listener::new(self.root.clone().into(), &["click"], move |event| {
            let Some((app, deed)) = me.upgrade().zip(dom::meaning(&event)) else { return };
            match deed {
                Deed::Terms(yes) => app.send(Msg::Terms(yes)),
                Deed::Share(yes) => app.send(Msg::Share(yes)),
                Deed::Press(act) => app.send(Msg::Pressed(act)),
            }
        });
        let woken = |_| (!dom::document().hidden()).then_some(Msg::Woken);
        let seen = Listener::new(dom::document().into(), &["visibilitychange"], self.sender(woken));
        let shown = Listener::new(dom::window().into(), &["online", "pageshow"], self.sender(woken));
        *self.listeners.borrow_mut() = vec![inside, seen, shown];
    }

    /// A callback that sends a message, as long as the element is there.
    fn sender(&self, msg: impl Fn(web_sys::Event) -> Option<Msg> + 'static) -> impl Fn(web_sys::Event) + 'static {
        let me = self.me.clone();
        move |event| {
            if let (Some(app), Some(msg)) = (me.upgrade(), msg(event)) {
                app.send(msg);
            }
        }
    }

    fn perform(&self, cmd: Cmd) {
        match cmd {
            Cmd::Listen(token) => {
                let me = self.me.clone();
                let origin = self.core.borrow().0.order.origin.clone();
                let live = Live::new(&origin, &token, move |msg| {
                    if let Some(app) = me.upgrade() {
                        app.send(msg);
                    }
                });
                *self.live.borrow_mut() = live;
            }
            Cmd::Hush => {
                let gone = self.live.borrow_mut().take();
                drop_later(gone);
            }
            Cmd::Tick(after_ms) => {
                let timer = Timer::new(after_ms, self.sender(|_| Some(Msg::Ticked)));
                let gone = self.timer.borrow_mut().replace(timer);
                drop_later(gone);
            }
            Cmd::Leave { url, token } => element::leave(&self.host, &url, &token),
            Cmd::Remember { key, token } => element::remember(&key, &token),
            Cmd::Forget { key, token } => element::forget(&key, &token),
            Cmd::Point => {
                let missing = self.core.borrow().1.missing();
                if let Some(missing) = missing {
                    missing.focus();
                }
            }
            Cmd::Tell(event) => element::tell(&self.host, &event),
            Cmd::Print => drop(dom::window().print()),
            errand => self.run(errand),
        }
    }

    fn run(&self, errand: Cmd) {
        let me = self.me.clone();
        let order = self.core.borrow().0.order.clone();
        spawn_local(async move {
            let answer = api::errand(order, errand).await;
            if let (Some(app), Some(msg)) = (me.upgrade(), answer) {
                app.send(msg);
            }
        });
    }
}

/// A callback may be what is running right now, and must not be freed under its own feet.
fn drop_later<T: 'static>(it: Option<T>) {
    spawn_local(async move { drop(it) });
}
