//! All data of the emulator, and the rules for changing it.
//!
//! Pure except for the clock: no network, no tasks. The APIs, the pages and the control API call it under one lock. Each change of a payment
//! goes through [`State::change`], which also queues webhooks for the new events and schedules the payment's next due time. Replies are plain
//! JSON and [`Problem`]s.
//!
//! | module, top to bottom | what it is for |
//! |---|---|
//! | `webhooks` | registrations, and the queue of deliveries |
//! | `rules` | the checks of a create request |
//! | `payment` | one payment: states, money, events |
//! | `customer` | the customers and their consents |
//! | `faults`, `limits`, `log` | injected faults, calls per minute, recorded lines |

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

pub(crate) use self::customer::{Consent, has_the_app};
pub(crate) use self::faults::{Fault, Faults};
pub(crate) use self::limits::Limits;
pub(crate) use self::log::BoundedLog;
pub(crate) use self::payment::{Channel, Payment, PaymentState};
pub(crate) use self::rules::{Approvals, receipt_violations, url_is_accepted};
pub(crate) use self::webhooks::{Job, Outcome, Webhooks};
use crate::clock::Clock;
use crate::options::Options;
use crate::problem::{Code, Problem};
use crate::sales_units::SalesUnit;

/// How long an access token is accepted in the test environment.
pub(crate) const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// The stored reply of an idempotency key.
struct StoredReply {
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

/// The key of a payment or an order: the sales unit's number and the merchant's reference.
pub(crate) type Key = (String, String);

pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    /// The sales unit of each access token, and when the token expires.
    tokens: HashMap<String, (&'static SalesUnit, Timestamp)>,
    approvals: HashMap<&'static str, Approvals>,
    payments: Vec<Payment>,
    by_reference: HashMap<Key, usize>,
    by_token: HashMap<String, usize>,
    /// The payments that change at a certain time, by that time.
    due: BTreeSet<(Timestamp, usize)>,
    stored_replies: HashMap<(&'static str, Operation, String), StoredReply>,
    pub(crate) limits: Limits,
    /// The consents, by sales unit and `sub`.
    consents: HashMap<Key, Consent>,
    pub(crate) receipts: HashMap<Key, Value>,
    pub(crate) categories: HashMap<Key, Value>,
    pub(crate) images: HashSet<Key>,
    /// Merchant redirect QR codes, by sales unit and the merchant's id: their target and when they expire.
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
            stored_replies: HashMap::new(),
            limits: Limits::default(),
            consents: HashMap::new(),
            receipts: HashMap::new(),
            categories: HashMap::new(),
            images: HashSet::new(),
            qr_codes: HashMap::new(),
            webhooks: Webhooks::default(),
            faults: Faults::default(),
            received: BoundedLog::default(),
        }
    }

    /// Deletes everything except the access tokens, the clock and, on request, the webhook registrations.
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

    /// A token for a sales unit: random text of over a thousand characters in the shape of a JWT.
    pub(crate) fn issue_token(&mut self, unit: &'static SalesUnit) -> String {
        let noise: String = (0..34).map(|_| Uuid::new_v4().simple().to_string()).collect();
        let token = format!("eyJ{}.eyJ{}.{}", &noise[..60], &noise[60..760], &noise[760..]);
        self.tokens.insert(token.clone(), (unit, payment::later(self.now(), TOKEN_LIFETIME)));
        token
    }

    pub(crate) fn unit_of_token(&self, token: &str) -> Option<&'static SalesUnit> {
        self.tokens.get(token).filter(|(_, expires)| *expires > self.now()).map(|(unit, _)| *unit)
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

    /// Creates a payment from a valid body. `landing` is the base of the customer's link.
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
        let expires = rules::check_create(unit, self.approvals(unit), self.options.http_on_loopback, &body, now)?;
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

    /// Changes a payment. Every change goes through here.
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
        let consent = self.change(index, |payment, now| {
            if let Some(number) = number {
                payment.customer = Some(number.to_owned());
            }
            let number = payment.customer.get_or_insert_with(|| demo_number.to_owned()).clone();
            let scopes: Vec<String> = payment.scopes().map(str::to_owned).collect();
            if !scopes.is_empty() && !share {
                return payment.abort(now).map(|()| None);
            }
            payment.consented = true;
            // Set before the state changes: the webhook's body needs both.
            payment.consent = (!scopes.is_empty()).then(|| Consent::new(payment.unit.msn, &number, scopes, now));
            let approved = payment.approve(now);
            if approved.is_err() && payment.state != PaymentState::Authorized {
                payment.consent = None;
            }
            approved.map(|()| payment.consent.clone())
        })?;
        if let Some(consent) = consent {
            self.consents.insert((self.payments[index].unit.msn.to_owned(), consent.sub.clone()), consent);
        }
        Ok(())
    }

    /// Whether a GET shows what the customer shared: from a short delay after the authorization, by the real clock.
    pub(crate) fn profile_is_visible(&self, payment: &Payment) -> bool {
        let delay = Duration::from_millis(self.options.profile_delay_ms);
        payment.state == PaymentState::Authorized
            && payment.consent.as_ref().is_some_and(|consent| consent.given.elapsed() >= delay)
    }

    pub(crate) fn consent_of(&self, unit: &SalesUnit, sub: &str) -> Option<&Consent> {
        self.consents.get(&(unit.msn.to_owned(), sub.to_owned()))
    }

    /// Whether the customer needs no new consent: the same scopes within a week, if the options say it is remembered.
    pub(crate) fn consent_is_remembered(&self, payment: &Payment) -> bool {
        const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
        self.options.remember_consent
            && self.consents.iter().any(|((msn, _), consent)| {
                msn == payment.unit.msn
                    && Some(&consent.number) == payment.customer.as_ref()
                    && self.now().duration_since(consent.at) < WEEK
                    && payment.scopes().all(|scope| consent.scopes.iter().any(|given| given == scope))
            })
    }

    // Idempotency.

    /// Runs an operation once for each key. The same key with the same path and body replays the first answer, also a refusal; with another path
    /// or body it is a conflict.
    pub(crate) fn idempotent(
        &mut self,
        (unit, operation, key): (&SalesUnit, Operation, &str),
        (path, body): (&str, Value),
        run: impl FnOnce(&mut State, Value) -> Result<(u16, Value), Problem>,
    ) -> Result<(u16, Value), Problem> {
        let unit = SalesUnit::of(unit.msn).expect("a sales unit of ours");
        let slot = (unit.msn, operation, key.to_owned());
        if let Some(used) = self.stored_replies.get(&slot) {
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
            self.stored_replies.insert(slot, StoredReply { path: path.to_owned(), body, reply: reply.clone() });
        }
        reply
    }

    // Time.

    /// Runs everything that is due. Called before every read and change.
    pub(crate) fn run_due(&mut self) {
        let now = self.now();
        while let Some((due, index)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            let changed = self.change(index, |payment, now| payment.run_due(now));
            if !changed {
                self.due.remove(&(due, index));
            }
        }
    }

    /// When something is due next.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let payment = self.due.first().map(|(due, _)| *due);
        payment.into_iter().chain(self.webhooks.next_due()).min()
    }
}
