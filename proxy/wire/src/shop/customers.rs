//! Customers: the data they have shared, and their consents.

use serde::{Deserialize, Serialize};

use crate::ShopConsent;

/// `GET /v1/shop/customers/{id}`: one customer of one sales unit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopCustomer {
    /// The same for all of the customer's orders: `cus_…`.
    pub id: String,
    /// The sales unit, by name.
    pub sales_unit: String,
    /// Vipps MobilePay's id of the customer for this sales unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The telephone number with country code, digits only; absent when it did not arrive in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// When it was received last, in milliseconds since 1970 (UTC).
    pub received_at_ms: i64,
    /// The consents, oldest first.
    pub consents: Vec<CustomerConsent>,
    /// The references of the customer's orders, oldest first.
    pub orders: Vec<String>,
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for ShopCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopCustomer").field("id", &self.id).field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// A consent, and the payment that it was given for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerConsent {
    /// The payment.
    pub reference: String,
    /// The record.
    #[serde(flatten)]
    pub consent: ShopConsent,
}

/// The body of `POST /v1/shop/customers/find` and `/erase`. The number is in the body, so that it is in no URL.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfNumber {
    /// The telephone number: with its country code, such as `+47 999 99 999`, or as it is written in the country of the sales unit. Nine and
    /// more digits that do not begin with a zero have a country code.
    pub phone_number: String,
    /// The sales unit in whose country a number without a country code is, by name; the key's own, or the first one of the configuration, when
    /// absent. Customers are found at every sales unit that the key has access to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
}

/// The answer of `POST /v1/shop/customers/find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundCustomers {
    /// The customers with the number: usually one for each sales unit.
    pub customers: Vec<ShopCustomer>,
}

/// The answer of `POST /v1/shop/customers/erase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedCustomers {
    /// The number of orders in which data was erased; 0 when nobody has shared the number.
    pub erased: usize,
}

/// The state of a customer's consent to share the telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ShopSharing {
    /// The number has not arrived yet.
    Awaited,
    /// The number has arrived.
    Received,
    /// The number could not be read within the week in which Vipps MobilePay provides it.
    Missed,
    /// The number was erased, or not stored because the customer had been erased.
    Erased,
}
