//! The order that the page describes with the element's attributes.
//!
//! `element` reads it from the attributes, and any of them may change at any time. The comparisons here decide whether a price, or a
//! payment in progress, still belongs to what the page shows. They must read `items` exactly as the proxy does.

use kvitt_wire::{Amount, Cart, Quantity};

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
        let items = self.items.split(',').map(str::trim_ascii).filter(|item| !item.is_empty()).map(|item| {
            let (sku, quantity) = item.split_once(':').unwrap_or_default();
            (sku.trim_ascii(), quantity.trim_ascii().parse::<u32>().ok().map(Quantity::from))
        });
        let quantity = |sku: &str| {
            let mut same = items.clone().filter(|(other, _)| *other == sku);
            same.try_fold(Quantity::default(), |sum, (_, quantity)| Some(sum.saturating_add(quantity?)))
        };
        items.clone().all(|(sku, _)| cart.lines.iter().any(|line| line.sku == sku))
            && cart.lines.iter().all(|line| quantity(&line.sku) == Some(line.quantity))
    }
}
