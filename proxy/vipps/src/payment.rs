//! What ePayment answers. The state never says captured, cancelled or refunded: an authorized payment stays authorized for ever, and what
//! became of the money is in the aggregate. `Debug` leaves out what leads to the customer: names, numbers and the redirect URL, which carries a token.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Amount, PaymentMethodType, PhoneNumber, open_enum::open_enum, tolerant};

/// The answer to a create request.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPayment {
    /// Our name for the payment.
    pub reference: String,
    /// Where the customer pays: to be opened unchanged, top-level, at once. None for a push. Every host that it may have is Vipps MobilePay's
    /// to choose.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub redirect_url: Option<String>,
}

impl fmt::Debug for CreatedPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedPayment").field("reference", &self.reference).finish_non_exhaustive()
    }
}

open_enum! {
    /// Where a payment stands between us and the customer. All but `Created` are final.
    PaymentState {
        /// Waiting for the customer.
        Created = "CREATED",
        /// Approved: the money is reserved, and stays "authorized" whatever is done with it later.
        Authorized = "AUTHORIZED",
        /// The customer said no.
        Aborted = "ABORTED",
        /// The customer did nothing in time.
        Expired = "EXPIRED",
        /// Cancelled from our side before the customer approved.
        Terminated = "TERMINATED",
    }
}

open_enum! {
    /// What happened to a payment.
    EventKind {
        /// It was created.
        Created = "CREATED",
        /// The customer approved.
        Authorized = "AUTHORIZED",
        /// The customer said no.
        Aborted = "ABORTED",
        /// The customer did nothing in time.
        Expired = "EXPIRED",
        /// Cancelled from our side before the customer approved.
        Terminated = "TERMINATED",
        /// Money was taken.
        Captured = "CAPTURED",
        /// The rest of the reservation was released.
        Cancelled = "CANCELLED",
        /// Money was given back.
        Refunded = "REFUNDED",
    }
}

/// What became of the money so far.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregate {
    /// Reserved.
    pub authorized_amount: Amount,
    /// Released again.
    pub cancelled_amount: Amount,
    /// Taken.
    pub captured_amount: Amount,
    /// Given back, of what was taken.
    pub refunded_amount: Amount,
}

/// A payment as it is now.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Where it stands.
    pub state: PaymentState,
    /// What became of the money.
    pub aggregate: Aggregate,
    /// What was asked for.
    pub amount: Amount,
    /// Our name for it.
    pub reference: String,
    /// Vipps MobilePay's name for its creation. Every event has one of its own, so this joins to nothing.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
    /// What it is paid with.
    #[serde(default, rename = "paymentMethod", deserialize_with = "method_type")]
    pub payment_method: Option<PaymentMethodType>,
    /// Where the customer pays, as in [`CreatedPayment`].
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub redirect_url: Option<String>,
    /// Names the customer to [`Client::userinfo`](crate::Client::userinfo). Written some moments after the approval.
    #[serde(default, rename = "profile", deserialize_with = "sub")]
    pub profile_sub: Option<String>,
    /// What the customer consented to share; written some moments after the approval.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub user_details: Option<UserDetails>,
    /// Until when a capture is sure to succeed.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub capture_guaranteed_until: Option<Timestamp>,
    /// What the create request carried.
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

/// What the customer consented to share: everything is optional, since only what was asked for is there.
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
    /// The number that the customer uses the app with. Any country's.
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

/// One line of a payment's history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentEvent {
    /// Our name for the payment.
    pub reference: String,
    /// Vipps MobilePay's name for this event.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
    /// What happened.
    pub name: EventKind,
    /// The event's own amount.
    pub amount: Amount,
    /// When.
    #[serde(default, deserialize_with = "tolerant::optional_timestamp")]
    pub timestamp: Option<Timestamp>,
    /// The key of the call that caused it.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub idempotency_key: Option<String>,
    /// False for an attempt that changed nothing.
    pub success: bool,
}

/// The answer to a capture, cancel or refund. Whether it worked is told by the aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// What the payment asked for.
    pub amount: Amount,
    /// Where the payment stands.
    pub state: PaymentState,
    /// What became of the money, this adjustment included.
    pub aggregate: Aggregate,
    /// Our name for the payment.
    pub reference: String,
    /// Vipps MobilePay's name for the payment's creation.
    #[serde(default, deserialize_with = "tolerant::optional_string")]
    pub psp_reference: Option<String>,
}

/// What a cancel may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelScope {
    /// Only a payment that the customer has not approved yet; otherwise it is refused with code 6060. For "the customer pressed cancel".
    UnlessAuthorized,
    /// Whatever is not captured: ends a payment that waits, or releases the rest of the reservation. There is no way back.
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
