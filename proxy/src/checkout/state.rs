//! The state of a checkout: the order, the attempts to pay it, and the customer.
//!
//! Plain data that changes only in [`step`](super::step()). The store keeps it as one JSON document, so the serialized names must never
//! change: a renamed field keeps its old name with `#[serde(rename)]`. The page sees only [`Checkout::snapshot`], which leaves out
//! what the page must not know.

use std::fmt;

use kvitt_wire::{Aggregate, Amount, Cart, Language, Sharing, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::category::Categorized;
use super::operation::Operation;

/// How long an order of a page can be paid by default, in milliseconds. Orders of earlier releases, which stored no time, have this one.
const PAYABLE_MS: i64 = 4 * 60 * 60 * 1000;

/// How long pages follow an order after it was paid, in milliseconds.
pub const FOLLOWED_MS: i64 = 24 * 60 * 60 * 1000;
/// The maximum number of attempts on one order. No customer needs more.
pub(super) const MAX_ATTEMPTS: usize = 20;
/// For how long after the payment another tab of the cart is told that it is paid.
const PAID_A_MOMENT_AGO_MS: i64 = 10 * 60 * 1000;

/// A point in time, in milliseconds since 1970 UTC. The core never reads a clock; it is passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The time `ms` milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
}

/// The id of a checkout inside the proxy: a time-ordered UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckoutId(pub Uuid);

impl fmt::Display for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A payment's reference at Vipps MobilePay: `^[a-zA-Z0-9-]{8,64}$`, unique per sales unit, visible to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// The reference of an order's attempt, counted from 1. Each attempt needs its own.
    pub fn of(order_number: &str, attempt: u32) -> Self {
        Self(format!("{order_number}-{attempt}"))
    }

    /// Parses a reference; `None` for anything that does not match the format.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((8..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The idempotency key of an operation on this payment. It is derived, so that a retry after a crash has the same key. It is a UUID,
    /// since a prefix and a long reference would exceed the 50 characters that the API allows.
    pub fn key(&self, operation: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{operation}/{}", self.0).as_bytes()).to_string()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Reference {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Text that contains the checkout's token. Its `Debug` form is redacted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(pub String);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

/// A customer's telephone number with country code. Its `Debug` form is redacted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number as Vipps MobilePay returns it: 9 to 15 digits. `None` for anything else, such as `[Expired]`.
    pub fn parse(text: &str) -> Option<Self> {
        ((9..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }

    /// All digits. Only for the shop.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last two digits: the only part that the page receives.
    pub fn ending(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

/// One order and all attempts to pay it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// Its id.
    pub id: CheckoutId,
    /// Increases by one with every committed change.
    pub version: u32,
    /// The order.
    pub order: Order,
    /// The attempts to pay it, oldest first. Never empty.
    pub attempts: Vec<Attempt>,
    /// The customer's personal data. It is not part of the document: the store encrypts it in a column of its own.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// The claim of the page that reports the purchase, once there is one. It never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// When the customer's personal data was last erased.
    #[serde(default)]
    pub erased_at: Option<Moment>,
    /// The trace id of all its lines in the log. Empty for checkouts of the first release.
    #[serde(default)]
    pub trace_id: String,
    /// When it was opened.
    pub created_at: Moment,
}

/// What is bought, and how the shop wants it handled. Fixed when the checkout is opened, except for the acceptance of the terms and the
/// state of the offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order number. The references of the payments begin with it.
    pub number: String,
    /// Lines and total, at the prices when the checkout was opened.
    pub cart: Cart,
    /// Shown in the app, 3 to 100 characters.
    pub description: String,
    /// The customer's language.
    pub language: Language,
    /// The shop's page that the customer returns to, if there is one.
    pub return_url: Option<String>,
    /// The proxy's address that Vipps MobilePay redirects the customer to.
    pub landing_return_url: Private,
    /// How the receipt gets to the app.
    pub receipt: ReceiptBy,
    /// When the customer accepted the shop's terms: when the checkout was opened, or when the customer paid an offer. The app does not ask
    /// for it.
    pub terms_accepted_at: Option<Moment>,
    /// Until when a payment may be requested. `None` for an offer, which has a time of its own, and for orders of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payable_until: Option<Moment>,
    /// Set for an order that was opened before a payment was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
}

/// An order that can be paid later: by a link or a QR code, on a page that the shop's backend has prepared, or in the app of a customer
/// whose number is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who offers it.
    pub by: OfferedBy,
    /// When it expires.
    pub expires_at: Moment,
    /// When the shop withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// Whether it is pushed to the customer's app first. The link works in any case.
    #[serde(default)]
    pub push: bool,
    /// Whether a pushed payment may wait in the app until `expires_at`, instead of for ten minutes.
    #[serde(default)]
    pub long_living: bool,
    /// Whether the customer is physically present in the shop.
    #[serde(default)]
    pub customer_present: bool,
    /// The customer's consent to being sent payment requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// Who offers an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferedBy {
    /// A page, when a customer opened it. The order makes no event, and is in no list, until the customer pays.
    Page,
    /// The shop's backend.
    Shop,
}

/// How the customer is led to a payment: the
/// [`userFlow`](https://developer.vippsmobilepay.com/docs/APIs/epayment-api/) of the ePayment API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// The browser follows a redirect address.
    #[default]
    Redirect,
    /// The app shows a push message.
    Push,
}

/// What a checkout is opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The order.
    pub order: Order,
    /// The customer's consent to share the telephone number, where a payment is requested at once.
    pub consent: Option<Consent>,
    /// The customer, if the shop knows them already.
    pub customer: Option<Customer>,
}

/// How the receipt gets to the app. Only one way is used, since a receipt can be written only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptBy {
    /// Within the request that creates the payment.
    Create,
    /// Through the Order Management API, once the payment exists.
    OrderManagement,
    /// No receipt is sent.
    None,
}

/// One attempt to pay an order: one payment at Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The payment's reference.
    pub reference: Reference,
    /// Its state.
    pub state: State,
    /// Why it failed, as a stable code.
    pub trouble: Option<String>,
    /// Where the customer approves it.
    pub redirect_url: Option<String>,
    /// How the customer is led to it.
    #[serde(default, skip_serializing_if = "Flow::is_redirect")]
    pub flow: Flow,
    /// Whether the request names the customer's telephone number.
    #[serde(default, skip_serializing_if = "is_false")]
    pub with_number: bool,
    /// Whether the payment has not been requested: it does not exist at Vipps MobilePay.
    #[serde(rename = "unpressed", default, skip_serializing_if = "is_false")]
    pub not_requested: bool,
    /// The customer's consent to share the telephone number.
    pub consent: Option<Consent>,
    /// Whether a cancellation is planned, or will be once the payment exists.
    pub cancel_requested: bool,
    /// How many cancellations were requested. Each has its own idempotency key, since a refusal is repeated for the same key.
    pub cancels: u32,
    /// When the latest poll after a signal is due, or was done without being planned. Signals plan no other poll until then.
    #[serde(rename = "look_at")]
    pub poll_at: Option<Moment>,
    /// How much was authorized, captured, cancelled and refunded, in minor units.
    pub aggregate: Aggregate,
    /// Until when a capture is guaranteed to succeed, once the payment is authorized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_guaranteed_until: Option<Moment>,
    /// How the payment's amount at Vipps MobilePay differs from the order's, where it does since the authorization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// How its receipt is sent, chosen when it was requested. `None` before, and for attempts of earlier releases: as the order says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_by: Option<ReceiptBy>,
    /// Why the receipt could not be sent, as a stable code. It does not fail the payment.
    pub receipt_trouble: Option<String>,
    /// The link in the app that the shop set last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Categorized>,
    /// How many polls did not contain the telephone number yet.
    #[serde(rename = "profile_looks")]
    pub profile_polls: u32,
    /// The operations that the shop requested, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// When the proxy learned that it was authorized. Vipps MobilePay's own time is about the same. `None` for attempts of earlier
    /// releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized_at: Option<Moment>,
    /// When it was requested, or added if it has not been.
    pub created_at: Moment,
    /// When it expires unless the customer acts.
    pub expires_at: Moment,
}

/// Another amount of an authorized payment than the order's. Nothing is captured or released because of it: a person has to look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The amount at Vipps MobilePay; `None` where it is in another currency.
    pub amount: Option<Amount>,
    /// When it was first seen.
    pub since: Moment,
}

/// The record of a customer's consent: to what, when, in which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What is shared: `phoneNumber`.
    pub scope: String,
    /// The version of the text that was shown.
    pub wording: String,
    /// The language of the text.
    pub language: Language,
    /// The text itself; `None` in consents of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When the customer consented.
    pub given_at: Moment,
}

/// A customer's personal data, as received from Vipps MobilePay or known to the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The customer's id at this sales unit, the `sub` of Vipps MobilePay.
    pub sub: Option<String>,
    /// The telephone number; `None` where it did not arrive in time.
    pub phone_number: Option<PhoneNumber>,
    /// When it was received.
    pub received_at: Moment,
}

impl Flow {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    fn is_redirect(&self) -> bool {
        *self == Self::Redirect
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Offer {
    /// A plain offer by link that is open until `expires_at`.
    pub fn new(by: OfferedBy, expires_at: Moment) -> Self {
        Self {
            by,
            expires_at,
            withdrawn_at: None,
            push: false,
            long_living: false,
            customer_present: false,
            consent: None,
        }
    }

    /// Whether it can still be paid.
    pub fn is_open(&self, now: Moment) -> bool {
        self.withdrawn_at.is_none() && now < self.expires_at
    }
}

impl Checkout {
    /// Until when a payment may be requested, at the prices and under the terms of this order.
    pub fn payable_until(&self) -> Moment {
        let offered_until = self.order.offer.as_ref().map(|offer| offer.expires_at);
        offered_until.or(self.order.payable_until).unwrap_or(self.created_at.plus_ms(PAYABLE_MS))
    }

    /// Whether a payment may still be requested: its time is not over, and the shop has not withdrawn it.
    pub fn is_payable(&self, now: Moment) -> bool {
        let withdrawn = self.order.offer.as_ref().is_some_and(|offer| offer.withdrawn_at.is_some());
        !withdrawn && now < self.payable_until()
    }

    /// When an order that a page has opened expires, as long as no payment was requested; `None` for every other order. Idle orders are
    /// deleted after it.
    pub fn idle_until(&self) -> Option<Moment> {
        let offer = self.order.offer.as_ref().filter(|offer| offer.by == OfferedBy::Page)?;
        self.attempts.iter().all(|attempt| attempt.not_requested).then_some(offer.expires_at)
    }

    /// Since when nothing more can come of an order that ended without any money, if it has changed at `now`; `None` for every other order.
    /// Such orders are deleted some time after.
    pub fn unpaid_since(&self, now: Moment) -> Option<Moment> {
        let came_to_nothing = |attempt: &Attempt| {
            attempt.state.is_final() && attempt.state != State::Authorized && attempt.aggregate == Aggregate::default()
        };
        self.attempts.iter().all(came_to_nothing).then(|| now.max(self.payable_until()))
    }

    /// The current attempt: the one that was authorized, or else the latest.
    pub fn current(&self) -> &Attempt {
        self.attempts
            .iter()
            .find(|attempt| attempt.state == State::Authorized)
            .or(self.attempts.last())
            .expect("a checkout is opened with its first attempt")
    }

    /// Whether another tab of the same cart is shown this order in place of a new one: it is being paid, can be tried again, or was paid a moment
    /// ago and the money is still the shop's. Later the customer buys the same once more.
    pub fn is_of_its_cart(&self, now: Moment) -> bool {
        let current = self.current();
        let money = &current.aggregate;
        match current.state {
            State::Authorized => {
                money.cancelled + money.refunded == 0 && now < current.since().plus_ms(PAID_A_MOMENT_AGO_MS)
            }
            State::Starting | State::Created => true,
            _ => self.is_payable(now) && self.attempts.len() < MAX_ATTEMPTS,
        }
    }

    /// Until when pages follow it, once it is paid.
    pub fn followed_until(&self) -> Option<Moment> {
        let attempt = self.current();
        (attempt.state == State::Authorized).then(|| attempt.since().plus_ms(FOLLOWED_MS))
    }

    /// The attempt of a payment.
    pub fn attempt(&self, reference: &Reference) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.reference == *reference)
    }

    /// Whether the personal data that this attempt shares may be stored: the customer consented, and it was not erased since.
    pub fn may_know_customer(&self, attempt: &Attempt) -> bool {
        let given_at = attempt.consent.as_ref().map(|consent| consent.given_at);
        given_at.is_some_and(|given| self.erased_at.is_none_or(|erased| given > erased))
    }

    /// The checkout as the page sees it.
    pub fn snapshot(&self, token: String) -> kvitt_wire::Checkout {
        let attempt = self.current();
        kvitt_wire::Checkout {
            token,
            version: self.version,
            state: attempt.state,
            order_number: self.order.number.clone(),
            reference: attempt.reference.to_string(),
            redirect_url: attempt.redirect_url.clone().filter(|_| attempt.state == State::Created),
            trouble: attempt.trouble.clone(),
            cart: self.order.cart.clone(),
            aggregate: attempt.aggregate,
            sharing: Sharing {
                consented: self.may_know_customer(attempt),
                phone_number_ending: self
                    .customer
                    .as_ref()
                    .filter(|_| self.may_know_customer(attempt))
                    .and_then(|customer| customer.phone_number.as_ref())
                    .map(|number| number.ending().to_owned()),
            },
            category: attempt.category.as_ref().and_then(Categorized::for_page),
            created_at_ms: self.created_at.0,
            expires_at_ms: attempt.expires_at.0,
        }
    }
}
