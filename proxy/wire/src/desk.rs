//! The order desk's session. For everything else the desk uses the shop's API.

use serde::{Deserialize, Serialize};

use crate::{Brand, Currency, Role};

/// `POST /desk/session`: the credentials of a login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeskLogin {
    /// A shop key, as `kvitt keys add` printed it.
    Key(String),
    /// The part after `#link=` in a link that `kvitt desk` printed; valid once.
    Link(String),
}

// Without personal data, tokens and secrets.
impl std::fmt::Debug for DeskLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeskLogin(…)")
    }
}

/// `GET /desk/session`: the session, and the shop's data for the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskSession {
    /// The shop's name.
    pub shop: String,
    /// The prefix of the session's shop key; absent for a session opened by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The name of the session: that of its shop key, or of its link.
    #[cfg_attr(feature = "openapi", schema(example = "the packing table"))]
    pub name: String,
    /// What the session may do.
    pub role: Role,
    /// The rights of the role: `read`, `capture`, `cancel`, `categorize`, `refund`, `open_orders`, `erase_customers`, `manage_endpoints`. A later
    /// version may add more.
    pub rights: Vec<String>,
    /// The only sales unit that the session may access; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
    /// When the session expires at the latest, in milliseconds since 1970 (UTC).
    pub ends_at_ms: i64,
    /// The sales units, the default one first.
    pub sales_units: Vec<DeskSalesUnit>,
}

/// A sales unit of the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskSalesUnit {
    /// Its name.
    pub name: String,
    /// The brand of its market today.
    pub brand: Brand,
    /// Its currency.
    pub currency: Currency,
    /// Its articles in the catalogue.
    pub articles: Vec<DeskArticle>,
}

/// An article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskArticle {
    /// Its stock-keeping unit.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// The unit price in minor units, VAT included.
    pub unit_price: i64,
    /// VAT rate in hundredths of a percent: 2500 is 25 %.
    pub vat_rate: u32,
}
