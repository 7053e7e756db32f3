//! The widget's logic: what is known, what can happen, and what the widget then does.
//!
//! Everything that happens arrives as a [`Msg`]. [`update`] changes the [`Model`] and returns [`Cmd`]s; `app` carries them out, and
//! their outcomes come back as messages. This module must never touch the page, the network or a clock: the caller sets `Model::now`
//! before each message. So all of it is tested without a browser.
//!
//! [`update`] and what the customer does are in this file, the proxy's answers in `responses`, scan to pay in `scan`. `subscription`
//! and `retry` have the timing. `messages`, `order` and `screen` are data.

mod messages;
mod order;
mod responses;
mod retry;
mod scan;
mod screen;
mod subscription;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use kvitt_wire::{Amount, Cart, Checkout, Line, State};

pub use messages::{Action, Cmd, Event, Msg, Notice, RequestError};
pub use order::Order;
pub use screen::{Failure, Screen};
pub use subscription::Subscription;

use crate::json::Json;
use crate::text::Words;
use responses::is_followed;
use retry::Retries;
use subscription::TICK_MS;

/// For how long after a press the page may leave by itself once the payment is ready, in milliseconds. Later the customer has to press.
const LEAVE_WITHIN_MS: i64 = 10_000;

/// The state of one widget.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Milliseconds since 1970, set before each message.
    pub now: i64,
    /// The order that the page describes.
    pub order: Order,
    /// The random text with which this element claims purchases.
    pub claim_text: String,
    /// The texts in the customer's language.
    pub words: Words,
    /// Whether the element has a pay button to go back to; a confirmation has none.
    pub closable: bool,
    /// Whether the start screen may show a QR for a phone; not if this device is a phone.
    pub scan_allowed: bool,
    /// The order on the start screen is open for scan to pay; nobody has paid yet.
    pub scan_ready: bool,
    /// What the customer sees.
    pub screen: Screen,
    /// The cart at the proxy's prices.
    pub cart: Option<Cart>,
    /// The token of the order that the widget follows; known before the order has been read.
    pub token: Option<String>,
    /// The checkout as last read.
    pub checkout: Option<Checkout>,
    /// The customer has accepted the terms.
    pub terms: bool,
    /// The customer has consented to sharing the telephone number.
    pub share: bool,
    /// A request that the customer started is under way.
    pub busy: bool,
    /// The message on the current screen.
    pub notice: Option<Notice>,
    /// The trace id of the failure on the screen, for the proxy's log.
    pub trace_id: Option<String>,
    /// The subscription to the checkout.
    pub subscription: Subscription,
    /// The order that the page describes by now; it waits until the current one is no longer being paid.
    pending_order: Option<Order>,
    /// The total that the customer accepted instead of the page's.
    accepted_total: Option<Amount>,
    /// A checkout is being created: until the answer nothing else may begin.
    creating: bool,
    /// The element is out of the page: it must not open a stream, start a timer or leave the page.
    disconnected: bool,
    /// The request that failed, for the button that tries again.
    failed_request: Option<Cmd>,
    /// Idempotency keys and automatic retries.
    retries: Retries,
    /// Until when the page may leave by itself.
    leave_until: i64,
    /// The page is not visible.
    hidden: bool,
    /// Whether this page reports the purchase: not asked yet, asked, or answered.
    claim: Claim,
    /// The order was there before this page showed it.
    resumed: bool,
    /// Show a resumed order even if its state is final.
    show_final: bool,
}

/// Whether the page has asked to report the purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Claim {
    #[default]
    NotAsked,
    Asked,
    Answered,
}

/// Applies a message to the model and returns the commands that follow.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    match msg {
        Msg::Opened => {
            model.disconnected = false;
            if model.screen == Screen::Closed {
                cmds.push(Cmd::Emit(Event::Open));
                let request = model.token.clone().map_or(Cmd::Price, Cmd::Read);
                model.fetch(request, &mut cmds);
            }
        }
        // A checkout that is being created has priority over one that the tab has stored.
        Msg::Resumed { .. } if model.creating => {}
        Msg::Resumed { token, show_final } => {
            model.disconnected = false;
            model.resume(token, show_final, &mut cmds);
        }
        Msg::Configured(order) => model.configure(order, &mut cmds),
        Msg::LanguageLoaded(words) => model.words = words,
        Msg::Pressed(action) => {
            if !model.busy {
                model.press(action, &mut cmds);
            }
        }
        Msg::Terms(yes) => {
            model.terms = yes;
            if yes && model.notice == Some(Notice::TermsNeeded) {
                model.notice = None;
            }
        }
        Msg::Share(yes) => model.share = yes,
        Msg::Priced(order, answer) => model.priced(&order, answer, &mut cmds),
        Msg::Responded(request, answer) => model.responded(request, answer, &mut cmds),
        Msg::Streamed(checkout) => {
            model.receive(*checkout, &mut cmds);
            model.subscription.event_received(model.now);
        }
        Msg::StreamLost => model.subscription.connection_lost(model.now, &mut cmds),
        Msg::StreamEnded => model.subscription.stop(&mut cmds),
        Msg::Hidden => {
            model.hidden = true;
            if model.is_paid() {
                model.subscription.stop(&mut cmds);
            }
        }
        // The start screen of the same cart; an order that is open for scan to pay gives way. Signed carts do not tell what they are.
        Msg::Shared(token) if model.screen == Screen::Start && !model.busy && !model.order.signed => {
            model.drop_scan_order(&mut cmds);
            model.resume(token, true, &mut cmds);
        }
        Msg::Shared(_) => {}
        Msg::Claimed(token, answer) => model.claimed(&token, answer, &mut cmds),
        Msg::Ticked => model.tick(&mut cmds),
        Msg::Reactivated => model.reactivate(&mut cmds),
        Msg::Disconnected => {
            model.disconnected = true;
            model.subscription.stop(&mut cmds);
        }
    }
    model.apply_pending_order(&mut cmds);
    cmds
}

impl Model {
    /// A model that shows the pay button. `salt` is random and belongs to this element alone.
    pub fn new(order: Order, words: Words, salt: String) -> Self {
        let closable = !order.storage_key.is_empty();
        Self { order, closable, words, retries: Retries::new(salt), ..Self::default() }
    }

    /// Shows an order that exists.
    fn resume(&mut self, token: String, show_final: bool, cmds: &mut Vec<Cmd>) {
        self.subscription.stop(cmds);
        self.resumed = true;
        self.claim = Claim::NotAsked;
        self.busy = false;
        self.show_final = show_final;
        self.scan_ready = false;
        self.checkout = None;
        self.token = Some(token.clone());
        self.fetch(Cmd::Read(token), cmds);
    }

    /// Sends a request whose answer decides on the next screen.
    fn fetch(&mut self, request: Cmd, cmds: &mut Vec<Cmd>) {
        self.screen = Screen::Fetching;
        self.notice = None;
        self.failed_request = None;
        self.retries.start_wait(self.now);
        cmds.push(request);
    }

    /// Sends a request. The screen stays until the answer.
    fn send(&mut self, request: Cmd, cmds: &mut Vec<Cmd>) {
        self.busy = true;
        self.notice = None;
        self.retries.start_wait(self.now);
        cmds.push(request);
    }

    /// The page describes another order. An order that is being paid stays. A confirmation stays if the page only empties its cart.
    fn configure(&mut self, order: Order, cmds: &mut Vec<Cmd>) {
        if self.is_paid() && !order.items.is_empty() && !order.same_cart(&self.order) {
            self.close(cmds);
        }
        self.pending_order = Some(order);
    }

    /// Takes over the order that the page describes, as soon as the current one can no longer be paid. A payment that failed is not
    /// offered again for another cart.
    fn apply_pending_order(&mut self, cmds: &mut Vec<Cmd>) {
        let paying = self.token.is_some() && !self.retryable() && !self.scan_ready && self.screen != Screen::Closed;
        let held = self.busy || self.creating || paying;
        let Some(order) = self.pending_order.take_if(|_| !held) else { return };
        let same = order.same_cart(&self.order);
        let as_before = same && order.amount == self.order.amount;
        if self.scan_ready {
            if !as_before {
                self.drop_scan_order(cmds);
            }
        } else if !same && self.token.is_some() {
            self.close(cmds);
        }
        if !order.same_seller(&self.order) {
            (self.terms, self.share) = (false, false);
        }
        self.order = order;
        if !as_before {
            self.accepted_total = None;
            if self.screen != Screen::Closed && self.token.is_none() {
                self.fetch(Cmd::Price, cmds);
            }
        }
    }

    /// Handles a press, if the current screen has the button: a press may arrive after the screen has changed.
    fn press(&mut self, action: Action, cmds: &mut Vec<Cmd>) {
        match (action, &self.screen, self.token.clone()) {
            (Action::Pay, Screen::Start, _) if !self.terms => {
                self.notice = Some(Notice::TermsNeeded);
                cmds.push(Cmd::FocusMissing);
            }
            // The order exists already and is open.
            (Action::Pay, Screen::Start, Some(token)) => {
                self.pay(self.attempt(token, true), cmds);
            }
            (Action::Pay, Screen::Start, None) => {
                if let Some(new) = self.new_checkout(false) {
                    self.pay(Cmd::Create { key: String::new(), open: false, new }, cmds);
                }
            }
            (Action::Cancel, Screen::Waiting, Some(token)) => self.send(Cmd::Cancel(token), cmds),
            (Action::Retry | Action::RetryUnshared, Screen::Failure(_), Some(token)) if self.retryable() => {
                self.share &= action == Action::Retry;
                self.pay(self.attempt(token, false), cmds);
            }
            (Action::Retry, Screen::Failure(_), _) => match self.failed_request.take() {
                Some(request @ (Cmd::Create { .. } | Cmd::Attempt { .. })) => self.pay(request, cmds),
                Some(request) => self.fetch(request, cmds),
                None => {}
            },
            (Action::AcceptPrice, Screen::Failure(Failure::PriceChanged { .. }), _) => {
                self.screen = Screen::Start;
                self.accepted_total = self.cart.as_ref().map(|cart| cart.total);
                self.open_for_scan(cmds);
            }
            (Action::Back, ..) => self.close(cmds),
            (Action::Print, ..) => cmds.push(Cmd::Print),
            _ => {}
        }
    }

    /// Sends a request that begins a payment. Shortly after the press the page may leave by itself.
    fn pay(&mut self, request: Cmd, cmds: &mut Vec<Cmd>) {
        self.leave_until = self.now + LEAVE_WITHIN_MS;
        self.creating = matches!(request, Cmd::Create { .. });
        let request = self.retries.with_key(self.now, request);
        self.send(request, cmds);
    }

    fn is_paid(&self) -> bool {
        self.checkout.as_ref().is_some_and(|it| it.state == State::Authorized)
    }

    /// Whether the proxy accepts another attempt to pay the checkout.
    pub fn retryable(&self) -> bool {
        self.checkout.as_ref().is_some_and(|it| it.state.is_final() && it.state != State::Authorized)
    }

    /// Goes back to the pay button and clears the order and the choices made for it.
    fn close(&mut self, cmds: &mut Vec<Cmd>) {
        // An attempt without an answer may have begun a payment. Its token is kept: the next press reads it instead of paying twice.
        if let Some(token) = self.token.take_if(|token| !self.retries.is_unanswered(token)) {
            cmds.push(Cmd::RemoveToken { key: self.order.storage_key.clone(), token });
        }
        self.subscription.stop(cmds);
        self.screen = Screen::Closed;
        self.claim = Claim::NotAsked;
        self.checkout = None;
        self.scan_ready = false;
        self.notice = None;
        self.failed_request = None;
        self.retries.cancel();
        self.busy = false;
        (self.terms, self.share) = (false, false);
    }

    /// The body of a new checkout: a `kvitt_wire::NewCheckout`. An order that is only opened has neither terms nor consent yet.
    fn new_checkout(&self, open: bool) -> Option<Json> {
        let cart = self.cart.as_ref()?;
        let mut new = self.choices(!open && self.terms, !open && self.share);
        new.push(("amount", cart.total.into()));
        new.push(("language", self.words.language().tag().into()));
        new.push(("open", Json::Flag(open)));
        if self.order.signed {
            new.push(("signed_cart", self.order.items.as_str().into()));
        } else {
            let item = |line: &Line| {
                let quantity = Json::number(line.quantity.whole().into());
                Json::Object(vec![("sku", line.sku.as_str().into()), ("quantity", quantity)])
            };
            new.push(("items", Json::List(cart.lines.iter().map(item).collect())));
        }
        let Order { cart_id, sales_unit, return_url, .. } = &self.order;
        for (name, value) in [("cart_id", cart_id), ("sales_unit", sales_unit), ("return_url", return_url)] {
            if let Some(value) = value {
                new.push((name, value.as_str().into()));
            }
        }
        Some(Json::Object(new))
    }

    /// Another attempt to pay the order, with a `kvitt_wire::NewAttempt` as its body.
    fn attempt(&self, token: String, terms: bool) -> Cmd {
        Cmd::Attempt { key: String::new(), token, new: Json::Object(self.choices(terms, self.share)) }
    }

    /// What the customer has chosen, for the body of a request.
    fn choices(&self, terms: bool, share: bool) -> Vec<(&'static str, Json)> {
        let mut choices = vec![("terms_accepted", Json::Flag(terms))];
        if share {
            let wording = ("wording", self.words.wording().into());
            let language = ("language", self.words.language().tag().into());
            choices.push(("consent", Json::Object(vec![wording, language])));
        }
        choices
    }

    fn tick(&mut self, cmds: &mut Vec<Cmd>) {
        match self.retries.take_due(self.now) {
            Some(request) => cmds.push(request),
            None if self.retries.is_scheduled() => cmds.push(Cmd::Tick(TICK_MS)),
            None => {}
        }
        if let Some(token) = self.token.clone() {
            self.claim_purchase(cmds);
            self.subscription.tick(self.now, token, cmds);
        }
    }

    fn reactivate(&mut self, cmds: &mut Vec<Cmd>) {
        self.disconnected = false;
        self.hidden = false;
        if self.retries.is_scheduled() {
            cmds.push(Cmd::Tick(TICK_MS));
        }
        let Some(token) = self.token.clone() else { return };
        cmds.push(Cmd::Read(token.clone()));
        if self.checkout.as_ref().is_some_and(|it| is_followed(it, self.now)) {
            self.subscription.stop(cmds);
            self.subscription.start(self.now, token, cmds);
        }
    }
}

/// Whether an address is on the web. A `javascript:` address must never become a link.
fn is_web_url(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The shop's address, if it may become a link: it is on the web, or a path.
pub fn link(url: &str) -> Option<&str> {
    Some(url).filter(|url| url.starts_with('/') || is_web_url(url))
}
