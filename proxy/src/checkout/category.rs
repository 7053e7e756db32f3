//! The link that a payment has in the customer's app, to the shop's own page on the order: the vendor calls it the category. It decorates
//! the payment and moves nothing.

use kvitt_wire::{CategoryName, ShopCategory};
use serde::{Deserialize, Serialize};

use super::Private;
use super::operation::Outcome;

/// What the link says and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// What it is called.
    pub name: CategoryName,
    /// Where it leads, without a session of the customer's.
    pub details_url: Private,
    /// Whether that is the order's own page, which has the token in its address.
    pub own_page: bool,
    /// A picture that was uploaded before.
    pub image_id: Option<String>,
}

/// A category that the shop wanted, and what became of it. A payment has one: a new one takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Categorized {
    /// The category.
    pub category: Category,
    /// The how many-th it is on this payment.
    pub nth: u32,
    /// Where it stands.
    pub outcome: Outcome,
}

impl Categorized {
    /// What the shop may see.
    pub(super) fn for_shop(&self) -> ShopCategory {
        let (state, trouble) = self.outcome.for_shop();
        let Category { name, details_url, own_page, image_id } = &self.category;
        ShopCategory {
            category: *name,
            details_url: (!own_page).then(|| details_url.0.clone()),
            image_id: image_id.clone(),
            state: state.to_owned(),
            trouble,
            advice: None,
        }
    }
}
