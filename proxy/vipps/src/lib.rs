#![doc = include_str!("../README.md")]

mod amount;
mod client;
mod config;
mod create;
mod error;
mod open;
mod order;
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
pub use create::{
    CreatePayment, Customer, CustomerInteraction, Metadata, PaymentMethod, PaymentMethodType, Profile, QrContent,
    QrFormat, TooMuchMetadata, UserFlow,
};
pub use error::{Cause, Error};
pub use order::{Added, Category, CategoryName, OrderDetails};
pub use payment::{
    Address, Adjustment, Aggregate, CancelScope, CreatedPayment, EventKind, Payment, PaymentEvent, PaymentState,
    UserDetails,
};
pub use phone::{NotAPhoneNumber, PhoneNumber};
pub use problem::{FieldProblem, Problem};
pub use receipt::{Barcode, BarcodeFormat, BottomLine, OrderLine, PaymentSources, QuantityUnit, Receipt, UnitInfo};
pub use secrecy::SecretString;
pub use userinfo::{Userinfo, UserinfoAddress};
