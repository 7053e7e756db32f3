//! The JSON that travels between the page, the proxy and the shop.
//!
//! Serde types and nothing else: no I/O, no clock, no dependency that would not compile to WebAssembly. The widget reads
//! what the proxy writes because both are compiled from this file, so a change that breaks one breaks the build.
//! Every type here costs bytes on someone's phone: few of them, small, no maps, no floats. What the widget does not show it does not read
//! either (`skip_deserializing` where the target is WebAssembly).
//!
//! Field names are snake_case, amounts are minor units (øre, cent), times are milliseconds since 1970 in UTC.

mod cart;
mod checkout;
mod desk;
mod money;
mod problem;
mod request;
mod shop;
mod shop_cart;

pub use cart::{Cart, Item, Line};
pub use checkout::{Checkout, ConsentGiven, NewAttempt, NewCheckout, Sharing, State};
pub use desk::{DeskArticle, DeskLogin, DeskSalesUnit, DeskSession};
pub use money::{Aggregate, Amount, Brand, Currency, Language};
pub use problem::Problem;
pub use request::{Addressee, NewPaymentRequest, SentBy, ShopRequest};
pub use shop::{
    CaptureDeadline, CategoryName, CustomerConsent, ErasedCustomers, FoundCustomers, LetGo, MoveMoney, NewCategory,
    NewImage, NewShopEndpoint, OfNumber, OrderEvent, Pieces, ReplaySince, ShopAttempt, ShopCategory, ShopConsent,
    ShopCustomer, ShopDeliveries, ShopDelivery, ShopEndpoint, ShopEndpoints, ShopImage, ShopOperation, ShopOrder,
    ShopOrders, ShopSharing, ShopWarning, ShopWarnings, ToBeTold,
};
pub use shop_cart::{NewShopCheckout, Rounding, ShopCart, ShopCheckout, ShopLine, SignedCart};

/// The version of the words with which the widget and the pay pages ask for the telephone number.
///
/// It is stored with each consent, so that it can be shown later what the customer said yes to. Change it whenever those
/// words change in any language.
pub const CONSENT_WORDING: &str = "2026-11";
