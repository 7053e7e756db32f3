//! Webhook registrations, and the queue of deliveries.
//!
//! Pure: the delivery worker takes the due jobs and reports the outcome of each. Events are delivered in order for each registration and
//! payment; a failed delivery delays the later events of the same payment only. Retries follow the emulator's clock.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::faults::{Faults, WebhookFault};
use super::log::BoundedLog;
use super::payment::{Event, Payment, later};
use crate::clock::format_time;

/// The limit of registrations for each event type and sales unit.
const MOST_PER_EVENT: usize = 25;
/// The last retry is within this time.
const RETRY_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A held webhook is delivered after this time if its payment has no further event.
const HOLD: SignedDuration = SignedDuration::from_mins(1);

pub(crate) struct Registration {
    pub(crate) id: String,
    pub(crate) msn: &'static str,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    secret: String,
}

struct Delivery {
    id: u64,
    registration: String,
    reference: String,
    event: &'static str,
    body: String,
    queued: Timestamp,
    due: Timestamp,
    attempts: u32,
    in_flight: bool,
    /// Delivered after the payment's next event.
    held: bool,
    /// Delivered once more after its first delivery.
    twice: bool,
}

/// One delivery attempt.
pub(crate) struct Job {
    pub(crate) delivery: u64,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) registration: String,
    pub(crate) body: String,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered(u16),
    /// No answer within ten seconds, or no connection.
    Unreachable,
}

#[derive(Default)]
pub(crate) struct Webhooks {
    registrations: Vec<Registration>,
    queue: Vec<Delivery>,
    next_id: u64,
    /// Every attempt, for the control API.
    pub(crate) log: BoundedLog,
}

impl Webhooks {
    /// Registers, and returns the id and the secret, which is not returned again. `Err`: the event type that has too many registrations.
    pub(crate) fn register(
        &mut self,
        msn: &'static str,
        url: &str,
        events: Vec<String>,
    ) -> Result<(String, String), String> {
        for event in &events {
            let most = if event == "user.checked-in.v1" { 1 } else { MOST_PER_EVENT };
            let taken = self.of(msn).filter(|other| other.events.contains(event)).count();
            if taken >= most {
                return Err(event.clone());
            }
        }
        let id = Uuid::new_v4().to_string();
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.registrations.push(Registration {
            id: id.clone(),
            msn,
            url: url.to_owned(),
            events,
            secret: secret.clone(),
        });
        Ok((id, secret))
    }

    pub(crate) fn of<'a>(&'a self, msn: &'a str) -> impl Iterator<Item = &'a Registration> {
        self.registrations.iter().filter(move |registration| registration.msn == msn)
    }

    /// Removes a registration and everything queued for it.
    pub(crate) fn delete(&mut self, msn: &str, id: &str) -> bool {
        let before = self.registrations.len();
        self.registrations.retain(|registration| registration.msn != msn || registration.id != id);
        self.queue.retain(|delivery| delivery.registration != id || before == self.registrations.len());
        before != self.registrations.len()
    }

    pub(crate) fn only_registrations(self) -> Webhooks {
        Webhooks { registrations: self.registrations, next_id: self.next_id, ..Webhooks::default() }
    }

    /// Queues an event for all registrations that subscribe to it.
    pub(crate) fn publish(&mut self, payment: &Payment, event: &Event, faults: &mut Faults, now: Timestamp) {
        let kind = format!("epayments.payment.{}.v1", event.name.to_lowercase());
        let body = payment.webhook_body(event).to_string();
        for registration in &self.registrations {
            if registration.msn != payment.unit.msn || !registration.events.contains(&kind) {
                continue;
            }
            use WebhookFault::{Duplicate, Lose, Reorder};
            let fault = faults.on_webhook(&[Duplicate, Lose, Reorder], event.name, &registration.url);
            self.next_id += 1;
            let delivery = Delivery {
                id: self.next_id,
                registration: registration.id.clone(),
                reference: payment.reference.clone(),
                event: event.name,
                body: body.clone(),
                queued: now,
                due: if fault == Some(Reorder) { later(now, HOLD) } else { now },
                attempts: 0,
                in_flight: false,
                held: fault == Some(Reorder),
                twice: fault == Some(Duplicate),
            };
            if fault == Some(Lose) {
                self.log.push(record(&delivery, "lost", None, now));
                continue;
            }
            // The held deliveries of the payment follow this one.
            let held = |other: &Delivery| {
                other.held && other.registration == delivery.registration && other.reference == delivery.reference
            };
            let place = self.queue.iter().position(held).unwrap_or(self.queue.len());
            for other in self.queue.iter_mut().filter(|other| held(other)) {
                other.held = false;
                other.due = now;
            }
            self.queue.insert(place, delivery);
        }
    }

    /// The attempts that are due, marked as in flight.
    pub(crate) fn take_due(&mut self, faults: &mut Faults, now: Timestamp) -> Vec<Job> {
        let mut jobs = Vec::new();
        for index in self.heads() {
            let delivery = &mut self.queue[index];
            if delivery.in_flight || delivery.due > now {
                continue;
            }
            let Some(registration) = self.registrations.iter().find(|r| r.id == delivery.registration) else {
                continue;
            };
            delivery.in_flight = true;
            delivery.attempts += 1;
            let mis_signed = faults.on_webhook(&[WebhookFault::MisSign], delivery.event, &registration.url).is_some();
            let secret = if mis_signed { "another secret".to_owned() } else { registration.secret.clone() };
            jobs.push(Job {
                delivery: delivery.id,
                url: registration.url.clone(),
                secret,
                registration: registration.id.clone(),
                body: delivery.body.clone(),
            });
        }
        jobs
    }

    /// The first delivery of each registration and payment. Held deliveries do not block later ones.
    fn heads(&self) -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut heads = Vec::new();
        for (index, delivery) in self.queue.iter().enumerate() {
            if delivery.held || seen.insert((&delivery.registration, &delivery.reference)) {
                heads.push(index);
            }
        }
        heads
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let heads = self.heads();
        heads.into_iter().map(|index| &self.queue[index]).filter(|d| !d.in_flight).map(|d| d.due).min()
    }

    /// Records an attempt: delivered, or scheduled for a retry.
    pub(crate) fn attempted(&mut self, id: u64, outcome: Outcome, now: Timestamp) {
        let Some(index) = self.queue.iter().position(|delivery| delivery.id == id) else { return };
        let delivery = &mut self.queue[index];
        delivery.in_flight = false;
        let status = match outcome {
            Outcome::Answered(status) => Some(status),
            Outcome::Unreachable => None,
        };
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.log.push(record(delivery, "delivered", status, now));
            if delivery.twice {
                delivery.twice = false;
                delivery.due = now;
            } else {
                self.queue.remove(index);
            }
            return;
        }
        delivery.due = later(now, retry_pause(delivery.attempts));
        if delivery.due.duration_since(delivery.queued) > RETRY_PERIOD {
            self.log.push(record(delivery, "given_up", status, now));
            self.queue.remove(index);
        } else {
            self.log.push(record(delivery, "failed", status, now));
        }
    }

    /// The deliveries in the queue, for the control API.
    pub(crate) fn pending(&self) -> Value {
        let line = |delivery: &Delivery| {
            let result = if delivery.held { "held" } else { "pending" };
            let mut line = record(delivery, result, None, delivery.queued);
            line["due"] = json!(format_time(delivery.due));
            line
        };
        self.queue.iter().map(line).collect()
    }
}

fn record(delivery: &Delivery, result: &str, status: Option<u16>, now: Timestamp) -> Value {
    json!({
        "delivery": delivery.id,
        "registration": delivery.registration,
        "reference": delivery.reference,
        "event": delivery.event,
        "attempt": delivery.attempts,
        "result": result,
        "status": status,
        "at": format_time(now),
    })
}

/// The pause after so many failed attempts: seconds, minutes, hourly to the 29th, then daily.
fn retry_pause(attempts: u32) -> SignedDuration {
    match attempts {
        0..=4 => SignedDuration::from_secs(2),
        5 => SignedDuration::from_secs(60),
        6 => SignedDuration::from_secs(120),
        7..=28 => SignedDuration::from_hours(1),
        _ => SignedDuration::from_hours(24),
    }
}
