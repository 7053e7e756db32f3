//! The heart of the widget: what is known, what can happen, and what then is to be done.
//!
//! Everything that happens arrives as a [`Msg`]; [`update`] changes the [`Model`] and answers with [`Cmd`]s, which `app` carries
//! out and whose outcomes come back as messages. It must never touch the page, the network or a clock: the time is `Model::now`,
//! set by the caller before each message. That is why all of it is tested without a browser.

mod messages;
mod order;
mod responses;
mod retry;
mod scan;
mod screen;
mod subscription;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use kvitt_wire::{Amount, Cart, Checkout, ConsentGiven, Item, NewAttempt, NewCheckout, State};

pub use messages::{Act, Cmd, Event, Fault, Msg, Notice};
pub use order::Order;
pub use screen::{Screen, Trouble};
pub use subscription::Follow;

use crate::text::Words;
use retry::Repeat;
use subscription::BEAT;

/// How long after a press the page may leave by itself once the payment is ready, in milliseconds. Later the customer has to press.
const LEAVE_WITHIN: i64 = 10_000;

/// All that the widget knows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Milliseconds since 1970, set before each message.
    pub now: i64,
    /// What the page asks for.
    pub order: Order,
    /// The words that the customer is spoken to with.
    pub words: Words,
    /// Whether the element has a button to go back to; a confirmation has none.
    pub closable: bool,
    /// Whether a phone may scan what is to be paid: this is none.
    pub scannable: bool,
    /// The order that is shown is open, so that a phone can scan it; nobody has pressed pay yet.
    pub offered: bool,
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
    /// What the trouble on the screen can be found by in the proxy's log.
    pub trace: Option<String>,
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
    /// How to ask again.
    repeat: Repeat,
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
                let errand = model.token.clone().map_or(Cmd::Price, Cmd::Read);
                model.fetch(errand, &mut cmds);
            }
        }
        // What the customer is paying right now goes before what the tab remembers.
        Msg::Resumed { .. } if model.creating => {}
        Msg::Resumed { token, sure } => {
            model.follow.stop(&mut cmds);
            model.resting = false;
            model.busy = false;
            model.sure = sure;
            model.offered = false;
            model.checkout = None;
            model.token = Some(token.clone());
            model.fetch(Cmd::Read(token), &mut cmds);
        }
        Msg::Configured(order) => model.configure(order, &mut cmds),
        Msg::Spoken(words) => model.words = words,
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
    /// Closed, for this order, in this language. `salt` is random and this element's alone.
    pub fn new(order: Order, words: Words, salt: String) -> Self {
        let closable = !order.key.is_empty();
        Self { order, closable, words, repeat: Repeat::new(salt), ..Self::default() }
    }

    /// Starts an errand whose answer decides on the next screen.
    fn fetch(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.screen = Screen::Fetching;
        self.notice = None;
        self.errand = None;
        self.repeat.begin(self.now);
        cmds.push(errand);
    }

    /// Starts an errand that leaves the screen as it is until it is answered.
    fn ask(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.busy = true;
        self.notice = None;
        self.repeat.begin(self.now);
        cmds.push(errand);
    }

    /// The page asks for something else. An order that is being paid stays as it is; a confirmation stays when the page
    /// merely empties its cart behind it.
    fn configure(&mut self, order: Order, cmds: &mut Vec<Cmd>) {
        let paid = self.checkout.as_ref().is_some_and(|it| it.state == State::Authorized);
        if paid && !order.items.is_empty() && !order.same_goods(&self.order) {
            self.close(cmds);
        }
        self.next = Some(order);
    }

    /// Takes up what the page asks for now, as soon as nothing of the order before can be paid any more. What came to nothing
    /// for another cart is not offered again.
    fn catch_up(&mut self, cmds: &mut Vec<Cmd>) {
        let paying = self.token.is_some() && !self.retryable() && !self.offered && self.screen != Screen::Closed;
        let held = self.busy || self.creating || paying;
        let Some(order) = self.next.take_if(|_| !held) else { return };
        let same = order.same_goods(&self.order);
        let as_before = same && order.amount == self.order.amount;
        if self.offered {
            if !as_before {
                self.take_back(cmds);
            }
        } else if !same && self.token.is_some() {
            self.close(cmds);
        }
        if !order.same_seller(&self.order) {
            (self.terms, self.share) = (false, false);
        }
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
            // The order is there already, and waits for this press.
            (Act::Pay, Screen::Start, Some(token)) => {
                let new = NewAttempt { terms_accepted: true, consent: self.consent() };
                self.pay(Cmd::Retry { key: String::new(), token, new }, cmds);
            }
            (Act::Pay, Screen::Start, None) => {
                if let Some(new) = self.new_checkout() {
                    self.pay(Cmd::Create { key: String::new(), new }, cmds);
                }
            }
            (Act::Cancel, Screen::Waiting, Some(token)) => self.ask(Cmd::Cancel(token), cmds),
            (Act::Again | Act::AgainUnshared, Screen::Trouble(_), Some(token)) if self.retryable() => {
                self.share &= act == Act::Again;
                let new = NewAttempt { terms_accepted: false, consent: self.consent() };
                self.pay(Cmd::Retry { key: String::new(), token, new }, cmds);
            }
            (Act::Again, Screen::Trouble(_), _) => match self.errand.take() {
                Some(errand @ (Cmd::Create { .. } | Cmd::Retry { .. })) => self.pay(errand, cmds),
                Some(errand) => self.fetch(errand, cmds),
                None => {}
            },
            (Act::Accept, Screen::Trouble(Trouble::PriceChanged { .. }), _) => {
                self.screen = Screen::Start;
                self.accepted = self.cart.as_ref().map(|cart| cart.total);
                self.offer(cmds);
            }
            (Act::Back, ..) => self.close(cmds),
            (Act::Print, ..) => cmds.push(Cmd::Print),
            _ => {}
        }
    }

    /// An errand that may end at Vipps MobilePay: the page may leave by itself while the press is fresh.
    fn pay(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.leave_until = self.now + LEAVE_WITHIN;
        self.creating = matches!(errand, Cmd::Create { .. });
        let errand = self.repeat.keyed(self.now, errand);
        self.ask(errand, cmds);
    }

    /// Whether the checkout stands where the proxy grants another attempt.
    pub fn retryable(&self) -> bool {
        self.checkout.as_ref().is_some_and(|it| it.state.is_final() && it.state != State::Authorized)
    }

    /// Back to the button, with nothing left of what was said for the order before.
    fn close(&mut self, cmds: &mut Vec<Cmd>) {
        // A payment that may have been begun is looked for when the customer comes again, and not begun twice.
        if let Some(token) = self.token.take_if(|token| !self.repeat.is_lost(token)) {
            cmds.push(Cmd::Forget { key: self.order.key.clone(), token });
        }
        self.follow.stop(cmds);
        self.screen = Screen::Closed;
        self.checkout = None;
        self.offered = false;
        self.notice = None;
        self.errand = None;
        self.repeat.give_up();
        self.busy = false;
        (self.terms, self.share) = (false, false);
    }

    fn new_checkout(&self) -> Option<NewCheckout> {
        let cart = self.cart.as_ref()?;
        let lines = if self.order.signed { &[] } else { &cart.lines[..] };
        Some(NewCheckout {
            items: lines.iter().map(|line| Item { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            signed_cart: self.order.signed.then(|| self.order.items.clone()),
            amount: cart.total,
            sales_unit: self.order.sales_unit.clone(),
            terms_accepted: self.terms,
            consent: self.consent(),
            language: self.words.language(),
            return_url: self.order.return_url.clone(),
            open: false,
        })
    }

    fn consent(&self) -> Option<ConsentGiven> {
        self.share.then(|| ConsentGiven { wording: self.words.wording().into() })
    }

    fn tick(&mut self, cmds: &mut Vec<Cmd>) {
        match self.repeat.due(self.now) {
            Some(errand) => cmds.push(errand),
            None if self.repeat.is_planned() => cmds.push(Cmd::Tick(BEAT)),
            None => {}
        }
        if let Some(token) = self.token.clone() {
            self.follow.tick(self.now, token, cmds);
        }
    }

    fn wake(&mut self, cmds: &mut Vec<Cmd>) {
        self.resting = false;
        if self.repeat.is_planned() {
            cmds.push(Cmd::Tick(BEAT));
        }
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
