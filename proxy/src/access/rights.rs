//! The rights that routes ask for, and the role that each needs: the one table of who may do what.
//!
//! A handler of the shop's API names its right as the type of its caller, so it cannot learn who calls without asking for a right. The order
//! desk gets the names of the session's rights, and offers nothing else.

use kvitt_wire::Role;

use crate::access::shop_key::ShopKey;

/// A right, as a type that a route's caller is declared with.
pub trait Right {
    /// Its name, for the order desk.
    const NAME: &'static str;
    /// The least role that has it.
    const NEEDS: Role;
}

macro_rules! rights {
    ($($(#[$about:meta])* $right:ident = $role:ident $name:literal;)*) => {
        $($(#[$about])*
        #[derive(Debug)]
        pub enum $right {}

        impl Right for $right {
            const NAME: &'static str = $name;
            const NEEDS: Role = Role::$role;
        })*

        /// Every right, with the least role that has it.
        pub const RIGHTS: &[(&str, Role)] = &[$(($right::NAME, $right::NEEDS)),*];
    };
}

rights! {
    /// To read: orders, events, warnings, customers with their numbers, endpoints and their deliveries.
    Read = Read "read";
    /// To capture reserved money.
    Capture = Ship "capture";
    /// To release reserved money.
    Cancel = Ship "cancel";
    /// To set the order's link in the app, such as that of the parcel, and its picture.
    Categorize = Ship "categorize";
    /// To refund captured money.
    Refund = Refund "refund";
    /// To open an order, which sets its prices, to request a payment, and to withdraw the request.
    OpenOrders = All "open_orders";
    /// To erase what customers shared.
    EraseCustomers = All "erase_customers";
    /// To change endpoints, see their new secrets, and deliver events to them again.
    ManageEndpoints = All "manage_endpoints";
}

/// The names of the rights that a caller has.
pub fn of(caller: &ShopKey) -> impl Iterator<Item = &'static str> {
    RIGHTS.iter().filter(|(_, needs)| caller.role >= *needs).map(|(name, _)| *name)
}
