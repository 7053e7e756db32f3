//! What the page asks for: the element's attributes, as the page has them now.
//!
//! They come from `element`, and any of them may change at any time. What is compared here decides whether a price, or a payment
//! that is under way, is still for what the page shows.

use kvitt_wire::{Amount, Cart};

/// What the page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The proxy's address without a path.
    pub origin: String,
    /// Where the tab remembers the order that is being paid; empty for an element that only shows one.
    pub key: String,
    /// The articles, as the attribute has them; or the cart that the shop has signed.
    pub items: String,
    /// Whether `items` is a signed cart.
    pub signed: bool,
    /// The total that the page has shown, if it has.
    pub amount: Option<Amount>,
    /// The sales unit by name.
    pub sales_unit: Option<String>,
    /// Where the customer comes back to, absolute.
    pub return_url: Option<String>,
}

impl Order {
    /// Whether both are bought from the same seller.
    pub(super) fn same_seller(&self, other: &Self) -> bool {
        self.origin == other.origin && self.sales_unit == other.sales_unit
    }

    /// Whether a price for one is a price for the other.
    pub(super) fn same_goods(&self, other: &Self) -> bool {
        self.same_seller(other) && self.items == other.items
    }

    /// Whether a cart is what `items` asks for: the same articles in the same numbers, in any order, read as the proxy reads it. A
    /// signed cart is written anew for every page, so it is known by its total.
    pub(super) fn asks_for(&self, cart: &Cart) -> bool {
        if self.signed {
            return self.amount.is_none_or(|amount| amount == cart.total);
        }
        let mut count = 0;
        for item in self.items.split(',').map(str::trim_ascii).filter(|item| !item.is_empty()) {
            let (sku, quantity) = item.split_once(':').unwrap_or_default();
            let (sku, quantity) = (sku.trim_ascii(), quantity.trim_ascii().parse::<u32>().ok());
            if !cart.lines.iter().any(|line| line.sku == sku && quantity == Some(line.quantity)) {
                return false;
            }
            count += 1;
        }
        count == cart.lines.len()
    }
}
