//! The JSON between the page, the proxy and the shop.
//!
//! Serde types only: no I/O, no clock, no dependency that does not compile to WebAssembly. The widget and the proxy are compiled from the same
//! types, so a change that breaks one breaks the build. Every type adds bytes to the widget: keep them few and small, without maps and floats.
//! The widget reads only the fields that it shows.
//!
//! Field names are snake_case, amounts are minor units (øre, cent), times are milliseconds since 1970 in UTC.
//!
//! ## Modules
//!
//! Top to bottom; each imports only from those below it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`shop`] | the shop's API: orders, customers, endpoints, warnings |
//! | [`desk`] | the order desk's session |
//! | [`request`] | payment requests |
//! | [`shop_cart`] | carts with the shop's prices, posted or signed |
//! | [`problem`] | problem bodies |
//! | [`checkout`] | checkouts, for the page |
//! | [`link`] | the shop's own page on an order |
//! | [`cart`] | carts and their lines, with the proxy's prices |
//! | [`role`] | what a shop key may do |
//! | [`wording`] | the texts of the consent, of all versions |
//! | [`quantity`] | quantities and units |
//! | [`money`] | amounts, currencies, brands, languages |
#![allow(rustdoc::private_intra_doc_links)]

mod cart;
mod checkout;
mod desk;
mod link;
mod money;
mod problem;
mod quantity;
mod request;
mod role;
mod shop;
mod shop_cart;
mod wording;

pub use cart::{Cart, Item, Line, PaymentSources};
pub use checkout::{Checkout, ConsentGiven, NewAttempt, NewCheckout, NewPurchase, Purchase, Sharing, State};
pub use desk::{DeskArticle, DeskLogin, DeskSalesUnit, DeskSession};
pub use link::{CategoryName, OrderLink};
pub use money::{Aggregate, Amount, Brand, Currency, Language};
pub use problem::Problem;
pub use quantity::{NotAQuantity, Quantity, Unit};
pub use request::{Addressee, NewPaymentRequest, SentBy, ShopRequest};
pub use role::Role;
pub use shop::{
    Actor, AuditEntries, AuditEntry, CaptureDeadline, CustomerConsent, ErasedCustomers, FoundCustomers, LetGo,
    MoveMoney, NewCategory, NewImage, NewShopEndpoint, OfNumber, OrderEvent, Pieces, ReplaySince, ShopAttempt,
    ShopCategory, ShopCustomer, ShopDeliveries, ShopDelivery, ShopDrift, ShopEndpoint, ShopEndpoints, ShopImage,
    ShopOperation, ShopOrder, ShopOrders, ShopSharing, ShopWarning, ShopWarnings, ToBeTold, Via,
};
pub use shop_cart::{NewShopCheckout, Rounding, ShopCart, ShopCheckout, ShopLine, SignedCart};
pub use wording::{CONSENT_WORDING, ShopConsent, WORDINGS, Wording};
