//! The order in the customer's app: a link to the shop's page about it, and an image.

use serde::{Deserialize, Serialize};

use crate::CategoryName;

/// The body of `POST /v1/shop/orders/{reference}/category`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// The name of the link.
    pub category: CategoryName,
    /// Its target: an https address, such as that of the parcel; opened without a session. The order's own page when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2000, pattern = "^https:", format = "uri"))]
    pub details_url: Option<String>,
    /// An image that was uploaded with `POST /v1/shop/images`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._-]+$"))]
    pub image_id: Option<String>,
}

/// The link of an order in the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopCategory {
    /// Its name.
    pub category: CategoryName,
    /// Its target; absent when that is the order's own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details_url: Option<String>,
    /// Its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// `pending` until Vipps MobilePay has answered, then `done` or `refused`.
    pub state: String,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What staff can do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The body of `POST /v1/shop/images`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewImage {
    /// Its id: letters, digits, `-`, `_` and `.`, 128 at most. The image of an id cannot be changed.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._-]+$"))]
    pub id: String,
    /// A PNG or JPEG in base64, at least 167 pixels high, 2 MB at most.
    pub data: String,
    /// The sales unit, by name; the key's own, or the first one of the configuration, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_unit: Option<String>,
}

/// The answer of `POST /v1/shop/images`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShopImage {
    /// Its id.
    pub id: String,
    /// Whether the id was in use already; its image is unchanged.
    pub already_there: bool,
}
