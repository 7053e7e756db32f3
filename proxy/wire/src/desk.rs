//! What the order desk asks and is told about itself; what it shows and does is the shop's own API.

use serde::{Deserialize, Serialize};

use crate::{Brand, Currency};

/// `POST /desk/session`: what somebody logs in with. Prints as nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeskLogin {
    /// A shop key, as `kvitt keys add` printed it.
    Key(String),
    /// What stands behind `#link=` in a link that `kvitt desk` printed; good once.
    Link(String),
}

impl std::fmt::Debug for DeskLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeskLogin(…)")
    }
}

/// `GET /desk/session`: the session, and what the desk needs to know of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskSession {
    /// The shop's name.
    pub shop: String,
    /// What the shop key begins with that the session was opened with; none where that was a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it ends at the latest, in milliseconds since 1970 (UTC).
    pub ends_at_ms: i64,
    /// The sales units, the default one first.
    pub sales_units: Vec<DeskSalesUnit>,
}

/// A sales unit, as the desk knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskSalesUnit {
    /// Its name.
    pub name: String,
    /// What its customers know the app as on this day.
    pub brand: Brand,
    /// What it takes.
    pub currency: Currency,
    /// What the catalogue sells there.
    pub articles: Vec<DeskArticle>,
}

/// Something that is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskArticle {
    /// Its stock-keeping unit.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// What one costs, in minor units, VAT included.
    pub unit_price: i64,
    /// VAT rate in hundredths of a percent: 2500 is 25 %.
    pub vat_rate: u32,
}
