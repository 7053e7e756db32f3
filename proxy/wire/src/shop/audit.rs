//! The audit: who asked for what.

use serde::{Deserialize, Serialize};

use crate::Amount;

/// Who asked for something: by a name that the operator gave, never by personal data of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    /// The name of the shop key, or of the login link; `command line`, with the user of the operating system; or `retention`.
    #[cfg_attr(feature = "openapi", schema(example = "the packing table"))]
    pub name: String,
    /// The way by which they asked.
    pub via: Via,
    /// The prefix of the shop key; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The way by which somebody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Via {
    /// The API, with a shop key.
    Key,
    /// A session of the order desk.
    Desk,
    /// A command of the operator.
    Command,
    /// The proxy itself, as it is configured.
    Proxy,
}

impl Via {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Desk => "desk",
            Self::Command => "command",
            Self::Proxy => "proxy",
        }
    }
}

// The serialized form is stored: a renamed field keeps its old name with `#[serde(rename)]`.
/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its id: `aud_…`.
    pub id: String,
    /// When it was committed, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// What was asked for, such as `capture`, `erase_customer` or `rotate_endpoint`. A later version may add more.
    pub action: String,
    /// Who asked.
    pub by: Actor,
    /// The sales unit that it concerns; absent where it concerns the whole shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// What it concerns: the reference of a payment, the id of an endpoint or of a parked effect, the prefix of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The amount, of what moves money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// More about it, such as the role of a new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// `GET /v1/shop/audit`: a page of entries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntries {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// The cursor of the next page, for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
