//! What the shop's own machines read.

mod customers;
mod details;
mod endpoints;
mod warnings;

use serde::{Deserialize, Serialize};

use crate::{Aggregate, Amount, Language, Line, ShopRequest, State};

pub use customers::{CustomerConsent, ErasedCustomers, FoundCustomers, OfNumber, ShopCustomer, ShopSharing};
pub use details::{CategoryName, NewCategory, NewImage, ShopCategory, ShopImage};
pub use endpoints::{
    NewShopEndpoint, ReplaySince, ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, ToBeTold,
};
pub use warnings::{ShopWarning, ShopWarnings};

/// `GET /v1/shop/orders/{reference}`: an order and what was tried to have it paid. Nothing that its customer shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOrder {
    /// The payment that counts: the one that was authorized, or else the latest.
    pub reference: String,
    /// The order's own number, which all its references begin with.
    pub order_number: String,
    /// The sales unit that is paid, by name.
    pub sales_unit: String,
    /// What the customer is shown in the app.
    pub description: String,
    /// What is bought, at the prices of that moment.
    pub lines: Vec<Line>,
    /// Where that payment stands.
    pub state: State,
    /// What the order costs.
    pub amount: Amount,
    /// What has become of that payment's money.
    pub aggregate: Aggregate,
    /// By when reserved money is to be captured; none where nothing waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_deadline: Option<CaptureDeadline>,
    /// All payments, oldest first.
    pub attempts: Vec<ShopAttempt>,
    /// The customer, where one has shared who they are and has not been erased: see `GET /v1/shop/customers/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Where and until when it can be paid, for an order that was opened before anybody pressed pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ShopRequest>,
    /// The link that the order has in the customer's app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<ShopCategory>,
    /// What has become of the customer's yes to sharing the telephone number; absent where there was none for the payment that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<ShopSharing>,
    /// What has happened, oldest first; only where one order is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<OrderEvent>>,
    /// When the order was opened, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
}

/// `GET /v1/shop/orders`: a page of orders, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOrders {
    /// The orders.
    pub orders: Vec<ShopOrder>,
    /// Ask with `after` for those that follow; absent where none do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Something that has happened to an order, as the shop is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderEvent {
    /// Its name, the same wherever it is told.
    pub id: String,
    /// What has happened, such as `payment.captured`.
    pub r#type: String,
    /// When the proxy learned of it, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// What had become of the money by then.
    pub aggregate: Aggregate,
}

/// By when reserved money is to be captured, in milliseconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureDeadline {
    /// Until then a capture is sure to succeed.
    pub capture_by_ms: i64,
    /// Then Vipps MobilePay gives the money back to the customer.
    pub released_at_ms: i64,
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
    /// What staff can do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What has become of its money.
    pub aggregate: Aggregate,
    /// The customer's yes to sharing the telephone number with this payment. The record stays when what was shared is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ShopConsent>,
    /// What the shop asked to be done with its money, oldest first.
    pub operations: Vec<ShopOperation>,
    /// When it was begun, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it runs out, or ran out, unless the customer acts, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// A customer's yes, as it can be shown later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopConsent {
    /// To what: `phoneNumber`.
    pub scope: String,
    /// The version of the words that were shown.
    pub wording: String,
    /// The language that they were shown in.
    pub language: Language,
    /// When, in milliseconds since 1970 (UTC).
    pub given_at_ms: i64,
}

/// What the shop asked to be done with a payment's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopOperation {
    /// Its name.
    pub id: String,
    /// `capture`, `cancel` or `refund`.
    pub kind: String,
    /// How much.
    pub amount: Amount,
    /// What was shipped or sent back, as the shop said.
    pub lines: Vec<Pieces>,
    /// `pending` until Vipps MobilePay has answered, then `done` or `refused`.
    pub state: String,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What staff can do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// When the shop asked, in milliseconds since 1970 (UTC).
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
    /// How much; all that is left when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What was shipped or sent back, kept with the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Pieces>,
}

/// The body of `POST /v1/shop/orders/{reference}/cancel`, which is always of all that is left: empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LetGo {}

/// How many of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pieces {
    /// The article.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}
