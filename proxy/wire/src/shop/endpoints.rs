//! The endpoints that receive the shop's events, and their deliveries.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/shop/endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewShopEndpoint {
    /// A public https URL.
    pub url: String,
    /// The event types it subscribes to, such as `checkout.authorized`; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// An endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopEndpoint {
    /// Its id: `ep_…`.
    pub id: String,
    /// Its URL.
    pub url: String,
    /// The event types it subscribes to; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// `fine`, `failing` or `disabled`.
    pub state: String,
    /// Why it is disabled, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Since when every delivery has failed, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since_ms: Option<i64>,
    /// When it was disabled, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at_ms: Option<i64>,
    /// Until when the previous secret signs too, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until_ms: Option<i64>,
    /// When it was added, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// The ids of other enabled endpoints that receive some of the same events at the same URL, each of them once more. Returned only when it
    /// was added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_url_as: Vec<String>,
    /// The secret that signs its events: `whsec_…`. Returned only when it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for ShopEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopEndpoint").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// `GET /v1/shop/endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopEndpoints {
    /// All endpoints, oldest first.
    pub endpoints: Vec<ShopEndpoint>,
}

/// A delivery of an event to an endpoint: waiting, delivered or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopDelivery {
    /// The event's id.
    pub id: String,
    /// The event's type.
    pub r#type: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// The number of attempts since it was recorded or replayed.
    pub tries: i64,
    /// The endpoint's last HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i64>,
    /// When it was recorded, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// The time of the last attempt, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at_ms: Option<i64>,
    /// The time of the next attempt, while it is waiting, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_ms: Option<i64>,
}

/// `GET /v1/shop/endpoints/{id}/deliveries`: a page of deliveries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopDeliveries {
    /// The deliveries.
    pub deliveries: Vec<ShopDelivery>,
    /// The cursor of the next page, for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The body of `POST /v1/shop/endpoints/{id}/replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplaySince {
    /// Replays all events of this time and later, in milliseconds since 1970 (UTC).
    pub since_ms: i64,
}

/// The events that a replay or a test delivers to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToBeTold {
    /// The number of events.
    pub events: u64,
    /// The event's id, if it is one event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}
