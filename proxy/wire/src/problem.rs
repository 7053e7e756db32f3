//! Problem bodies: errors that a program can act on.

use serde::{Deserialize, Serialize};

use crate::Cart;

/// A problem body, `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), with a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The proxy's documentation of the code, relative to the address of the request.
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "openapi", schema(required, example = "/docs/problems#rate_limited"))]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// The error, stable across releases: branch on this. All codes are in `ProblemCode`.
    #[cfg_attr(feature = "openapi", schema(example = "rate_limited"))]
    pub code: String,
    /// A short sentence for developers; it may change.
    pub title: String,
    /// The details of this error, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Identifies the request in the proxy's log.
    pub trace_id: String,
    /// With `price_changed`: the cart at today's prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<Cart>,
}
