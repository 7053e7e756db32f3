#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! Top to bottom; each imports only from those below it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`client`] | the calls: one method each, with the token and the log |
//! | [`webhook`] | the signature and the content of webhooks |
//! | [`userinfo`] | the answer of Userinfo |
//! | [`order_management`] | the category and the image of an order |
//! | [`payment`] | the answers of ePayment |
//! | [`create_payment`] | the request that creates a payment |
//! | [`receipt`] | order lines, in requests and answers |
//! | [`config`] | the keys of a sales unit, and the headers made of them |
//! | [`error`] | what a failed call means to its caller |
//! | [`problem`] | error bodies of every shape, read into one |
//! | [`amount`] | minor units and a currency |
//! | [`tolerant`] | deserializers that accept what the API may send |
//! | [`phone`] | a telephone number that `Debug` does not reveal |
//! | [`open_enum`] | enums that keep unknown values |
#![allow(rustdoc::private_intra_doc_links)]

mod amount;
mod client;
mod config;
mod create_payment;
mod error;
mod open_enum;
mod order_management;
mod payment;
mod phone;
mod problem;
mod receipt;
mod tolerant;
mod userinfo;
pub mod webhook;

pub use amount::Amount;
pub use client::{Client, EventName, Exchange, MerchantRedirectQr, Observer, QrImage, Registered, Registration};
pub use config::{Config, ConfigError, Credentials, System};
pub use create_payment::{
    CreatePayment, Customer, CustomerInteraction, Metadata, PaymentMethod, PaymentMethodType, Profile, QrContent,
    QrFormat, TooMuchMetadata, UserFlow,
};
pub use error::{Cause, Error};
pub use order_management::{Added, Category, CategoryName, OrderDetails};
pub use payment::{
    Address, Adjustment, Aggregate, CancelScope, CreatedPayment, EventKind, Payment, PaymentEvent, PaymentState,
    UserDetails,
};
pub use phone::{NotAPhoneNumber, PhoneNumber};
pub use problem::{FieldProblem, Problem};
pub use receipt::{Barcode, BarcodeFormat, BottomLine, OrderLine, PaymentSources, QuantityUnit, Receipt, UnitInfo};
pub use secrecy::SecretString;
pub use userinfo::{Userinfo, UserinfoAddress};
