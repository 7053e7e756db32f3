//! Where the shop's backend is told what happens, and whether it heard.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/shop/endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewShopEndpoint {
    /// A public https address.
    pub url: String,
    /// The kinds of events that it wants, such as `checkout.authorized`; all when none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// An endpoint. Prints without its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopEndpoint {
    /// Its name: `ep_…`.
    pub id: String,
    /// Its address.
    pub url: String,
    /// The kinds of events that it wants; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// `fine`, `failing` or `disabled`.
    pub state: String,
    /// Why it is disabled, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Since when it has done nothing but fail, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since_ms: Option<i64>,
    /// When it was disabled, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at_ms: Option<i64>,
    /// Until when its previous secret signs too, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until_ms: Option<i64>,
    /// When it was added, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// What its events are signed with: `whsec_…`. Only in the answer that made it; it is not shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for ShopEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopEndpoint").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// `GET /v1/shop/endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopEndpoints {
    /// All of them, oldest first.
    pub endpoints: Vec<ShopEndpoint>,
}

/// An event on its way to an endpoint, or that was told to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopDelivery {
    /// The event.
    pub id: String,
    /// What has happened.
    pub r#type: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// How often it was tried since it was written down or replayed.
    pub tries: i64,
    /// What the endpoint answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why that failed, or why nothing was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long the last try took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i64>,
    /// When it was written down, in milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it was last tried, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at_ms: Option<i64>,
    /// When it is tried next, while it waits, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_ms: Option<i64>,
}

/// `GET /v1/shop/endpoints/{id}/deliveries`: a page of them, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopDeliveries {
    /// The deliveries.
    pub deliveries: Vec<ShopDelivery>,
    /// Ask with `after` for those that follow; absent where none do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The body of `POST /v1/shop/endpoints/{id}/replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplaySince {
    /// All that has happened then or later, in milliseconds since 1970 (UTC).
    pub since_ms: i64,
}

/// What is told to an endpoint because somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToBeTold {
    /// How many events.
    pub events: u64,
    /// The event, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}
