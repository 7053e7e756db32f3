//! The shop's API: the requests and answers of the shop's backend and of the order desk.

mod audit;
mod customers;
mod details;
mod endpoints;
mod warnings;

use serde::{Deserialize, Serialize};

use crate::{Aggregate, Amount, Line, PaymentSources, Quantity, ShopConsent, ShopRequest, State};

pub use audit::{Actor, AuditEntries, AuditEntry, Via};
pub use customers::{CustomerConsent, ErasedCustomers, FoundCustomers, OfNumber, ShopCustomer, ShopSharing};
pub use details::{NewCategory, NewImage, ShopCategory, ShopImage};
pub use endpoints::{
    NewShopEndpoint, ReplaySince, ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, ToBeTold,
};
pub use warnings::{ShopWarning, ShopWarnings};

/// `GET /v1/shop/orders/{reference}`: an order and its payments, without the customer's shared data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOrder {
    /// The order's payment: the authorized one, or else the latest.
    pub reference: String,
    /// The order number, which is the prefix of all its references.
    pub order_number: String,
    /// The sales unit that is paid, by name.
    pub sales_unit: String,
    /// The description in the app.
    pub description: String,
    /// The lines, at the prices of the order.
    pub lines: Vec<Line>,
    /// What was paid by other means; absent when that is nothing.
    #[serde(default, skip_serializing_if = "PaymentSources::is_empty")]
    pub payment_sources: PaymentSources,
    /// The payment's state.
    pub state: State,
    /// The order's total.
    pub amount: Amount,
    /// The payment's amounts.
    pub aggregate: Aggregate,
    /// The deadline for capturing reserved money; absent when nothing is left to capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_deadline: Option<CaptureDeadline>,
    /// All payments, oldest first.
    pub attempts: Vec<ShopAttempt>,
    /// The customer, if they have shared personal data and were not erased: see `GET /v1/shop/customers/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Where and until when it can be paid, for an order that was opened without a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ShopRequest>,
    /// The link that the order has in the customer's app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<ShopCategory>,
    /// The state of the customer's consent to share the telephone number; absent without a consent for the order's payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<ShopSharing>,
    /// The events, oldest first; only in the answer for one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<OrderEvent>>,
    /// Who asked for what about the order, oldest first; only in the answer for one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Vec<AuditEntry>>,
    /// When the order was opened, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
}

/// `GET /v1/shop/orders`: a page of orders, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOrders {
    /// The orders.
    pub orders: Vec<ShopOrder>,
    /// The cursor of the next page, for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An event of an order, as it is delivered to the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderEvent {
    /// Its id, the same in every delivery.
    pub id: String,
    /// Its type, such as `payment.captured`.
    pub r#type: String,
    /// When the proxy recorded it, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// The payment's amounts at that time.
    pub aggregate: Aggregate,
}

/// The deadlines for capturing reserved money, in milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureDeadline {
    /// Until then a capture is guaranteed.
    pub capture_by_ms: i64,
    /// Then Vipps MobilePay releases the money to the customer.
    pub released_at_ms: i64,
}

/// One payment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopAttempt {
    /// Its reference at Vipps MobilePay.
    pub reference: String,
    /// Its state.
    pub state: State,
    /// Why it failed, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What staff can do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Its amounts.
    pub aggregate: Aggregate,
    /// Set where its amount at Vipps MobilePay is not the order's, since after it was authorized. Nothing is released because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<ShopDrift>,
    /// The customer's consent to share the telephone number with this payment. The record stays when the shared data is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ShopConsent>,
    /// Its captures, cancels and refunds, oldest first.
    pub operations: Vec<ShopOperation>,
    /// When it was started, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it expires, or expired, unless the customer approves, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// An amount that differs from the order's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopDrift {
    /// The amount at Vipps MobilePay; missing where it is in another currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// When it was first seen, in milliseconds since 1970 (UTC).
    pub since_ms: i64,
}

/// A capture, cancel or refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOperation {
    /// Its id.
    pub id: String,
    /// `capture`, `cancel` or `refund`.
    pub kind: String,
    /// The amount.
    pub amount: Amount,
    /// The shipped or returned lines, as the shop has given them.
    pub lines: Vec<Pieces>,
    /// `pending` until Vipps MobilePay has answered, then `done` or `refused`.
    pub state: String,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What staff can do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Who requested it; absent for operations of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// When the shop requested it, in milliseconds since 1970 (UTC).
    pub asked_at_ms: i64,
    /// When it was answered, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at_ms: Option<i64>,
}

/// The body of `POST /v1/shop/orders/{reference}/capture` and `/refund`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MoveMoney {
    /// The amount; all that is left when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The shipped or returned lines, stored with the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub lines: Vec<Pieces>,
}

/// The body of `POST /v1/shop/orders/{reference}/cancel`, which always releases all that is left: empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LetGo {}

/// A quantity of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pieces {
    /// The article's stock-keeping unit.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub sku: String,
    /// The quantity.
    pub quantity: Quantity,
}
