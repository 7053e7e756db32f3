//! Warnings: what needs attention.

use serde::{Deserialize, Serialize};

/// `GET /v1/shop/warnings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopWarnings {
    /// The most urgent kinds first; a hundred of each kind at most.
    pub warnings: Vec<ShopWarning>,
}

/// Something that needs manual action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopWarning {
    /// `capture_overdue`, `capture_due`, `drift`, `parked`, `webhooks_missing`, `webhooks_unverified`, `clock`,
    /// `endpoint_disabled` or `endpoint_failing`.
    pub kind: String,
    /// What happened, and what to do, for staff.
    pub detail: String,
    /// The payment, if the warning is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The sales unit, by name, if the warning is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// The endpoint, if the warning is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The deadline, or since when it lasts, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}
