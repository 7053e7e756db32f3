//! What the shop's own machines read.

use serde::{Deserialize, Serialize};

use crate::{Aggregate, Amount, State};

/// `GET /v1/shop/orders/{reference}`: an order and what was tried to have it paid. Nothing that its customer shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOrder {
    /// The payment that counts: the one that was authorized, or else the latest.
    pub reference: String,
    /// The sales unit that is paid, by name.
    pub sales_unit: String,
    /// Where that payment stands.
    pub state: State,
    /// What the order costs.
    pub amount: Amount,
    /// What has become of that payment's money.
    pub aggregate: Aggregate,
    /// All payments, oldest first.
    pub attempts: Vec<ShopAttempt>,
    /// When the order was opened, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
}

/// One payment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopAttempt {
    /// Its name at Vipps MobilePay.
    pub reference: String,
    /// Where it stands.
    pub state: State,
    /// Why it came to nothing, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What has become of its money.
    pub aggregate: Aggregate,
    /// When it was begun, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it runs out, or ran out, unless the customer acts, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}
