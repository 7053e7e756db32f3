//! What customers have shared, and what they said yes to.

use serde::{Deserialize, Serialize};

use super::ShopConsent;

/// `GET /v1/shop/customers/{id}`: one person at one sales unit. Prints without what it says of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopCustomer {
    /// The same for every order of theirs: `cus_…`.
    pub id: String,
    /// The sales unit that knows them, by name.
    pub sales_unit: String,
    /// What Vipps MobilePay calls them towards this sales unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The telephone number with country code, all digits; absent where it could not be had in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// When it was received last, in milliseconds since 1970 (UTC).
    pub received_at_ms: i64,
    /// What they said yes to, oldest first.
    pub consents: Vec<CustomerConsent>,
    /// The references of their orders, oldest first.
    pub orders: Vec<String>,
}

impl std::fmt::Debug for ShopCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopCustomer").field("id", &self.id).field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// A yes, and the payment that it was given for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerConsent {
    /// The payment.
    pub reference: String,
    /// The record.
    #[serde(flatten)]
    pub consent: ShopConsent,
}

/// The body of `POST /v1/shop/customers/find` and `/erase`. In a body, so that no number is in an address.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfNumber {
    /// With country code, such as `+47 999 99 999`.
    pub phone_number: String,
}

/// The answer of `POST /v1/shop/customers/find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundCustomers {
    /// Who has the number: one at a sales unit, as a rule.
    pub customers: Vec<ShopCustomer>,
}

/// The answer of `POST /v1/shop/customers/erase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedCustomers {
    /// In how many orders something was erased.
    pub erased: usize,
}

/// What has become of a customer's yes to sharing the telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ShopSharing {
    /// The number has not come yet.
    Awaited,
    /// The number is there.
    Received,
    /// The number could not be had in the week in which Vipps MobilePay tells it.
    Missed,
    /// The number was erased, or not taken because the customer had been.
    Erased,
}
