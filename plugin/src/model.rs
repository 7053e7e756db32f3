//! The heart of the widget: what is known, what can happen, and what then is to be done.
//!
//! Everything that happens arrives as a [`Msg`]; [`update`] changes the [`Model`] and answers with [`Cmd`]s, which `app` carries
//! out and whose outcomes come back as messages. It must never touch the page, the network or a clock: the time is `Model::now`,
//! set by the caller before each message. That is why all of it is tested without a browser.

mod follow;
mod messages;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use kvitt_wire::{
    Amount, CONSENT_WORDING, Cart, Checkout, ConsentGiven, Item, Language, NewAttempt, NewCheckout, State,
};

pub use follow::Follow;
pub use messages::{Act, Cmd, Event, Fault, Msg, Notice};

/// How long after a press the page may leave by itself once the payment is ready, in milliseconds. Later the customer has to press.
const LEAVE_WITHIN: i64 = 10_000;
/// How long after the attempt's end the telephone number is still waited for, in milliseconds.
const NUMBER_WITHIN: i64 = 120_000;

/// What the page asks for: the element's attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The proxy's address without a path.
    pub origin: String,
    /// The articles, as the attribute has them.
    pub items: String,
    /// The total that the page has shown, if it has.
    pub amount: Option<Amount>,
    /// The sales unit by name.
    pub sales_unit: Option<String>,
    /// Where the customer comes back to, absolute.
    pub return_url: Option<String>,
    /// The language that the customer is spoken to in.
    pub language: Language,
}

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
    /// The errand that a failed connection cut short, to be tried again.
    errand: Option<Cmd>,
    /// Until when the page may leave by itself.
    leave_until: i64,
    /// A remembered order is shown even when it is over.
    sure: bool,
}

/// What the customer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The button, or the page's own content.
    #[default]
    Closed,
    /// Fetching what is to be shown.
    Fetching,
    /// The order, the terms, the number, the pay button.
    Start,
    /// The payment is at Vipps MobilePay.
    Waiting,
    /// Paid: the confirmation.
    Done,
    /// It came to nothing, and what can be done about it.
    Trouble(Trouble),
}

/// Why it came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The customer said no, went back, or would not share the number.
    Aborted,
    /// Nobody approved in time.
    Expired,
    /// Cancelled from here.
    Terminated,
    /// The payment could not be created; the code says why.
    Failed(String),
    /// The price is another than the one that was shown.
    PriceChanged {
        /// What the customer was shown.
        shown: Amount,
    },
    /// There is no such checkout.
    NotFound,
    /// The proxy did not answer, or could not.
    Unreachable,
    /// The proxy refused, and will again; the code says why.
    Refused(String),
}

impl Trouble {
    /// The stable code of the `kvitt:trouble` event.
    pub fn code(&self) -> &str {
        match self {
            Self::Aborted => "aborted",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
            Self::PriceChanged { .. } => "price_changed",
            Self::NotFound => "not_found",
            Self::Unreachable => "unreachable",
            Self::Failed(code) | Self::Refused(code) => code,
        }
    }
}

/// Takes in what happened; says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    match msg {
        Msg::Opened => {
            if model.screen == Screen::Closed {
                cmds.push(Cmd::Tell(Event::Open));
                model.fetch(Cmd::Price, &mut cmds);
            }
        }
        Msg::Resumed { token, sure } => {
            model.follow.stop(&mut cmds);
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
        Msg::Priced(answer) => model.priced(answer, &mut cmds),
        Msg::Answered(errand, answer) => model.answered(errand, answer, &mut cmds),
        Msg::Streamed(checkout) => {
            model.follow.heard(model.now);
            model.receive(*checkout, &mut cmds);
        }
        Msg::StreamLost => model.follow.lost(model.now, &mut cmds),
        Msg::Ticked => model.tick(&mut cmds),
        Msg::Woken => model.wake(&mut cmds),
        Msg::Rested => model.follow.stop(&mut cmds),
    }
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
        cmds.push(errand);
    }

    /// Starts an errand that leaves the screen as it is until it is answered.
    fn ask(&mut self, errand: Cmd, cmds: &mut Vec<Cmd>) {
        self.busy = true;
        self.notice = None;
        cmds.push(errand);
    }

    /// Another order in the same element: what is shown for the old one goes, unless it is being paid.
    fn configure(&mut self, order: Order, cmds: &mut Vec<Cmd>) {
        let same = Order { language: order.language, ..self.order.clone() } == order;
        self.order = order;
        if !same && self.checkout.is_none() && self.screen != Screen::Closed {
            self.cart = None;
            self.fetch(Cmd::Price, cmds);
        }
    }

    /// A press counts on the screen that has its button, and nowhere else: it may come late.
    fn press(&mut self, act: Act, cmds: &mut Vec<Cmd>) {
        match (act, &self.screen, self.token.clone()) {
            (Act::Pay, Screen::Start, _) if !self.terms => self.notice = Some(Notice::TermsNeeded),
            (Act::Pay, Screen::Start, _) => {
                if let Some(new) = self.new_checkout() {
                    self.pay(Cmd::Create(new), cmds);
                }
            }
            (Act::Cancel, Screen::Waiting, Some(token)) => self.ask(Cmd::Cancel(token), cmds),
            (Act::Again | Act::AgainUnshared, Screen::Trouble(_), Some(token)) if self.retryable() => {
                self.share &= act == Act::Again;
                self.pay(Cmd::Retry(token, NewAttempt { consent: self.consent() }), cmds);
            }
            (Act::Again, Screen::Trouble(_), _) => {
                if let Some(errand) = self.errand.take() {
                    self.pay(errand, cmds);
                }
            }
            (Act::Accept, Screen::Trouble(Trouble::PriceChanged { .. }), _) => {
                self.screen = Screen::Start;
                self.order.amount = self.cart.as_ref().map(|cart| cart.total);
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

    fn close(&mut self, cmds: &mut Vec<Cmd>) {
        if self.token.is_some() {
            cmds.push(Cmd::Forget);
        }
        self.follow.stop(cmds);
        self.screen = Screen::Closed;
        self.token = None;
        self.checkout = None;
        self.notice = None;
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

    fn priced(&mut self, answer: Result<Box<Cart>, Fault>, cmds: &mut Vec<Cmd>) {
        self.busy = false;
        if self.token.is_some() || self.screen == Screen::Closed {
            return;
        }
        match answer {
            Ok(cart) => {
                let shown = self.order.amount.filter(|amount| *amount != cart.total);
                self.share &= cart.asks_phone_number;
                self.cart = Some(*cart);
                match shown {
                    Some(shown) => self.trouble(Trouble::PriceChanged { shown }, cmds),
                    None => self.screen = Screen::Start,
                }
            }
            Err(fault) => self.fail(Cmd::Price, fault, cmds),
        }
    }

    fn answered(&mut self, errand: Cmd, answer: Result<Box<Checkout>, Fault>, cmds: &mut Vec<Cmd>) {
        // A look that nobody asked for ends nothing that the customer did ask for.
        if !matches!(errand, Cmd::Read(_)) || self.checkout.is_none() {
            self.busy = false;
        }
        match (answer, &errand) {
            (Ok(checkout), _) => {
                if matches!(errand, Cmd::Create(_)) {
                    self.token = Some(checkout.token.clone());
                    self.sure = true;
                    cmds.push(Cmd::Remember(checkout.token.clone()));
                }
                self.receive(*checkout, cmds);
            }
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
            Fault::Problem { code, cart } => match (code.as_str(), cart, &self.cart) {
                ("price_changed", Some(new), Some(old)) => {
                    let shown = old.total;
                    self.cart = Some(*new);
                    Trouble::PriceChanged { shown }
                }
                ("not_found", ..) => Trouble::NotFound,
                _ => Trouble::Refused(code),
            },
        };
        self.trouble(trouble, cmds);
    }

    fn trouble(&mut self, trouble: Trouble, cmds: &mut Vec<Cmd>) {
        cmds.push(Cmd::Tell(Event::Trouble(trouble.code().into())));
        self.notice = None;
        self.screen = Screen::Trouble(trouble);
    }

    /// A checkout's state, from whichever way it came. Older news than what is known are no news.
    fn receive(&mut self, checkout: Checkout, cmds: &mut Vec<Cmd>) {
        if self.token.as_deref() != Some(&checkout.token) {
            return;
        }
        let known = self.checkout.as_ref();
        if known.is_some_and(|known| checkout.version < known.version) {
            return;
        }
        let news = known.is_none_or(|known| known.state != checkout.state || known.reference != checkout.reference);
        if known.is_none() && self.stale(&checkout) {
            return self.close(cmds);
        }
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
            Some(trouble) if news || self.screen != Screen::Trouble(trouble.clone()) => self.trouble(trouble, cmds),
            Some(_) => {}
            None if state == State::Authorized => self.screen = Screen::Done,
            None => self.screen = Screen::Waiting,
        }
        let settled = state.is_final() && !awaits_number(&checkout, self.now);
        let token = checkout.token.clone();
        self.checkout = Some(checkout);
        if settled {
            self.follow.stop(cmds);
        } else {
            self.follow.start(self.now, token, cmds);
        }
    }

    /// A remembered order that is over, or that is not the one this element is for, is not shown to somebody who comes anew.
    fn stale(&self, checkout: &Checkout) -> bool {
        let over = !self.sure && checkout.state.is_final();
        over || self.closable && !same_items(&self.order.items, &checkout.cart)
    }

    fn tick(&mut self, cmds: &mut Vec<Cmd>) {
        if let Some(token) = self.token.clone() {
            self.follow.tick(self.now, token, cmds);
        }
    }

    fn wake(&mut self, cmds: &mut Vec<Cmd>) {
        let Some(checkout) = &self.checkout else { return };
        let (token, open) = (checkout.token.clone(), !checkout.state.is_final());
        cmds.push(Cmd::Read(token.clone()));
        if open {
            self.follow.stop(cmds);
            self.follow.start(self.now, token, cmds);
        }
    }
}

/// The number is fetched shortly after the payment; until then the confirmation is not complete. It may also never come.
fn awaits_number(checkout: &Checkout, now: i64) -> bool {
    now < checkout.expires_at_ms + NUMBER_WITHIN
        && checkout.state == State::Authorized
        && checkout.sharing.consented
        && checkout.sharing.phone_number_ending.is_none()
}

/// Whether a cart is what the attribute `items` asks for: the same articles in the same numbers, in any order.
fn same_items(items: &str, cart: &Cart) -> bool {
    let has = |item: &str| {
        let (sku, quantity) = item.split_once(':').unwrap_or_default();
        let quantity = quantity.parse::<u32>().ok();
        cart.lines.iter().any(|line| line.sku == sku && quantity == Some(line.quantity))
    };
    items.split(',').all(has) && items.split(',').count() == cart.lines.len()
}
