//! Everything the emulator remembers, and the one way to change it.
//!
//! Pure but for the clock: no network, no tasks. The routes, the pages and the control API call in under one lock; each
//! change to a payment goes through [`State::change`], which also hands its new events to the webhooks and notes when
//! time alone will change it next. Replies are plain JSON and [`Problem`]s.

mod customer;
mod faults;
mod limits;
mod log;
mod payment;
mod rules;
mod webhooks;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use self::customer::{Sharing, has_the_app};
pub(crate) use self::faults::{Fault, Faults};
pub(crate) use self::limits::Limits;
pub(crate) use self::log::BoundedLog;
pub(crate) use self::payment::{Payment, PaymentState, Whereabouts};
pub(crate) use self::rules::{Approvals, receipt_violations, url_is_accepted};
pub(crate) use self::webhooks::{Job, Outcome, Webhooks};
use crate::clock::Clock;
use crate::options::Options;
use crate::problem::{Code, Problem};
use crate::sales_units::SalesUnit;

/// How long an access token is accepted in the test environment.
pub(crate) const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// A finished call under an idempotency key.
struct Used {
    path: String,
    body: Value,
    reply: Result<(u16, Value), Problem>,
}

/// The calls that take an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Create,
    Capture,
    Cancel,
    Refund,
}

/// What names a payment: the sales unit's number and the merchant's reference, or an order for Order Management.
pub(crate) type Key = (String, String);

pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    /// Access token to the sales unit it opens and when it ends.
    tokens: HashMap<String, (&'static SalesUnit, Timestamp)>,
    approvals: HashMap<&'static str, Approvals>,
    payments: Vec<Payment>,
    by_reference: HashMap<Key, usize>,
    by_token: HashMap<String, usize>,
    /// When time alone will change which payment.
    due: BTreeSet<(Timestamp, usize)>,
    used_keys: HashMap<(&'static str, Operation, String), Used>,
    pub(crate) limits: Limits,
    /// What customers shared, by sales unit and `sub`.
    shared: HashMap<Key, Sharing>,
    pub(crate) receipts: HashMap<Key, Value>,
    pub(crate) categories: HashMap<Key, Value>,
    pub(crate) images: HashSet<Key>,
    /// Merchant redirect QR codes, by sales unit and the merchant's id: where they lead and when they end.
    pub(crate) qr_codes: HashMap<Key, (String, Option<Timestamp>)>,
    pub(crate) webhooks: Webhooks,
    pub(crate) faults: Faults,
    /// The latest API calls, without their secrets.
    pub(crate) received: BoundedLog,
}

impl State {
    pub(crate) fn new(options: Options) -> State {
        let approvals = Approvals { push_message: options.push_message, long_living: options.long_living };
        State {
            options,
            clock: Clock::default(),
            tokens: HashMap::new(),
            approvals: SalesUnit::ALL.iter().map(|unit| (unit.msn, approvals)).collect(),
            payments: Vec::new(),
            by_reference: HashMap::new(),
            by_token: HashMap::new(),
            due: BTreeSet::new(),
            used_keys: HashMap::new(),
            limits: Limits::default(),
            shared: HashMap::new(),
            receipts: HashMap::new(),
            categories: HashMap::new(),
            images: HashSet::new(),
            qr_codes: HashMap::new(),
            webhooks: Webhooks::default(),
            faults: Faults::default(),
            received: BoundedLog::default(),
        }
    }

    /// Forgets everything but the access tokens, the clock and, if wished, the webhook registrations.
    pub(crate) fn reset(&mut self, keep_webhooks: bool) {
        let fresh = State::new(self.options.clone());
        let old = std::mem::replace(self, fresh);
        self.tokens = old.tokens;
        self.clock = old.clock;
        if keep_webhooks {
            self.webhooks = old.webhooks.only_registrations();
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    // Tokens and sales units.

    /// A token for a sales unit: shaped like a JWT, over a thousand characters, and meaning nothing.
    pub(crate) fn issue_token(&mut self, unit: &'static SalesUnit) -> String {
        let noise: String = (0..34).map(|_| Uuid::new_v4().simple().to_string()).collect();
        let token = format!("eyJ{}.eyJ{}.{}", &noise[..60], &noise[60..760], &noise[760..]);
        self.tokens.insert(token.clone(), (unit, payment::later(self.now(), TOKEN_LIFETIME)));
        token
    }

    pub(crate) fn unit_of_token(&self, token: &str) -> Option<&'static SalesUnit> {
        self.tokens.get(token).filter(|(_, ends)| *ends > self.now()).map(|(unit, _)| *unit)
    }

    pub(crate) fn approvals(&self, unit: &SalesUnit) -> Approvals {
        self.approvals[unit.msn]
    }

    pub(crate) fn set_approvals(&mut self, unit: &SalesUnit, approvals: Approvals) {
        self.approvals.insert(unit.msn, approvals);
    }

    // Payments.

    pub(crate) fn payments(&self) -> impl DoubleEndedIterator<Item = &Payment> {
        self.payments.iter()
    }

    pub(crate) fn find(&self, msn: &str, reference: &str) -> Option<usize> {
        self.by_reference.get(&(msn.to_owned(), reference.to_owned())).copied()
    }

    pub(crate) fn find_token(&self, token: &str) -> Option<usize> {
        self.by_token.get(token).copied()
    }

    pub(crate) fn payment(&self, index: usize) -> &Payment {
        &self.payments[index]
    }

    /// Makes a payment of a body that keeps its contract. `landing` is the base of the customer's link.
    pub(crate) fn create(
        &mut self,
        unit: &'static SalesUnit,
        key: &str,
        body: Value,
        landing: &str,
    ) -> Result<(u16, Value), Code> {
        let now = self.now();
        let reference = body["reference"].as_str().unwrap_or_default().to_owned();
        if self.find(unit.msn, &reference).is_some() {
            return Err(Code(4150));
        }
        let expires = rules::check_create(unit, self.approvals(unit), self.options.strict, &body, now)?;
        let mut payment = Payment::created(unit, body, key, expires, now);
        payment.redirect_url = rules::redirect_url(&payment, landing);
        let mut reply = json!({ "reference": reference });
        if let Some(url) = &payment.redirect_url {
            reply["redirectUrl"] = json!(url);
        }
        let order = (unit.msn.to_owned(), reference);
        if let Some(receipt) = payment.request.get("receipt") {
            self.receipts.entry(order.clone()).or_insert_with(|| receipt.clone());
        }
        let index = self.payments.len();
        self.by_reference.insert(order, index);
        self.by_token.insert(payment.token.clone(), index);
        self.payments.push(payment);
        self.change(index, |_, _| ());
        Ok((201, reply))
    }

    /// The one way to change a payment.
    pub(crate) fn change<R>(&mut self, index: usize, change: impl FnOnce(&mut Payment, Timestamp) -> R) -> R {
        let now = self.now();
        let payment = &mut self.payments[index];
        if let Some(due) = payment.next_due() {
            self.due.remove(&(due, index));
        }
        let result = change(payment, now);
        if let Some(due) = payment.next_due() {
            self.due.insert((due, index));
        }
        let payment = &self.payments[index];
        for event in &payment.events[payment.published..] {
            self.webhooks.publish(payment, event, &mut self.faults, now);
        }
        self.payments[index].published = self.payments[index].events.len();
        result
    }

    /// The customer pays on their phone. `share`: they also consented to what the merchant asked for.
    pub(crate) fn approve(&mut self, index: usize, share: bool, number: Option<&str>) -> Result<(), Code> {
        let demo_number = self.payments[index].unit.demo_number;
        let sharing = self.change(index, |payment, now| {
            if let Some(number) = number {
                payment.customer = Some(number.to_owned());
            }
            let number = payment.customer.get_or_insert_with(|| demo_number.to_owned()).clone();
            let scopes: Vec<String> = payment.scopes().map(str::to_owned).collect();
            if !scopes.is_empty() && !share {
                return payment.abort(now).map(|()| None);
            }
            payment.consented = true;
            // In place before the state changes: the webhook is written of both.
            payment.sharing = (!scopes.is_empty()).then(|| Sharing::new(payment.unit.msn, &number, scopes, now));
            let approved = payment.approve(now);
            if approved.is_err() && payment.state != PaymentState::Authorized {
                payment.sharing = None;
            }
            approved.map(|()| payment.sharing.clone())
        })?;
        if let Some(sharing) = sharing {
            self.shared.insert((self.payments[index].unit.msn.to_owned(), sharing.sub.clone()), sharing);
        }
        Ok(())
    }

    /// Whether what the customer shared shows in a GET yet: a moment after the authorization, by the real clock.
    pub(crate) fn profile_is_written(&self, payment: &Payment) -> bool {
        let delay = Duration::from_millis(self.options.profile_delay_ms);
        payment.state == PaymentState::Authorized
            && payment.sharing.as_ref().is_some_and(|sharing| sharing.written.elapsed() >= delay)
    }

    pub(crate) fn shared_with(&self, unit: &SalesUnit, sub: &str) -> Option<&Sharing> {
        self.shared.get(&(unit.msn.to_owned(), sub.to_owned()))
    }

    /// Whether the customer needs no new consent: the same scopes within a week, if the options say it is remembered.
    pub(crate) fn consent_is_remembered(&self, payment: &Payment) -> bool {
        const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
        self.options.remember_consent
            && self.shared.iter().any(|((msn, _), sharing)| {
                msn == payment.unit.msn
                    && Some(&sharing.number) == payment.customer.as_ref()
                    && self.now().duration_since(sharing.at) < WEEK
                    && payment.scopes().all(|scope| sharing.scopes.iter().any(|given| given == scope))
            })
    }

    // Idempotency.

    /// Runs an operation once per key. The same key with the same path and body replays the first answer, a refusal too;
    /// with anything else it is a conflict.
    pub(crate) fn once(
        &mut self,
        (unit, operation, key): (&SalesUnit, Operation, &str),
        (path, body): (&str, Value),
        run: impl FnOnce(&mut State, Value) -> Result<(u16, Value), Problem>,
    ) -> Result<(u16, Value), Problem> {
        let unit = SalesUnit::of(unit.msn).expect("a sales unit of ours");
        let slot = (unit.msn, operation, key.to_owned());
        if let Some(used) = self.used_keys.get(&slot) {
            if used.path == path && used.body == body {
                return used.reply.clone();
            }
            let conflict = match operation {
                Operation::Capture => 4010,
                Operation::Refund => 4150,
                Operation::Create | Operation::Cancel => 4020,
            };
            return Err(Problem::domain(Code(conflict), path));
        }
        let reply = run(self, body.clone());
        let is_final = reply.as_ref().err().is_none_or(|problem| !matches!(problem.status, 423 | 429 | 500..));
        if is_final {
            self.used_keys.insert(slot, Used { path: path.to_owned(), body, reply: reply.clone() });
        }
        reply
    }

    // Time.

    /// Does everything that has become due. Called before anything else looks.
    pub(crate) fn pass_time(&mut self) {
        let now = self.now();
        while let Some((due, index)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            let changed = self.change(index, |payment, now| payment.pass_time(now));
            if !changed {
                self.due.remove(&(due, index));
            }
        }
    }

    /// When the emulator must look again on its own.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let payment = self.due.first().map(|(due, _)| *due);
        payment.into_iter().chain(self.webhooks.next_due()).min()
    }
}
