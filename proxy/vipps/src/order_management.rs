//! Order Management without the receipt: the category, which is a link in the app to the shop's page about the order, and its image. The API
//! does not check the order id: it accepts a misspelt reference, and the data is lost.

use serde::{Deserialize, Serialize};

use crate::{Receipt, open_enum::open_enum, tolerant};

/// Whether this call added what can be added only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Added {
    /// This call added it.
    Now,
    /// It existed before and is unchanged.
    Already,
}

/// A link to the shop's page about the order. Each payment has one; a new one replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// The name of the link.
    pub category: CategoryName,
    /// The link; it opens in the default browser, without a session.
    pub order_details_url: String,
    /// An image uploaded with [`Client::add_image`](crate::Client::add_image).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tolerant::optional_string")]
    pub image_id: Option<String>,
}

open_enum! {
    /// The name of a category's link in the app.
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

/// The data of a payment in Order Management.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct OrderDetails {
    /// The link, if there is one.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub category: Option<Category>,
    /// The receipt, from Order Management or the create request.
    #[serde(default, deserialize_with = "tolerant::optional")]
    pub receipt: Option<Receipt>,
}
