//! The heart of the widget: what is known, what can happen, and what then is to be done.
//!
//! Everything that happens arrives as a [`Msg`]; [`update`] changes the [`Model`] and answers with [`Cmd`]s, which `app` carries
//! out and whose outcomes come back as messages. It must never touch the page, the network or a clock: the time is `Model::now`,
//! set by the caller before each message. That is why all of it is tested without a browser.

mod follow;
mod messages;
mod order;
mod screen;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use kvitt_wire::{Amount, CONSENT_WORDING, Cart, Checkout, ConsentGiven, Item, NewAttempt, NewCheckout, State};

pub use follow::Follow;
pub use messages::{Act, Cmd, Event, Fault, Msg, Notice};
pub use order::Order;
pub use screen::{Screen, Trouble};

/// How long after a press the page may leave by itself once the payment is ready, in milliseconds. Later the customer has to press.
const LEAVE_WITHIN: i64 = 10_000;
/// How long after the attempt's end the telephone number is still waited for, in milliseconds.
const NUMBER_WITHIN: i64 = 120_000;

/// All that the widget knows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Milliseconds since 1970, set before each message.
    pub now: i64,
    /// What the page asks for.
    pub order: Order,
    /// Whether the element has a button to go back to; a confirmation has none.
    pub closable: bool,
    /// What the customer sees.
    pub screen: Screen,
    /// The order at the proxy's prices.
    pub cart: Option<Cart>,
    /// Grows with every cart that the proxy has priced anew.
    pub priced: u32,
    /// Which checkout is followed; known before it has been read.
    pub token: Option<String>,
    /// The checkout as last read.
    pub checkout: Option<Checkout>,
    /// The customer has accepted the terms.
    pub terms: bool,
    /// The customer has said yes to sharing the telephone number.
    pub share: bool,
    /// Something that the customer asked for is under way.
    pub busy: bool,
    /// What is to be said on this screen beside it.
    pub notice: Option<Notice>,
    /// When to look for news.
    pub follow: Follow,
    /// What the page asks for meanwhile, while the present order is being paid.
    next: Option<Order>,
    /// The total that the customer accepted instead of the page's.
    accepted: Option<Amount>,
    /// A checkout is being opened: until the answer nothing else may begin.
    creating: bool,
    /// Out of the page: nothing may listen, and nobody be taken anywhere.
    resting: bool,
    /// The errand that a failed connection cut short, to be tried again.
    errand: Option<Cmd>,
    /// Until when the page may leave by itself.
    leave_until: i64,
    /// A remembered order is shown even when it is over.
    sure: bool,
}

/// Takes in what happened; says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    match msg {
        Msg::Opened => {
            model.resting = false;
            if model.screen == Screen::Closed {
                cmds.push(Cmd::Tell(Event::Open));
                model.fetch(Cmd::Price, &mut cmds);
            }
        }
        // What the customer is paying right now goes before what the tab remembers.
        Msg::Resumed { .. } if model.creating => {}
        Msg::Resumed { token, sure } => {
            model.follow.stop(&mut cmds);
            model.resting = false;
            model.busy = false;
            model.errand = None;
            model.sure = sure;
            model.checkout = None;
            model.token = Some(token.clone());
            model.fetch(Cmd::Read(token), &mut cmds);
        }
        Msg::Configured(order) => model.configure(order, &mut cmds),
        Msg::Pressed(act) => {
            if !model.busy {
                model.press(act, &mut cmds);
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
        Msg::Answered(errand, answer) => model.answered(errand, answer, &mut cmds),
        Msg::Streamed(checkout) => {
            model.follow.heard(model.now);
            model.receive(*checkout, &mut cmds);
        }
        Msg::StreamLost => model.follow.lost(model.now, &mut cmds),
        Msg::Ticked => model.tick(&mut cmds),
        Msg::Woken => model.wake(&mut cmds),
        Msg::Rested => {
            model.resting = true;
            model.follow.stop(&mut cmds);
        }
    }
    model.catch_up(&mut cmds);
    cmds
}

impl Model {
    /// Closed, for this order.
    pub fn new(order: Order, closable: bool) -> Self {
        Self { order, closable, ..Self::default() }
    }

    /// Starts an errand whose answer decides on the next screen.
    fn fetch(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.screen = Screen::Fetching;
        self.notice = None;
        self.errand = None;
        cmds.push(errand);
    }

    /// Starts an errand that leaves the screen as it is until it is answered.
    fn ask(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.busy = true;
        self.notice = None;
        cmds.push(errand);
    }

    /// The page asks for something else. An order that is being paid stays as it is; a confirmation stays when the page
    /// merely empties its cart behind it.
    fn configure(&mut self, order: Order, cmds: &mut Vec<Cmd>) {
        self.order.language = order.language;
        let paid = self.checkout.as_ref().is_some_and(|it| it.state == State::Authorized);
        if paid && !order.items.is_empty() && !order.same_goods(&self.order) {
            self.close(cmds);
        }
        self.next = Some(order);
    }

    /// Takes up what the page asks for now, as soon as nothing of the order before can be paid any more. What came to nothing
    /// for another cart is not offered again.
    fn catch_up(&mut self, cmds: &mut Vec<Cmd>) {
        let held = self.busy || self.creating || self.token.is_some() && !self.retryable();
        let Some(order) = self.next.take_if(|_| !held) else { return };
        let same = order.same_goods(&self.order);
        if !same && self.token.is_some() {
            self.close(cmds);
        }
        if !order.same_seller(&self.order) {
            (self.terms, self.share) = (false, false);
        }
        let as_before = same && order.amount == self.order.amount;
        self.order = order;
        if !as_before {
            self.accepted = None;
            if self.screen != Screen::Closed && self.token.is_none() {
                self.fetch(Cmd::Price, cmds);
            }
        }
    }

    /// A press counts on the screen that has its button, and nowhere else: it may come late.
    fn press(&mut self, act: Act, cmds: &mut Vec<Cmd>) {
        match (act, &self.screen, self.token.clone()) {
            (Act::Pay, Screen::Start, _) if !self.terms => {
                self.notice = Some(Notice::TermsNeeded);
                cmds.push(Cmd::Point);
            }
            (Act::Pay, Screen::Start, _) => {
                if let Some(new) = self.new_checkout() {
                    self.creating = true;
                    self.pay(Cmd::Create(new), cmds);
                }
            }
            (Act::Cancel, Screen::Waiting, Some(token)) => self.ask(Cmd::Cancel(token), cmds),
            (Act::Again | Act::AgainUnshared, Screen::Trouble(_), Some(token)) if self.retryable() => {
                self.share &= act == Act::Again;
                self.pay(Cmd::Retry(token, NewAttempt { consent: self.consent() }), cmds);
            }
            (Act::Again, Screen::Trouble(_), _) => match self.errand.take() {
                Some(errand @ Cmd::Create(_)) => {
                    self.creating = true;
                    self.pay(errand, cmds);
                }
                Some(errand @ Cmd::Retry(..)) => self.pay(errand, cmds),
                Some(errand) => self.fetch(errand, cmds),
                None => {}
            },
            (Act::Accept, Screen::Trouble(Trouble::PriceChanged { .. }), _) => {
                self.screen = Screen::Start;
                self.accepted = self.cart.as_ref().map(|cart| cart.total);
            }
            (Act::Back, ..) => self.close(cmds),
            (Act::Print, ..) => cmds.push(Cmd::Print),
            _ => {}
        }
    }

    /// An errand that may end at Vipps MobilePay: the page may leave by itself while the press is fresh.
    fn pay(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.leave_until = self.now + LEAVE_WITHIN;
        self.ask(errand, cmds);
    }

    /// Whether the checkout stands where the proxy grants another attempt.
    pub fn retryable(&self) -> bool {
        self.checkout.as_ref().is_some_and(|it| it.state.is_final() && it.state != State::Authorized)
    }

    /// Back to the button, with nothing left of what was said for the order before.
    fn close(&mut self, cmds: &mut Vec<Cmd>) {
        if let Some(token) = self.token.take() {
            cmds.push(Cmd::Forget { key: self.order.key.clone(), token });
        }
        self.follow.stop(cmds);
        self.screen = Screen::Closed;
        self.checkout = None;
        self.notice = None;
        self.errand = None;
        self.busy = false;
        (self.terms, self.share) = (false, false);
    }

    fn new_checkout(&self) -> Option<NewCheckout> {
        let cart = self.cart.as_ref()?;
        Some(NewCheckout {
            items: cart.lines.iter().map(|line| Item { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            amount: cart.total,
            sales_unit: self.order.sales_unit.clone(),
            terms_accepted: self.terms,
            consent: self.consent(),
            language: self.order.language,
            return_url: self.order.return_url.clone(),
        })
    }

    fn consent(&self) -> Option<ConsentGiven> {
        self.share.then(|| ConsentGiven { wording: CONSENT_WORDING.into() })
    }

    /// A price counts while it is waited for, and only for what the page still asks for.
    fn priced(&mut self, asked: &Order, answer: Result<Box<Cart>, Fault>, cmds: &mut Vec<Cmd>) {
        if self.token.is_some() || self.screen != Screen::Fetching || !asked.same_goods(&self.order) {
            return;
        }
        match answer {
            Ok(cart) => {
                let known = [self.order.amount, self.accepted].contains(&Some(cart.total));
                let shown = self.order.amount.filter(|_| !known);
                self.share &= cart.asks_phone_number;
                self.price(*cart);
                match shown {
                    Some(shown) => self.trouble(Trouble::PriceChanged { shown }, cmds),
                    None => self.screen = Screen::Start,
                }
            }
            Err(fault) => self.fail(Cmd::Price, fault, cmds),
        }
    }

    fn price(&mut self, cart: Cart) {
        self.cart = Some(cart);
        self.priced = self.priced.wrapping_add(1);
    }

    fn answered(&mut self, errand: Cmd, answer: Result<Box<Checkout>, Fault>, cmds: &mut Vec<Cmd>) {
        match &errand {
            Cmd::Create(_) => self.creating = false,
            // An order that has been left since, or is being looked at anew.
            Cmd::Read(token) if self.token.as_ref() != Some(token) => return,
            Cmd::Cancel(token) | Cmd::Retry(token, _)
                if self.token.as_ref() != Some(token) || self.checkout.is_none() =>
            {
                return;
            }
            _ => {}
        }
        // A look that nobody asked for ends nothing that the customer did ask for.
        if !matches!(errand, Cmd::Read(_)) || self.checkout.is_none() {
            self.busy = false;
        }
        match (answer, &errand) {
            (Ok(checkout), Cmd::Create(_)) => {
                let token = checkout.token.clone();
                self.token = Some(token.clone());
                self.sure = true;
                cmds.push(Cmd::Remember { key: self.order.key.clone(), token });
                self.receive(*checkout, cmds);
            }
            (Ok(checkout), _) if self.checkout.is_none() && self.stale(&checkout) => self.close(cmds),
            (Ok(checkout), _) => self.receive(*checkout, cmds),
            // The customer may have paid while we asked for another attempt or for the end of this one: look.
            (Err(Fault::Problem { code, .. }), Cmd::Retry(token, _)) if code == "not_retryable" => {
                cmds.push(Cmd::Read(token.clone()));
            }
            (Err(Fault::Problem { code, .. }), Cmd::Read(_)) if code == "not_found" && !self.sure => self.close(cmds),
            (Err(Fault::Unreachable), Cmd::Read(_)) if self.checkout.is_some() => self.notice = Some(Notice::Offline),
            (Err(Fault::Unreachable), Cmd::Cancel(_)) => self.notice = Some(Notice::NotCancelled),
            (Err(fault), _) => self.fail(errand, fault, cmds),
        }
    }

    fn fail(&mut self, errand: Cmd, fault: Fault, cmds: &mut Vec<Cmd>) {
        let trouble = match fault {
            Fault::Unreachable => {
                self.errand = Some(errand);
                Trouble::Unreachable
            }
            Fault::Problem { code, cart } => {
                // The answer would be the same for ever.
                if matches!(errand, Cmd::Read(_)) {
                    self.follow.stop(cmds);
                }
                match (code.as_str(), cart, &self.cart) {
                    ("price_changed", Some(new), Some(old)) => {
                        let shown = old.total;
                        self.price(*new);
                        Trouble::PriceChanged { shown }
                    }
                    ("not_found", ..) => Trouble::NotFound,
                    _ => Trouble::Refused(code),
                }
            }
        };
        self.trouble(trouble, cmds);
    }

    fn trouble(&mut self, trouble: Trouble, cmds: &mut Vec<Cmd>) {
        self.notice = None;
        let screen = Screen::Trouble(trouble.clone());
        if self.screen != screen {
            self.screen = screen;
            cmds.push(Cmd::Tell(Event::Trouble(trouble.code().into())));
        }
    }

    /// A checkout's state, from whichever way it came. Older news than what is known are no news.
    fn receive(&mut self, mut checkout: Checkout, cmds: &mut Vec<Cmd>) {
        if self.token.as_deref() != Some(&checkout.token) {
            return;
        }
        let known = self.checkout.as_ref();
        if known.is_some_and(|known| checkout.version < known.version) {
            return;
        }
        let news = known.is_none_or(|known| known.state != checkout.state || known.reference != checkout.reference);
        checkout.redirect_url = checkout.redirect_url.filter(|url| leads_to_the_web(url));
        if self.notice == Some(Notice::Offline) {
            self.notice = None;
        }
        if news {
            cmds.push(Cmd::Tell(Event::State {
                state: checkout.state,
                reference: checkout.reference.clone(),
                token: checkout.token.clone(),
            }));
            self.share = checkout.sharing.consented;
        }
        self.cart = Some(checkout.cart.clone());
        let state = checkout.state;
        if let (State::Created, Some(url)) = (state, &checkout.redirect_url)
            && self.now < self.leave_until
            && !self.resting
        {
            self.leave_until = 0;
            cmds.push(Cmd::Leave { url: url.clone(), token: checkout.token.clone() });
        }
        let trouble = match state {
            State::Starting | State::Created => None,
            State::Authorized => None,
            State::Aborted => Some(Trouble::Aborted),
            State::Expired => Some(Trouble::Expired),
            State::Terminated => Some(Trouble::Terminated),
            State::Failed => Some(Trouble::Failed(checkout.trouble.clone().unwrap_or_else(|| "failed".into()))),
        };
        match trouble {
            Some(trouble) => self.trouble(trouble, cmds),
            None if state == State::Authorized => self.screen = Screen::Done,
            None => self.screen = Screen::Waiting,
        }
        let settled = state.is_final() && !awaits_number(&checkout, self.now);
        let token = checkout.token.clone();
        self.checkout = Some(checkout);
        if settled {
            self.follow.stop(cmds);
        } else if !self.resting {
            self.follow.start(self.now, token, cmds);
        }
    }

    /// A remembered order that is over, or that is not the one this element is for, is not shown to somebody who comes anew.
    fn stale(&self, checkout: &Checkout) -> bool {
        let over = !self.sure && checkout.state.is_final();
        let order = self.next.as_ref().unwrap_or(&self.order);
        over || self.closable && !order.asks_for(&checkout.cart)
    }

    fn tick(&mut self, cmds: &mut Vec<Cmd>) {
        if let Some(token) = self.token.clone() {
            self.follow.tick(self.now, token, cmds);
        }
    }

    fn wake(&mut self, cmds: &mut Vec<Cmd>) {
        self.resting = false;
        let Some(token) = self.token.clone() else { return };
        cmds.push(Cmd::Read(token.clone()));
        if self.checkout.as_ref().is_some_and(|it| !it.state.is_final()) {
            self.follow.stop(cmds);
            self.follow.start(self.now, token, cmds);
        }
    }
}

/// Whether an address is one that a customer may be taken to, and not a script in disguise.
fn leads_to_the_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// An address of the shop's as a link: on the web, or a path.
pub fn link(url: &str) -> Option<&str> {
    Some(url).filter(|url| url.starts_with('/') || leads_to_the_web(url))
}

/// The number is fetched shortly after the payment; until then the confirmation is not complete. It may also never come.
fn awaits_number(checkout: &Checkout, now: i64) -> bool {
    now < checkout.expires_at_ms + NUMBER_WITHIN
        && checkout.state == State::Authorized
        && checkout.sharing.consented
        && checkout.sharing.phone_number_ending.is_none()
}
