//! A model of Vipps MobilePay: payments, idempotency keys and webhooks. Money moves by the same rules as there.

use std::collections::BTreeMap;

use kvitt::checkout::effect::CreatePayment;
use kvitt::checkout::{Moment, PaymentSnapshot, PaymentState, PhoneNumber};
use kvitt_wire::{Aggregate, Amount};

/// When an undecided payment expires, in milliseconds after its creation.
pub(crate) const LIFETIME_MS: i64 = 10 * 60 * 1000;

/// One payment at Vipps MobilePay.
#[derive(Debug)]
pub(crate) struct Payment {
    pub(crate) state: PaymentState,
    pub(crate) amount: Amount,
    pub(crate) money: Aggregate,
    pub(crate) asks_number: bool,
    /// When the telephone number appears in the payment.
    pub(crate) profile_at: Moment,
    pub(crate) receipts: u32,
    receipt_at_creation: bool,
    expires_at: Moment,
}

/// The answer to a request. Lost answers are simulated by the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    Refused,
    NotFound,
}

/// A webhook in flight: which payment, and whether it may be lost, since a poll finds the change too.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) reference: String,
    pub(crate) may_be_lost: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Vendor {
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) webhooks: Vec<Webhook>,
    answers: BTreeMap<String, Answer>,
}

impl Vendor {
    /// Expires undecided payments whose time is over.
    pub(crate) fn expire(&mut self, now: Moment) {
        for (reference, payment) in &mut self.payments {
            if payment.state == PaymentState::Created && payment.expires_at <= now {
                payment.state = PaymentState::Expired;
                self.webhooks.push(Webhook { reference: reference.clone(), may_be_lost: true });
            }
        }
    }

    /// Creates a payment. `refuses` counts for the first request only: an idempotency key has one answer.
    pub(crate) fn create(&mut self, create: &CreatePayment, refuses: bool, now: Moment) -> Answer {
        let reference = create.reference.to_string();
        if let Some(answer) = self.answers.get(&create.key) {
            return *answer;
        }
        let answer = if refuses { Answer::Refused } else { Answer::Yes };
        self.answers.insert(create.key.clone(), answer);
        if answer == Answer::Yes {
            let payment = Payment {
                state: PaymentState::Created,
                amount: create.amount,
                money: Aggregate::default(),
                asks_number: create.shares_phone_number,
                profile_at: now,
                receipts: u32::from(create.receipt.is_some()),
                receipt_at_creation: create.receipt.is_some(),
                expires_at: create.expires_at.unwrap_or(now.plus_ms(LIFETIME_MS)),
            };
            assert!(self.payments.insert(reference, payment).is_none(), "a reference is used once");
        }
        answer
    }

    pub(crate) fn poll(&self, reference: &str, now: Moment) -> Option<PaymentSnapshot> {
        let payment = self.payments.get(reference)?;
        let shares = payment.asks_number && payment.state == PaymentState::Authorized && payment.profile_at <= now;
        Some(PaymentSnapshot {
            state: payment.state,
            amount: Some(payment.amount),
            aggregate: payment.money,
            capture_guaranteed_until: None,
            sub: shares.then(|| "sub".to_owned()),
            phone_number: shares.then(|| PhoneNumber::parse("4791234567")).flatten(),
        })
    }

    pub(crate) fn cancel(&mut self, reference: &str, key: &str, unless_authorized: bool) -> Answer {
        if let Some(answer) = self.answers.get(key) {
            return *answer;
        }
        let Some(payment) = self.payments.get_mut(reference) else { return Answer::NotFound };
        let left = payment.money.authorized - payment.money.captured - payment.money.cancelled;
        let answer = match payment.state {
            PaymentState::Created => {
                payment.state = PaymentState::Terminated;
                Answer::Yes
            }
            PaymentState::Authorized if !unless_authorized && left > 0 => {
                payment.money.cancelled += left;
                Answer::Yes
            }
            _ => Answer::Refused,
        };
        self.answers.insert(key.to_owned(), answer);
        if answer == Answer::Yes {
            self.send_webhook(reference);
        }
        answer
    }

    /// Captures or refunds, as the proxy requests it.
    pub(crate) fn operate(&mut self, reference: &str, key: &str, amount: i64, captures: bool) -> Answer {
        if let Some(answer) = self.answers.get(key) {
            return *answer;
        }
        let Some(payment) = self.payments.get_mut(reference) else { return Answer::NotFound };
        let money = &mut payment.money;
        let answer = if captures && amount <= money.authorized - money.captured - money.cancelled {
            money.captured += amount;
            Answer::Yes
        } else if !captures && amount <= money.captured - money.refunded {
            money.refunded += amount;
            Answer::Yes
        } else {
            Answer::Refused
        };
        self.answers.insert(key.to_owned(), answer);
        if answer == Answer::Yes {
            self.send_webhook(reference);
        }
        answer
    }

    pub(crate) fn receipt(&mut self, reference: &str) -> Answer {
        match self.payments.get_mut(reference) {
            None => Answer::NotFound,
            Some(payment) if payment.receipt_at_creation => panic!("a receipt is sent in one way"),
            Some(payment) if payment.receipts > 0 => Answer::Refused,
            Some(payment) => {
                payment.receipts += 1;
                Answer::Yes
            }
        }
    }

    /// The customer approves or rejects the nth payment.
    pub(crate) fn decide(&mut self, nth: usize, approves: bool, profile_after_ms: i64, now: Moment) {
        let waiting = |(_, payment): &(&String, &mut Payment)| payment.state == PaymentState::Created;
        let count = self.payments.len().max(1);
        let Some((reference, payment)) = self.payments.iter_mut().nth(nth % count).filter(waiting) else { return };
        let reference = reference.clone();
        if approves {
            payment.state = PaymentState::Authorized;
            payment.money.authorized = payment.amount.value;
            payment.profile_at = now.plus_ms(profile_after_ms);
        } else {
            payment.state = PaymentState::Aborted;
        }
        self.webhooks.push(Webhook { reference, may_be_lost: true });
    }

    /// The shop captures or refunds a part on Vipps MobilePay's own portal.
    pub(crate) fn operate_on_portal(&mut self, reference: &str, part: i64, captures: bool) {
        let Some(payment) = self.payments.get_mut(reference) else { return };
        let money = &mut payment.money;
        if captures {
            money.captured += part.min(money.authorized - money.captured - money.cancelled);
        } else {
            money.refunded += part.min(money.captured - money.refunded);
        }
        self.send_webhook(reference);
    }

    /// Sends a webhook that arrives sooner or later, since no poll may find the change.
    fn send_webhook(&mut self, reference: &str) {
        self.webhooks.push(Webhook { reference: reference.to_owned(), may_be_lost: false });
    }
}
