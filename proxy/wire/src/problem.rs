//! What went wrong, in a form that a program can act on.

use serde::{Deserialize, Serialize};

use crate::Cart;

/// A problem body, `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), with a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where the proxy explains the code, relative to the address that was asked.
    #[serde(rename = "type", default)]
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    #[cfg_attr(feature = "openapi", schema(required, example = "/docs/problems#rate_limited"))]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, stable over releases: branch on this. All codes are in `ProblemCode`.
    #[cfg_attr(feature = "openapi", schema(example = "rate_limited"))]
    pub code: String,
    /// A short sentence for the developer; may be reworded.
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub title: String,
    /// What exactly was wrong this time, if more is to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", serde(skip_deserializing))]
    pub detail: Option<String>,
    /// Finds this request in the proxy's log.
    pub trace_id: String,
    /// With `price_changed`: the cart at today's prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<Cart>,
}
