//! The proxy's answers and the events of its stream: which of them still count, and which screen follows.
//!
//! `update` passes them in. An answer may be late: its request may no longer matter, or the stream may have brought a newer state. Such
//! an answer must change nothing. What the customer does is handled in the parent.

use kvitt_wire::{Cart, Checkout, Line, State};

use super::subscription::TICK_MS;
use super::{Claim, Cmd, Event, Failure, Model, Notice, Order, RequestError, Screen, is_web_url};
use crate::json::Json;

/// For how long a page follows an order after the end of its attempt, in milliseconds. The proxy ends the stream by itself before.
pub(super) const FOLLOWED_MS: i64 = 86_400_000;
/// For how long after the attempt's end the widget waits for the telephone number, in milliseconds.
pub(super) const PHONE_NUMBER_WITHIN_MS: i64 = 120_000;

impl Model {
    /// Shows a price if the widget still waits for one and the page still describes the same cart.
    pub(super) fn priced(&mut self, for_order: &Order, answer: Result<Box<Cart>, RequestError>, cmds: &mut Vec<Cmd>) {
        if self.token.is_some() || self.screen != Screen::Fetching || !for_order.same_cart(&self.order) {
            return;
        }
        match answer {
            Ok(cart) => {
                let known = [self.order.amount, self.accepted_total].contains(&Some(cart.total));
                let shown = self.order.amount.filter(|_| !known);
                self.share &= cart.asks_phone_number;
                self.set_cart(*cart);
                match shown {
                    Some(shown) => self.show_failure(Failure::PriceChanged { shown }, cmds),
                    None => {
                        self.screen = Screen::Start;
                        self.open_for_scan(cmds);
                    }
                }
            }
            Err(error) if self.schedule_retry(&Cmd::Price, &error, cmds) => {}
            Err(error) => self.fail(Cmd::Price, error, cmds),
        }
    }

    fn set_cart(&mut self, cart: Cart) {
        self.cart = Some(cart);
    }

    pub(super) fn responded(&mut self, request: Cmd, answer: Result<Box<Checkout>, RequestError>, cmds: &mut Vec<Cmd>) {
        if let Cmd::Create { new, open: true, .. } = &request {
            self.opened_for_scan(new, answer, cmds);
            return;
        }
        match &request {
            // The widget has left this order since, or reads it again from the start.
            Cmd::Read(token) if self.token.as_ref() != Some(token) => return,
            Cmd::Cancel(token) | Cmd::Attempt { token, .. }
                if self.token.as_ref() != Some(token) || self.checkout.is_none() =>
            {
                return;
            }
            _ => {}
        }
        // What was tried with the order before it was paid has no answer that matters any more.
        if answer.is_err() && self.is_paid() && matches!(request, Cmd::Cancel(_) | Cmd::Attempt { .. }) {
            self.retries.answered(&request);
            self.busy = false;
            return;
        }
        // A poll in the background does not end a request that the customer started.
        let awaited = !matches!(request, Cmd::Read(_)) || self.checkout.is_none();
        match &answer {
            Err(error @ (RequestError::Unreachable | RequestError::Busy { .. })) => {
                if awaited && self.schedule_retry(&request, error, cmds) {
                    return;
                }
            }
            _ => self.retries.answered(&request),
        }
        self.creating &= !matches!(request, Cmd::Create { .. });
        self.busy &= !awaited;
        match (answer, &request) {
            (Ok(checkout), Cmd::Create { .. }) => {
                let token = checkout.token.clone();
                self.token = Some(token.clone());
                self.resumed = false;
                self.show_final = true;
                cmds.push(Cmd::StoreToken { key: self.order.storage_key.clone(), token });
                self.receive(*checkout, cmds);
            }
            (Ok(checkout), _) if self.checkout.is_none() && self.is_stale(&checkout) => {
                if checkout.state == State::Authorized {
                    cmds.push(Cmd::Forget);
                }
                self.retries.discard_unanswered();
                self.close(cmds);
            }
            (Ok(checkout), _) => self.receive(*checkout, cmds),
            // The customer may have paid meanwhile: read the checkout.
            (Err(RequestError::Problem { code, .. }), Cmd::Attempt { token, .. }) if code == "not_retryable" => {
                cmds.push(Cmd::Read(token.clone()));
            }
            // Its time is over. The order is priced anew, and the customer accepts the terms anew.
            (Err(RequestError::Problem { code, .. }), Cmd::Attempt { .. })
                if code == "offer_ended" && !self.order.items.is_empty() =>
            {
                self.close(cmds);
                self.fetch(Cmd::Price, cmds);
            }
            (Err(RequestError::Problem { code, .. }), Cmd::Read(_)) if code == "not_found" && !self.show_final => {
                self.close(cmds)
            }
            (Err(RequestError::Unreachable | RequestError::Busy { .. }), Cmd::Read(_)) if self.checkout.is_some() => {
                self.notice = Some(Notice::Offline);
            }
            (Err(RequestError::Unreachable | RequestError::Busy { .. }), Cmd::Cancel(_)) => {
                self.notice = Some(Notice::NotCancelled)
            }
            (Err(error), _) => self.fail(request, error, cmds),
        }
    }

    fn fail(&mut self, request: Cmd, error: RequestError, cmds: &mut Vec<Cmd>) {
        let (failure, trace_id) = match error {
            RequestError::Unreachable => {
                self.failed_request = Some(request);
                (Failure::Unreachable, None)
            }
            RequestError::Busy { trace_id, .. } => {
                self.failed_request = Some(request);
                (Failure::Busy, Some(trace_id))
            }
            RequestError::Problem { code, trace_id, cart } => {
                // Polling again would bring the same answer.
                if matches!(request, Cmd::Read(_)) {
                    self.subscription.stop(cmds);
                }
                match (code.as_str(), cart, &self.cart) {
                    ("price_changed", Some(new), Some(old)) => {
                        let shown = old.total;
                        self.set_cart(*new);
                        (Failure::PriceChanged { shown }, None)
                    }
                    ("not_found", ..) => (Failure::NotFound, Some(trace_id)),
                    _ => (Failure::Refused(code), Some(trace_id)),
                }
            }
        };
        self.show_failure(failure, cmds);
        self.trace_id = trace_id;
    }

    /// Schedules an automatic retry if the proxy asks for one and the customer need not wait too long. Returns whether it did.
    fn schedule_retry(&mut self, request: &Cmd, error: &RequestError, cmds: &mut Vec<Cmd>) -> bool {
        let RequestError::Busy { retry_after: Some(pause), .. } = error else { return false };
        let scheduled = self.retries.schedule(self.now, *pause, request);
        if scheduled && !self.disconnected {
            cmds.push(Cmd::Tick(TICK_MS));
        }
        scheduled
    }

    fn show_failure(&mut self, failure: Failure, cmds: &mut Vec<Cmd>) {
        self.notice = None;
        self.trace_id = None;
        let screen = Screen::Failure(failure.clone());
        if self.screen != screen {
            self.screen = screen;
            cmds.push(Cmd::Emit(Event::Trouble(failure.code().into())));
        }
    }

    /// Takes over a checkout's state, from an answer or from the stream. A state older than the known one is ignored.
    pub(super) fn receive(&mut self, mut checkout: Checkout, cmds: &mut Vec<Cmd>) {
        if self.token.as_deref() != Some(&checkout.token) {
            return;
        }
        if self.checkout.as_ref().is_some_and(|known| checkout.version < known.version) {
            return;
        }
        if self.scan_ready && checkout.state != State::Open {
            self.scan_order_changed(&checkout, cmds);
            if self.token.is_none() {
                return;
            }
        }
        let known = self.checkout.as_ref();
        let changed = known.is_none_or(|known| known.state != checkout.state || known.reference != checkout.reference);
        checkout.redirect_url = checkout.redirect_url.filter(|url| is_web_url(url));
        if self.notice == Some(Notice::Offline) {
            self.notice = None;
        }
        if changed {
            cmds.push(Cmd::Emit(Event::State {
                state: checkout.state,
                reference: checkout.reference.clone(),
                token: checkout.token.clone(),
                replayed: known.is_none() && self.resumed,
            }));
            self.share = checkout.sharing.consented;
            // The scheduled retry was meant for the state before.
            self.busy &= !self.retries.cancel();
        }
        self.cart = Some(checkout.cart.clone());
        let state = checkout.state;
        if let (State::Created, Some(url)) = (state, &checkout.redirect_url)
            && self.now < self.leave_until
            && !self.disconnected
        {
            self.leave_until = 0;
            cmds.push(Cmd::Leave { url: url.clone(), token: checkout.token.clone() });
        }
        let failure = match state {
            State::Open | State::Starting | State::Created | State::Authorized => None,
            State::Aborted => Some(Failure::Aborted),
            State::Expired => Some(Failure::Expired),
            State::Terminated => Some(Failure::Terminated),
            State::Failed => Some(Failure::Failed(checkout.trouble.clone().unwrap_or_else(|| "failed".into()))),
        };
        match failure {
            Some(failure) => self.show_failure(failure, cmds),
            None if state == State::Authorized => self.screen = Screen::Confirmation,
            None if state == State::Open => self.screen = Screen::Start,
            None => self.screen = Screen::Waiting,
        }
        let followed = is_followed(&checkout, self.now);
        let token = checkout.token.clone();
        let at_rest = state == State::Authorized && !awaits_phone_number(&checkout, self.now);
        self.checkout = Some(checkout);
        if state == State::Authorized && changed {
            cmds.push(Cmd::Forget);
        }
        self.subscription.at_rest = at_rest && self.claim == Claim::Answered;
        if !followed || self.hidden && state == State::Authorized {
            self.subscription.stop(cmds);
        } else if !self.disconnected {
            self.subscription.start(self.now, token, cmds);
        }
    }

    /// Asks whether this page reports the purchase, once it is visible for a moment: a page that goes on at the payment leaves it to the next one.
    pub(super) fn claim_purchase(&mut self, cmds: &mut Vec<Cmd>) {
        let paid = self.checkout.as_ref().filter(|it| it.state == State::Authorized && is_followed(it, self.now));
        if let Some(checkout) = paid.filter(|_| self.claim == Claim::NotAsked && !self.disconnected) {
            self.claim = Claim::Asked;
            cmds.push(Cmd::Claim { claim: self.claim_text.clone(), token: checkout.token.clone() });
        }
    }

    /// The proxy has said whether this page reports the purchase. Without an answer the page asks again.
    pub(super) fn claimed(&mut self, token: &str, answer: Option<bool>, cmds: &mut Vec<Cmd>) {
        let Some(checkout) = self.checkout.as_ref().filter(|it| it.token == token) else { return };
        self.claim = answer.map_or(Claim::NotAsked, |_| Claim::Answered);
        self.subscription.at_rest = answer.is_some() && !awaits_phone_number(checkout, self.now);
        if answer == Some(true) {
            cmds.push(Cmd::Emit(Event::Purchase(purchase(checkout))));
        }
    }

    /// Whether a resumed order is not to be shown: its state is final and `show_final` is not set, or it is for another cart.
    fn is_stale(&self, checkout: &Checkout) -> bool {
        let over = !self.show_final && checkout.state.is_final();
        let order = self.pending_order.as_ref().unwrap_or(&self.order);
        over || self.closable && !order.asks_for(&checkout.cart)
    }
}

/// What a page reports of a purchase; amounts in minor units.
fn purchase(checkout: &Checkout) -> Json {
    let Cart { lines, total, .. } = &checkout.cart;
    let item = |line: &Line| {
        // Analytics count pieces: what is weighed is one.
        let whole = line.quantity == line.quantity.whole().into();
        Json::Object(vec![
            ("sku", line.sku.as_str().into()),
            ("name", line.name.as_str().into()),
            ("quantity", Json::number(if whole { line.quantity.whole().into() } else { 1 })),
            ("total", Json::number(line.total)),
        ])
    };
    Json::Object(vec![
        ("reference", checkout.reference.as_str().into()),
        ("orderNumber", checkout.order_number.as_str().into()),
        ("value", Json::number(total.value)),
        ("currency", total.currency.code().into()),
        ("items", Json::List(lines.iter().map(item).collect())),
    ])
}

/// Whether the page follows the checkout: until it is final, and for a day after it was paid, because the shop captures and ships.
pub(super) fn is_followed(checkout: &Checkout, now: i64) -> bool {
    !checkout.state.is_final() || checkout.state == State::Authorized && now < checkout.expires_at_ms + FOLLOWED_MS
}

/// Whether the confirmation still lacks the telephone number. The proxy gets it shortly after the payment, or never.
fn awaits_phone_number(checkout: &Checkout, now: i64) -> bool {
    now < checkout.expires_at_ms + PHONE_NUMBER_WITHIN_MS
        && checkout.state == State::Authorized
        && checkout.sharing.consented
        && checkout.sharing.phone_number_ending.is_none()
}
