//! The order that the page describes with the element's attributes.
//!
//! `read` takes it from what `js/page.js` says of the attributes, and any of them may change at any time. The comparisons here decide whether a price, or a
//! payment in progress, still belongs to what the page shows. They must read `items` exactly as the proxy does.

use kvitt_wire::{Amount, Cart, Quantity};

use crate::text::{cut, whole};

/// What the attributes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The proxy's address without a path.
    pub origin: String,
    /// The key under which the tab stores the order's token; empty for an element that only shows an order.
    pub storage_key: String,
    /// The attribute `items`; or the attribute `cart`, a cart that the shop has signed.
    pub items: String,
    /// Whether `items` is a signed cart.
    pub signed: bool,
    /// The total that the page shows, if the page gives it.
    pub amount: Option<Amount>,
    /// The sales unit by name.
    pub sales_unit: Option<String>,
    /// The random text of the customer's cart, which its tabs share.
    pub cart_id: Option<String>,
    /// The address that the customer comes back to, absolute.
    pub return_url: Option<String>,
}

impl Order {
    /// Whether both orders are from the same seller.
    pub(super) fn same_seller(&self, other: &Self) -> bool {
        self.origin == other.origin && self.sales_unit == other.sales_unit
    }

    /// Whether a price for one order is a price for the other.
    pub(super) fn same_cart(&self, other: &Self) -> bool {
        self.same_seller(other) && self.items == other.items
    }

    /// Whether `items` asks for this cart: the same articles in the same quantities, in any order, parsed as the proxy does, which adds
    /// up items of one sku. A page may sign its cart anew each time, so a signed cart is compared by its total.
    pub(super) fn asks_for(&self, cart: &Cart) -> bool {
        if self.signed {
            return self.amount.is_none_or(|amount| amount == cart.total);
        }
        let mut left: Vec<_> = cart.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
        let mut rest = self.items.as_str();
        while !rest.is_empty() {
            let (item, others) = cut(rest, b',');
            rest = others;
            let (sku, quantity) = cut(item, b':');
            let line = left.iter_mut().find(|(other, _)| *other == sku.trim_ascii());
            match (line, whole(quantity.trim_ascii()).map(Quantity::from)) {
                (Some((_, left)), Some(quantity)) if quantity <= *left => *left = left.saturating_sub(quantity),
                _ if item.trim_ascii().is_empty() => {}
                _ => return false,
            }
        }
        left.iter().all(|(_, left)| *left == Quantity::default())
    }
}
