//! What the proxy says, as an answer or by the stream: which of it still counts, and what the customer sees of it.
//!
//! An answer may come late, to a question that nobody has any more, or tell what is older than what the stream has told. What is
//! kept of it, and the screen that follows, is decided here; what the customer does is in the parent.

use kvitt_wire::{Cart, Checkout, State};

use super::subscription::BEAT;
use super::{Cmd, Event, Fault, Model, Notice, Order, Screen, Trouble, leads_to_the_web};

/// How long after the attempt's end the telephone number is still waited for, in milliseconds.
pub(super) const NUMBER_WITHIN: i64 = 120_000;

impl Model {
    /// A price counts while it is waited for, and only for what the page still asks for.
    pub(super) fn priced(&mut self, asked: &Order, answer: Result<Box<Cart>, Fault>, cmds: &mut Vec<Cmd>) {
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
                    None => {
                        self.screen = Screen::Start;
                        self.offer(cmds);
                    }
                }
            }
            Err(fault) if self.waits(&Cmd::Price, &fault, cmds) => {}
            Err(fault) => self.fail(Cmd::Price, fault, cmds),
        }
    }

    fn price(&mut self, cart: Cart) {
        self.cart = Some(cart);
        self.priced = self.priced.wrapping_add(1);
    }

    pub(super) fn answered(&mut self, errand: Cmd, answer: Result<Box<Checkout>, Fault>, cmds: &mut Vec<Cmd>) {
        if let Cmd::Create { new, .. } = &errand
            && new.open
        {
            self.opened(new, answer, cmds);
            return;
        }
        match &errand {
            // An order that has been left since, or is being looked at anew.
            Cmd::Read(token) if self.token.as_ref() != Some(token) => return,
            Cmd::Cancel(token) | Cmd::Retry { token, .. }
                if self.token.as_ref() != Some(token) || self.checkout.is_none() =>
            {
                return;
            }
            _ => {}
        }
        // A look that nobody asked for ends nothing that the customer did ask for.
        let awaited = !matches!(errand, Cmd::Read(_)) || self.checkout.is_none();
        match &answer {
            Err(fault @ (Fault::Unreachable | Fault::Busy { .. })) => {
                if awaited && self.waits(&errand, fault, cmds) {
                    return;
                }
            }
            _ => self.repeat.answered(&errand),
        }
        self.creating &= !matches!(errand, Cmd::Create { .. });
        self.busy &= !awaited;
        match (answer, &errand) {
            (Ok(checkout), Cmd::Create { .. }) => {
                let token = checkout.token.clone();
                self.token = Some(token.clone());
                self.sure = true;
                cmds.push(Cmd::Remember { key: self.order.key.clone(), token });
                self.receive(*checkout, cmds);
            }
            (Ok(checkout), _) if self.checkout.is_none() && self.stale(&checkout) => {
                self.repeat.forget();
                self.close(cmds);
            }
            (Ok(checkout), _) => self.receive(*checkout, cmds),
            // The customer may have paid while we asked for another attempt or for the end of this one: look.
            (Err(Fault::Problem { code, .. }), Cmd::Retry { token, .. }) if code == "not_retryable" => {
                cmds.push(Cmd::Read(token.clone()));
            }
            (Err(Fault::Problem { code, .. }), Cmd::Read(_)) if code == "not_found" && !self.sure => self.close(cmds),
            (Err(Fault::Unreachable | Fault::Busy { .. }), Cmd::Read(_)) if self.checkout.is_some() => {
                self.notice = Some(Notice::Offline);
            }
            (Err(Fault::Unreachable | Fault::Busy { .. }), Cmd::Cancel(_)) => self.notice = Some(Notice::NotCancelled),
            (Err(fault), _) => self.fail(errand, fault, cmds),
        }
    }

    fn fail(&mut self, errand: Cmd, fault: Fault, cmds: &mut Vec<Cmd>) {
        let (trouble, trace) = match fault {
            Fault::Unreachable => {
                self.errand = Some(errand);
                (Trouble::Unreachable, None)
            }
            Fault::Busy { trace, .. } => {
                self.errand = Some(errand);
                (Trouble::Busy, Some(trace))
            }
            Fault::Problem { code, trace, cart } => {
                // The answer would be the same for ever.
                if matches!(errand, Cmd::Read(_)) {
                    self.follow.stop(cmds);
                }
                match (code.as_str(), cart, &self.cart) {
                    ("price_changed", Some(new), Some(old)) => {
                        let shown = old.total;
                        self.price(*new);
                        (Trouble::PriceChanged { shown }, None)
                    }
                    ("not_found", ..) => (Trouble::NotFound, Some(trace)),
                    _ => (Trouble::Refused(code), Some(trace)),
                }
            }
        };
        self.trouble(trouble, cmds);
        self.trace = trace;
    }

    /// Whether the errand is asked again by itself, after the pause that the proxy wishes for.
    fn waits(&mut self, errand: &Cmd, fault: &Fault, cmds: &mut Vec<Cmd>) -> bool {
        let Fault::Busy { after: Some(pause), .. } = fault else { return false };
        let waits = self.repeat.plan(self.now, *pause, errand);
        if waits && !self.resting {
            cmds.push(Cmd::Tick(BEAT));
        }
        waits
    }

    fn trouble(&mut self, trouble: Trouble, cmds: &mut Vec<Cmd>) {
        self.notice = None;
        self.trace = None;
        let screen = Screen::Trouble(trouble.clone());
        if self.screen != screen {
            self.screen = screen;
            cmds.push(Cmd::Tell(Event::Trouble(trouble.code().into())));
        }
    }

    /// A checkout's state, from whichever way it came. Older news than what is known are no news.
    pub(super) fn receive(&mut self, mut checkout: Checkout, cmds: &mut Vec<Cmd>) {
        if self.token.as_deref() != Some(&checkout.token) {
            return;
        }
        if self.checkout.as_ref().is_some_and(|known| checkout.version < known.version) {
            return;
        }
        if self.offered && checkout.state != State::Open {
            self.taken_up(&checkout, cmds);
            if self.token.is_none() {
                return;
            }
        }
        let known = self.checkout.as_ref();
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
            // What was to be asked again was asked of how things stood before.
            self.busy &= !self.repeat.give_up();
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
            State::Open | State::Starting | State::Created | State::Authorized => None,
            State::Aborted => Some(Trouble::Aborted),
            State::Expired => Some(Trouble::Expired),
            State::Terminated => Some(Trouble::Terminated),
            State::Failed => Some(Trouble::Failed(checkout.trouble.clone().unwrap_or_else(|| "failed".into()))),
        };
        match trouble {
            Some(trouble) => self.trouble(trouble, cmds),
            None if state == State::Authorized => self.screen = Screen::Done,
            None if state == State::Open => self.screen = Screen::Start,
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
}

/// The number is fetched shortly after the payment; until then the confirmation is not complete. It may also never come.
fn awaits_number(checkout: &Checkout, now: i64) -> bool {
    now < checkout.expires_at_ms + NUMBER_WITHIN
        && checkout.state == State::Authorized
        && checkout.sharing.consented
        && checkout.sharing.phone_number_ending.is_none()
}
