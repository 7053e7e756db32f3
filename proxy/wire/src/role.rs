//! What a shop key or a session of the order desk may do.

use serde::{Deserialize, Serialize};

/// What a shop key, or a session of the order desk, may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Only reads.
    Read,
    /// Also captures, and releases what is not captured.
    Ship,
    /// Also refunds.
    Refund,
    /// Everything: orders and payment requests, erasures, endpoints.
    All,
}

impl Role {
    /// All roles, the one that may do least first.
    pub const EVERY: [Self; 4] = [Self::Read, Self::Ship, Self::Refund, Self::All];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ship => "ship",
            Self::Refund => "refund",
            Self::All => "all",
        }
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|role| role.as_str() == name)
    }
}
