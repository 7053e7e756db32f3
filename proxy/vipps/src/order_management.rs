//! Order Management beside the receipt: the category, which is a link in the app to the shop's own page on the order, and its picture. The API
//! checks no order id: a misspelt reference is accepted and lost.

use serde::{Deserialize, Serialize};

use crate::{Receipt, open_enum::open_enum, tolerant};

/// Whether a thing that can be given only once was given by this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Added {
    /// By this one.
    Now,
    /// It was there before, and is unchanged.
    Already,
}

/// A link to the shop's page on the order. One for each payment; a new one replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// What the link is called.
    pub category: CategoryName,
    /// Opens in the default browser, without a session.
    pub order_details_url: String,
    /// A picture given before with [`Client::add_image`](crate::Client::add_image).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_string")]
    pub image_id: Option<String>,
}

open_enum! {
    /// What a category's link is called in the app.
    CategoryName {
        /// More information.
        General = "GENERAL",
        /// The receipt.
        Receipt = "RECEIPT",
        /// The order confirmation.
        OrderConfirmation = "ORDER_CONFIRMATION",
        /// Track the parcel.
        Delivery = "DELIVERY",
        /// The ticket.
        Ticket = "TICKET",
        /// The booking.
        Booking = "BOOKING",
    }
}

/// What Order Management knows of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct OrderDetails {
    /// The link, if one was given.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub category: Option<Category>,
    /// The receipt, however it was given.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub receipt: Option<Receipt>,
}
