//! The shop as customers know it: its name, its front page, its terms.

use super::reader::Reader;

/// The most characters of a shop's name.
const MAX_NAME: usize = 200;

/// The shop as customers know it. It can differ between sales units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shopfront {
    /// The name that customers see.
    pub name: String,
    /// The URL of its front page.
    pub url: String,
    /// The URL of its terms of sale.
    pub terms_url: String,
}

impl Shopfront {
    pub(super) fn read(shop: &mut Reader<'_>) -> Self {
        Self { name: shop.line("name", MAX_NAME), url: shop.url("url"), terms_url: shop.url("terms_url") }
    }

    /// The shop as the customers of a sales unit know it: what the unit does not set is as in `[shop]`.
    pub(super) fn of_unit(unit: &mut Reader<'_>, shop: &Self) -> Self {
        Self {
            name: unit.optional_line("shop_name", MAX_NAME).unwrap_or_else(|| shop.name.clone()),
            url: unit.optional_url("shop_url").unwrap_or_else(|| shop.url.clone()),
            terms_url: unit.optional_url("terms_url").unwrap_or_else(|| shop.terms_url.clone()),
        }
    }
}
