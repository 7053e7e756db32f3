//! The answers of ePayment. The state is never captured, cancelled or refunded: an authorized payment stays authorized, and the aggregate has the
//! amounts that were captured, cancelled and refunded. `Debug` leaves out what identifies the customer: names, numbers and the redirect URL,
//! which carries a token.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Amount, PaymentMethodType, PhoneNumber, open_enum::open_enum, tolerant};

/// The answer to a create request.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPayment {
    /// The shop's name for the payment.
    pub reference: String,
    /// The URL where the customer pays: open it unchanged, top-level, at once. `None` for a push. Vipps MobilePay chooses the host.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub redirect_url: Option<String>,
}

impl fmt::Debug for CreatedPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedPayment").field("reference", &self.reference).finish_non_exhaustive()
    }
}

open_enum! {
    /// The state of a payment. All but `Created` are final.
    PaymentState {
        /// Waiting for the customer.
        Created = "CREATED",
        /// Approved: the money is reserved. Captures, refunds and releases do not change the state.
        Authorized = "AUTHORIZED",
        /// The customer refused.
        Aborted = "ABORTED",
        /// The customer did not answer before the deadline.
        Expired = "EXPIRED",
        /// The shop cancelled before the customer approved.
        Terminated = "TERMINATED",
    }
}

open_enum! {
    /// The kind of a payment's event.
    EventKind {
        /// It was created.
        Created = "CREATED",
        /// The customer approved.
        Authorized = "AUTHORIZED",
        /// The customer refused.
        Aborted = "ABORTED",
        /// The customer did not answer before the deadline.
        Expired = "EXPIRED",
        /// The shop cancelled before the customer approved.
        Terminated = "TERMINATED",
        /// Money was captured.
        Captured = "CAPTURED",
        /// The rest of the reservation was released.
        Cancelled = "CANCELLED",
        /// Money was refunded.
        Refunded = "REFUNDED",
    }
}

/// The amounts of a payment so far.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregate {
    /// Reserved.
    pub authorized_amount: Amount,
    /// Released.
    pub cancelled_amount: Amount,
    /// Captured.
    pub captured_amount: Amount,
    /// Refunded, of what was captured.
    pub refunded_amount: Amount,
}

/// A payment as it is now.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Its state.
    pub state: PaymentState,
    /// What was reserved, released, captured and refunded.
    pub aggregate: Aggregate,
    /// The amount of the create request.
    pub amount: Amount,
    /// The shop's name for it.
    pub reference: String,
    /// Vipps MobilePay's name for its creation. Every event has one of its own, so this matches none of theirs.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
    /// Wallet or card.
    #[serde(default, rename = "paymentMethod", deserialize_with = "method_type")]
    pub payment_method: Option<PaymentMethodType>,
    /// The URL where the customer pays, as in [`CreatedPayment`].
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub redirect_url: Option<String>,
    /// The customer's id for [`Client::userinfo`](crate::Client::userinfo). Appears shortly after the approval.
    #[serde(default, rename = "profile", deserialize_with = "sub")]
    pub profile_sub: Option<String>,
    /// What the customer consented to share. Appears shortly after the approval.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub user_details: Option<UserDetails>,
    /// The end of the period in which a capture is guaranteed.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub capture_guaranteed_until: Option<Timestamp>,
    /// The metadata of the create request.
    #[serde(default, deserialize_with = "pairs")]
    pub metadata: BTreeMap<String, String>,
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("reference", &self.reference)
            .field("state", &self.state)
            .field("amount", &self.amount)
            .field("aggregate", &self.aggregate)
            .field("psp_reference", &self.psp_reference)
            .field("user_details", &self.user_details)
            .field("capture_guaranteed_until", &self.capture_guaranteed_until)
            .finish_non_exhaustive()
    }
}

/// What the customer consented to share. Every field is optional: only what was requested is present.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDetails {
    /// E-mail address.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub email: Option<String>,
    /// Given name.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub last_name: Option<String>,
    /// The number of the customer's app, of any country.
    #[serde(default, deserialize_with = "tolerant::optional_phone")]
    pub mobile_number: Option<PhoneNumber>,
    /// `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub date_of_birth: Option<String>,
    /// Postal addresses.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub addresses: Vec<Address>,
}

impl fmt::Debug for UserDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserDetails").field("mobile_number", &self.mobile_number).finish_non_exhaustive()
    }
}

/// A postal address in [`UserDetails`].
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub address_line1: Option<String>,
    /// Second line.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub address_line2: Option<String>,
    /// Town.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub city: Option<String>,
    /// Postal code.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub post_code: Option<String>,
    /// Country code.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub country: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

/// One event of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentEvent {
    /// The shop's name for the payment.
    pub reference: String,
    /// Vipps MobilePay's name for this event.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
    /// Its kind.
    pub name: EventKind,
    /// The event's own amount.
    pub amount: Amount,
    /// The time of the event.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub timestamp: Option<Timestamp>,
    /// The key of the call that caused it.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub idempotency_key: Option<String>,
    /// False for an attempt that changed nothing.
    pub success: bool,
}

/// The answer to a capture, cancel or refund. The aggregate says whether it worked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// The amount of the payment.
    pub amount: Amount,
    /// The payment's state.
    pub state: PaymentState,
    /// The amounts, this adjustment included.
    pub aggregate: Aggregate,
    /// The shop's name for the payment.
    pub reference: String,
    /// Vipps MobilePay's name for the payment's creation.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
}

/// What a cancel may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelScope {
    /// Only a payment that the customer has not approved; otherwise the call is refused with code 6060. For a customer who cancels.
    UnlessAuthorized,
    /// Everything that is not captured: ends a payment that the customer has not approved, or releases the rest of the reservation. It cannot be
    /// undone.
    Remainder,
}

fn method_type<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<PaymentMethodType>, D::Error> {
    let method: Option<crate::PaymentMethod> = tolerant::optional(deserializer)?;
    Ok(method.map(|method| method.kind))
}

fn sub<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Profile {
        #[serde(default, deserialize_with = "tolerant::optional_string")]
        sub: Option<String>,
    }
    let profile: Option<Profile> = tolerant::optional(deserializer)?;
    Ok(profile.and_then(|profile| profile.sub))
}

fn pairs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(tolerant::optional(deserializer)?.unwrap_or_default())
}
