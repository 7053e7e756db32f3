//! What is known of a checkout: the order, its attempts to be paid, and the customer.
//!
//! Plain data. It changes only in [`step`](super::step), is stored as it stands by the store, and is shown to the page through
//! [`Checkout::snapshot`], which leaves out what the page must not know.

use std::fmt;

use kvitt_wire::{Aggregate, Cart, Language, Sharing, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::category::Categorized;
use super::operation::Operation;

/// A moment: milliseconds since 1970, UTC. Passed in, never read inside the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment `ms` milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
}

/// The name of a checkout inside the proxy; time-ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckoutId(pub Uuid);

impl fmt::Display for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A payment's name at Vipps MobilePay: `^[a-zA-Z0-9-]{8,64}$`, unique per sales unit, seen by the customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// The reference of an order's nth attempt: a new attempt needs a new one.
    pub fn of(order_number: &str, attempt: u32) -> Self {
        Self(format!("{order_number}-{attempt}"))
    }

    /// Takes what somebody says is one; `None` for anything that cannot be.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((8..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The idempotency key of an operation on this payment. Derived, so that a repeat after a crash carries the same one; a UUID of
    /// the name, since a long reference with a prefix would not fit into the 50 characters that the API allows.
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

/// Text that has the checkout's token in it. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(pub String);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

/// A customer's telephone number with country code. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Takes a number as Vipps MobilePay gives it: 9 to 15 digits. `None` for anything else, such as `[Expired]`.
    pub fn parse(text: &str) -> Option<Self> {
        ((9..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }

    /// All digits, for the shop.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last two digits: all that the page is told.
    pub fn ending(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

/// One order and all that was tried to have it paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// Its name.
    pub id: CheckoutId,
    /// Grows by one with every committed change.
    pub version: u32,
    /// What is bought, and how the shop wants it handled.
    pub order: Order,
    /// Oldest first; never empty.
    pub attempts: Vec<Attempt>,
    /// What the customer shared. The store keeps it apart from the rest.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// When what the customer shared was last erased.
    #[serde(default)]
    pub erased_at: Option<Moment>,
    /// What its lines in the log have in common; empty for those of the first release.
    #[serde(default)]
    pub trace_id: String,
    /// When it was opened.
    pub created_at: Moment,
}

/// What is bought. Fixed when the checkout is opened, but for what the customer says when they press pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The stem of the references.
    pub number: String,
    /// Lines and total, at the prices of that moment.
    pub cart: Cart,
    /// Shown in the app, 3 to 100 characters.
    pub description: String,
    /// The language that the customer is spoken to in.
    pub language: Language,
    /// The shop's page that the customer comes back to, if it has one.
    pub return_url: Option<String>,
    /// The proxy's own address that Vipps MobilePay sends the customer back to.
    pub landing_return_url: Private,
    /// How the receipt gets to the app.
    pub receipt: ReceiptBy,
    /// When the customer accepted the shop's terms: at once, or when they pressed pay on what had been offered to them. Nobody is asked to
    /// in the app.
    pub terms_accepted_at: Option<Moment>,
    /// For an order that was opened before anybody pressed pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
}

/// An order that waits for somebody to press pay: behind a link or QR, on a page that the shop's backend has prepared, or in the app of a
/// customer whose number is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who offers it.
    pub by: OfferedBy,
    /// Until when it may be paid.
    pub expires_at: Moment,
    /// When the shop took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// Whether it is sent to the customer's app first; behind the link it is in any case.
    #[serde(default)]
    pub push: bool,
    /// Whether the vendor may hold a payment in the app until `expires_at`, and not for ten minutes.
    #[serde(default)]
    pub long_living: bool,
    /// Whether the customer stands in front of the shop's people.
    #[serde(default)]
    pub customer_present: bool,
    /// The yes of the customer whom it is sent to, to being sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// Who offers an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferedBy {
    /// A page that somebody looks at. It is nobody's news until pay is pressed.
    Page,
    /// The shop.
    Shop,
}

/// How the customer gets to a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// By an address that their browser follows.
    #[default]
    Redirect,
    /// By a message to their app.
    Push,
}

/// What a checkout is opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What is bought.
    pub order: Order,
    /// The customer's yes to sharing the telephone number, if they have pressed pay already.
    pub consent: Option<Consent>,
    /// The customer, where the shop knows them from before.
    pub customer: Option<Customer>,
}

/// How the receipt gets to the app: one of the two, never both, since it can be written only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptBy {
    /// Inside the request that creates the payment.
    Create,
    /// Through the Order Management API, once the payment exists.
    OrderManagement,
    /// Not at all.
    None,
}

/// One payment at Vipps MobilePay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name there.
    pub reference: Reference,
    /// Where it stands.
    pub state: State,
    /// Why it failed, as a stable code.
    pub trouble: Option<String>,
    /// Where the customer approves it.
    pub redirect_url: Option<String>,
    /// How the customer gets to it.
    #[serde(default, skip_serializing_if = "Flow::is_redirect")]
    pub flow: Flow,
    /// Whether the vendor is told the number that is known.
    #[serde(default, skip_serializing_if = "is_false")]
    pub with_number: bool,
    /// Whether nobody has pressed pay: it is not, and never was, a payment at the vendor's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unpressed: bool,
    /// The customer's yes to sharing the telephone number.
    pub consent: Option<Consent>,
    /// Whether a cancellation is on its way, or will be once the payment exists.
    pub cancel_requested: bool,
    /// How often it was asked to be cancelled: a refused request must not be repeated under its key.
    pub cancels: u32,
    /// When the latest look that a signal asked for is due. While that lies ahead, another signal asks for nothing more.
    pub look_at: Option<Moment>,
    /// What has become of the money.
    pub aggregate: Aggregate,
    /// Until when a capture is sure to succeed, as the payment says once it is authorized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_guaranteed_until: Option<Moment>,
    /// Why the receipt could not be sent, if so. Never the payment's trouble.
    pub receipt_trouble: Option<String>,
    /// The link in the app that the shop gave it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Categorized>,
    /// How often the customer's profile was looked for in vain.
    pub profile_looks: u32,
    /// What the shop asked to be done with the money, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
    /// When we learned that it was paid; the vendor counts from about then. None for those of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized_at: Option<Moment>,
    /// When it was begun.
    pub created_at: Moment,
    /// When it runs out unless the customer acts.
    pub expires_at: Moment,
}

/// The customer's yes, as it can be shown later: to what, when, in which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What is shared: `phoneNumber`.
    pub scope: String,
    /// The version of the words that were shown.
    pub wording: String,
    /// The language that they were shown in.
    pub language: Language,
    /// When the customer said yes.
    pub given_at: Moment,
}

/// What the customer shared, once it has been received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The vendor's name for this customer towards this sales unit.
    pub sub: Option<String>,
    /// The telephone number; absent when it could not be had in time.
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
    /// One that stands until then, behind its link.
    pub fn standing(by: OfferedBy, expires_at: Moment) -> Self {
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

    /// Whether it may still be paid.
    pub fn stands(&self, now: Moment) -> bool {
        self.withdrawn_at.is_none() && now < self.expires_at
    }
}

impl Checkout {
    /// Until when a page has offered it in vain so far: nobody has pressed pay. None for any other order.
    pub fn idle_until(&self) -> Option<Moment> {
        let offer = self.order.offer.as_ref().filter(|offer| offer.by == OfferedBy::Page)?;
        self.attempts.iter().all(|attempt| attempt.unpressed).then_some(offer.expires_at)
    }

    /// The attempt that counts: the one that was authorized, or else the latest.
    pub fn current(&self) -> &Attempt {
        self.attempts
            .iter()
            .find(|attempt| attempt.state == State::Authorized)
            .or(self.attempts.last())
            .expect("a checkout is opened with its first attempt")
    }

    /// Whether what the customer of this attempt shares may be known: there was a yes, and no erasure since.
    pub fn may_know_customer(&self, attempt: &Attempt) -> bool {
        let given_at = attempt.consent.as_ref().map(|consent| consent.given_at);
        given_at.is_some_and(|given| self.erased_at.is_none_or(|erased| given > erased))
    }

    /// What the page may see.
    pub fn snapshot(&self, token: String) -> kvitt_wire::Checkout {
        let attempt = self.current();
        kvitt_wire::Checkout {
            token,
            version: self.version,
            state: attempt.state,
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
            created_at_ms: self.created_at.0,
            expires_at_ms: attempt.expires_at.0,
        }
    }
}
