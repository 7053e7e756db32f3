//! The link that a payment has in the customer's app, to the shop's own page on the order: a *category* in the
//! [Order Management API](https://developer.vippsmobilepay.com/docs/APIs/order-management-api/). It moves no money.

use kvitt_wire::{CategoryName, OrderLink, ShopCategory};
use serde::{Deserialize, Serialize};

use super::Private;
use super::operation::Outcome;

/// What the link says and where it leads, as the shop has asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The name of the link, one of a fixed list.
    pub name: CategoryName,
    /// The address that it leads to. It must work without a session of the customer.
    pub details_url: Private,
    /// Whether that is the order's page at this proxy, whose address contains the checkout's token. The shop is not shown it.
    pub own_page: bool,
    /// The id of an image that was uploaded before.
    pub image_id: Option<String>,
}

/// The category that the shop set last, and its outcome. A payment has one category: a new one replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Categorized {
    /// The category.
    pub category: Category,
    /// Counts the categories of this payment, from 1.
    pub nth: u32,
    /// Whether Vipps MobilePay has accepted it.
    pub outcome: Outcome,
}

impl Categorized {
    /// As the order's page shows it, also before Vipps MobilePay has answered. That page is not linked to itself, and to nothing that a page
    /// must not open.
    pub(super) fn for_page(&self) -> Option<OrderLink> {
        let Category { name, details_url: Private(url), own_page, .. } = &self.category;
        let refused = matches!(self.outcome, Outcome::Refused { .. });
        let shown = !refused && !own_page && url.starts_with("https://");
        shown.then(|| OrderLink { category: *name, details_url: url.clone() })
    }

    /// As the shop's API shows it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_given_the_shop_s_own_link_and_no_other() {
        let link = |url: &str, own_page, outcome| {
            let details_url = Private(url.to_owned());
            let category = Category { name: CategoryName::Delivery, details_url, own_page, image_id: None };
            Categorized { category, nth: 1, outcome }.for_page().map(|link| link.details_url)
        };
        let (url, refused) = ("https://post.example/1", Outcome::Refused { trouble: "vipps_refused".to_owned() });
        assert_eq!(link(url, false, Outcome::Pending).as_deref(), Some(url));
        assert_eq!(link(url, false, Outcome::Done).as_deref(), Some(url));
        assert_eq!(link(url, false, refused), None);
        assert_eq!(link("https://pay.example/return/token", true, Outcome::Done), None);
        assert_eq!(link("javascript:alert(1)", false, Outcome::Done), None);
    }
}
