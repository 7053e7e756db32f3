//! One payment: its states, its money and its events.
//!
//! Pure: every method takes the time, changes the payment or refuses with a code, and appends to `events`. The callers check permissions, replay
//! idempotent calls and send webhooks. A payment never leaves a final state. Capture, cancel and refund after an authorization change the
//! amounts, never the state.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::Consent;
use crate::clock::{format_time, format_time_with_offset};
use crate::problem::Code;
use crate::sales_units::SalesUnit;

/// The time until a payment expires, unless the merchant sets another.
pub(crate) const DEFAULT_EXPIRY: SignedDuration = SignedDuration::from_mins(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentState {
    Created,
    Authorized,
    Aborted,
    Expired,
    Terminated,
}

impl PaymentState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            PaymentState::Created => "CREATED",
            PaymentState::Authorized => "AUTHORIZED",
            PaymentState::Aborted => "ABORTED",
            PaymentState::Expired => "EXPIRED",
            PaymentState::Terminated => "TERMINATED",
        }
    }
}

/// How the customer opened the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// On the landing page, or not yet.
    Landing,
    /// In the list of the phone that it was sent to.
    Phone,
    /// In the app, opened from the merchant's page on the same device.
    AppSwitch,
}

/// An entry of the event log, and the content of a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Unique for each event.
    pub(crate) psp_reference: String,
    pub(crate) name: &'static str,
    /// This event's own amount, in minor units.
    pub(crate) amount: i64,
    pub(crate) at: Timestamp,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) success: bool,
}

/// The times of a payment, by the emulator's clock.
#[derive(Clone, Debug)]
pub(crate) struct Timestamps {
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) authorized: Option<Timestamp>,
    pub(crate) captured: Option<Timestamp>,
    /// Amount 201: when the bank's answer arrives.
    pub(crate) bank_answer: Option<Timestamp>,
}

#[derive(Clone)]
pub(crate) struct Payment {
    pub(crate) unit: &'static SalesUnit,
    pub(crate) reference: String,
    /// The create request as it was received.
    pub(crate) request: Value,
    /// In minor units, like all amounts here.
    pub(crate) amount: i64,
    pub(crate) state: PaymentState,
    pub(crate) authorized: i64,
    pub(crate) cancelled: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) events: Vec<Event>,
    /// How many of `events` have been queued as webhooks.
    pub(crate) published: usize,
    /// The capability in `redirectUrl`.
    pub(crate) token: String,
    pub(crate) redirect_url: Option<String>,
    pub(crate) timestamps: Timestamps,
    /// The number of the phone that it was sent to.
    pub(crate) customer: Option<String>,
    pub(crate) channel: Channel,
    /// The id of the landing page that polled last.
    pub(crate) view: String,
    pub(crate) consented: bool,
    pub(crate) consent: Option<Consent>,
    /// Why the last approval failed, in the app's words.
    pub(crate) refusal: Option<&'static str>,
}

impl Payment {
    pub(crate) fn created(
        unit: &'static SalesUnit,
        request: Value,
        key: &str,
        expires: Timestamp,
        now: Timestamp,
    ) -> Payment {
        let text = |name: &str| request[name].as_str().map(str::to_owned);
        let mut payment = Payment {
            unit,
            reference: text("reference").unwrap_or_default(),
            amount: request["amount"]["value"].as_i64().unwrap_or_default(),
            customer: request["customer"]["phoneNumber"].as_str().map(str::to_owned),
            request,
            state: PaymentState::Created,
            authorized: 0,
            cancelled: 0,
            captured: 0,
            refunded: 0,
            events: Vec::new(),
            published: 0,
            token: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            redirect_url: None,
            timestamps: Timestamps { created: now, expires, authorized: None, captured: None, bank_answer: None },
            channel: Channel::Landing,
            view: String::new(),
            consented: false,
            consent: None,
            refusal: None,
        };
        if payment.request["userFlow"] == "PUSH_MESSAGE" {
            payment.channel = Channel::Phone;
        }
        payment.record("CREATED", payment.amount, Some(key), now);
        payment
    }

    /// The scopes that the merchant requests.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.request["profile"]["scope"].as_str().unwrap_or_default().split_whitespace()
    }

    pub(crate) fn return_url(&self) -> Option<&str> {
        self.request["returnUrl"].as_str()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == PaymentState::Created && self.timestamps.bank_answer.is_none()
    }

    /// The customer approves. Certain amounts simulate a refusal by the bank and fail this attempt: the payment stays CREATED, so that the
    /// customer can try again, and the merchant gets an AUTHORIZED event with `success: false`.
    pub(crate) fn approve(&mut self, now: Timestamp) -> Result<(), Code> {
        match self.state {
            PaymentState::Created if self.timestamps.bank_answer.is_none() => {}
            PaymentState::Created => return Err(Code(6160)),
            PaymentState::Authorized => return Err(Code(6230)),
            _ => return Err(Code(10020)),
        }
        if let Some(refusal) = self.bank_refusal() {
            self.refusal = Some(refusal);
            self.record("AUTHORIZED", self.amount, None, now);
            self.events.last_mut().expect("just recorded").success = false;
            return Err(Code(10010));
        }
        self.refusal = None;
        if self.amount == 201 {
            self.timestamps.bank_answer = Some(later(now, SignedDuration::from_hours(1)));
        } else {
            self.authorize(now);
        }
        Ok(())
    }

    /// Amounts that fail in the test environment; 197 and 202 only in Norway.
    fn bank_refusal(&self) -> Option<&'static str> {
        match self.amount {
            151 => Some("There is not enough money on this card."),
            182 => Some("The card's issuer refused the payment."),
            183 => Some("The card's issuer suspects fraud."),
            184 => Some("The card has reached its limit."),
            186 => Some("The card has expired."),
            187 => Some("The card is not valid."),
            197 if self.unit.market == "NO" => Some("The payment was not confirmed with the bank."),
            202 if self.unit.market == "NO" => Some("The bank asks for a stronger confirmation."),
            _ => None,
        }
    }

    fn authorize(&mut self, now: Timestamp) {
        self.state = PaymentState::Authorized;
        self.authorized = self.amount;
        self.timestamps.authorized = Some(now);
        self.timestamps.bank_answer = None;
        let key = self.events.first().and_then(|created| created.idempotency_key.clone());
        self.record("AUTHORIZED", self.amount, key.as_deref(), now);
    }

    /// The customer refuses to pay or to share, or leaves the landing page.
    pub(crate) fn abort(&mut self, now: Timestamp) -> Result<(), Code> {
        self.end(PaymentState::Aborted, now)
    }

    pub(crate) fn expire(&mut self, now: Timestamp) -> Result<(), Code> {
        self.end(PaymentState::Expired, now)
    }

    fn end(&mut self, state: PaymentState, now: Timestamp) -> Result<(), Code> {
        if !self.is_waiting() {
            return Err(Code(if self.state == PaymentState::Authorized { 6230 } else { 10020 }));
        }
        self.state = state;
        self.record(state.name(), self.amount, None, now);
        Ok(())
    }

    /// The merchant cancels: the whole payment before the authorization, what is not captured after it.
    pub(crate) fn cancel(&mut self, transaction_only: bool, key: Option<&str>, now: Timestamp) -> Result<(), Code> {
        match self.state {
            PaymentState::Created if self.timestamps.bank_answer.is_some() => Err(Code(6250)),
            PaymentState::Created => {
                self.state = PaymentState::Terminated;
                self.cancelled = self.amount;
                self.record("TERMINATED", self.amount, key, now);
                Ok(())
            }
            PaymentState::Authorized if transaction_only => Err(Code(6060)),
            PaymentState::Authorized if self.captured == self.authorized => Err(Code(6040)),
            PaymentState::Authorized if self.capture_is_late(now) => Err(Code(6030)),
            PaymentState::Authorized if self.remainder() == 0 => Err(Code(6190)),
            PaymentState::Authorized => {
                self.release(key, now);
                Ok(())
            }
            _ => Err(Code(6190)),
        }
    }

    fn release(&mut self, key: Option<&str>, now: Timestamp) {
        let rest = self.remainder();
        self.cancelled += rest;
        self.record("CANCELLED", rest, key, now);
    }

    pub(crate) fn capture(&mut self, amount: i64, key: &str, now: Timestamp) -> Result<(), Code> {
        match self.state {
            PaymentState::Created if self.timestamps.bank_answer.is_some() => return Err(Code(6160)),
            PaymentState::Created => return Err(Code(6080)),
            PaymentState::Authorized => {}
            _ => return Err(Code(6200)),
        }
        if self.capture_is_late(now) {
            return Err(Code(6100));
        }
        if amount <= 0 {
            return Err(Code(6010));
        }
        if amount > self.remainder() {
            return Err(Code(6090));
        }
        self.captured += amount;
        self.timestamps.captured = Some(now);
        self.record("CAPTURED", amount, Some(key), now);
        Ok(())
    }

    /// A refund is accepted for a year from the last capture.
    pub(crate) fn refund(&mut self, amount: i64, key: &str, now: Timestamp) -> Result<(), Code> {
        match self.state {
            PaymentState::Created => return Err(Code(6020)),
            PaymentState::Authorized => {}
            _ => return Err(Code(6210)),
        }
        let late = self.timestamps.captured.is_some_and(|at| now > later(at, days(365)));
        match amount {
            ..=0 => return Err(Code(6010)),
            123 => return Err(Code(5100)),
            124 => return Err(Code(6220)),
            _ if late => return Err(Code(6220)),
            _ if amount > self.captured - self.refunded => return Err(Code(6150)),
            _ => {}
        }
        self.refunded += amount;
        self.record("REFUNDED", amount, Some(key), now);
        Ok(())
    }

    /// What is authorized and neither captured nor cancelled.
    fn remainder(&self) -> i64 {
        self.authorized - self.captured - self.cancelled
    }

    fn capture_deadline(&self) -> Option<Timestamp> {
        self.timestamps.authorized.map(|at| later(at, days(self.unit.capture_days)))
    }

    fn capture_is_late(&self, now: Timestamp) -> bool {
        self.capture_deadline().is_some_and(|deadline| now >= deadline)
    }

    /// When the payment changes next by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        match self.state {
            PaymentState::Created => Some(self.timestamps.bank_answer.unwrap_or(self.timestamps.expires)),
            PaymentState::Authorized if self.remainder() > 0 => self.capture_deadline(),
            _ => None,
        }
    }

    /// Runs what is due: the bank's late answer, expiry, the release of an uncaptured reservation. `true`: it changed the payment.
    pub(crate) fn run_due(&mut self, now: Timestamp) -> bool {
        let Some(due) = self.next_due().filter(|due| *due <= now) else { return false };
        match self.state {
            PaymentState::Created if self.timestamps.bank_answer.is_some() => self.authorize(due),
            PaymentState::Created => self.expire(due).expect("it is waiting"),
            _ => self.release(None, due),
        }
        true
    }

    fn record(&mut self, name: &'static str, amount: i64, key: Option<&str>, at: Timestamp) {
        self.events.push(Event {
            psp_reference: Uuid::new_v4().to_string(),
            name,
            amount,
            at,
            idempotency_key: key.map(str::to_owned),
            success: true,
        });
    }

    pub(crate) fn money(&self, value: i64) -> Value {
        json!({ "currency": self.unit.currency, "value": value })
    }

    fn aggregate(&self) -> Value {
        json!({
            "authorizedAmount": self.money(self.authorized),
            "cancelledAmount": self.money(self.cancelled),
            "capturedAmount": self.money(self.captured),
            "refundedAmount": self.money(self.refunded),
        })
    }

    /// The answer to a modification, and the core of the answer to a GET.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "amount": self.money(self.amount),
            "state": self.state.name(),
            "aggregate": self.aggregate(),
            "pspReference": self.events[0].psp_reference,
            "reference": self.reference,
        })
    }

    /// The answer to a GET. `profile_is_visible`: what the customer shared is visible already.
    pub(crate) fn details(&self, profile_is_visible: bool) -> Value {
        let mut body = self.summary();
        body["paymentMethod"] = json!({ "type": "WALLET" });
        body["profile"] = json!({});
        if let Some(url) = self.redirect_url.as_ref().filter(|_| self.state == PaymentState::Created) {
            body["redirectUrl"] = json!(url);
        }
        if let Some(metadata) = self.request.get("metadata").filter(|metadata| !metadata.is_null()) {
            body["metadata"] = metadata.clone();
        }
        if let Some(until) = self.guaranteed_until() {
            body["captureGuaranteedUntil"] = json!(until);
        }
        if let Some(consent) = self.consent.as_ref().filter(|_| profile_is_visible) {
            body["profile"]["sub"] = json!(consent.sub);
            if let Some(details) = consent.user_details() {
                body["userDetails"] = details;
            }
        }
        body
    }

    /// The date until which the customer's bank guarantees the money: a week, the shortest of the card schemes.
    fn guaranteed_until(&self) -> Option<String> {
        self.timestamps.authorized.map(|at| format_time_with_offset(later(at, days(7))))
    }

    pub(crate) fn event_log(&self) -> Value {
        self.events.iter().map(|event| self.event(event)).collect()
    }

    fn event(&self, event: &Event) -> Value {
        let mut body = json!({
            "reference": self.reference,
            "pspReference": event.psp_reference,
            "name": event.name,
            "amount": self.money(event.amount),
            "timestamp": format_time(event.at),
            "success": event.success,
        });
        if let Some(key) = &event.idempotency_key {
            body["idempotencyKey"] = json!(key);
        }
        body
    }

    /// The body of an event's webhook. It has the shared profile without delay.
    pub(crate) fn webhook_body(&self, event: &Event) -> Value {
        let mut body = self.event(event);
        body["msn"] = json!(self.unit.msn);
        if event.name == "AUTHORIZED" && event.success {
            if let Some(until) = self.guaranteed_until() {
                body["captureGuaranteedUntil"] = json!(until);
            }
            if let Some(consent) = &self.consent {
                body["sub"] = json!(consent.sub);
                if let Some(details) = consent.user_details() {
                    body["userDetails"] = details;
                }
            }
        }
        body
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// `time` plus `by`. The clock leaves range for every deadline, so this does not saturate in practice.
pub(crate) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
