//! The shop's own page on an order.

use serde::{Deserialize, Serialize};

/// The link to the shop's page on an order, such as that of the parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderLink {
    /// Its name.
    pub category: CategoryName,
    /// Its target: an https address.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    pub details_url: String,
}

/// What the shop's page on an order is about: the name of the link to it, also in the customer's app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CategoryName {
    /// More information.
    General,
    /// The receipt.
    Receipt,
    /// The order confirmation.
    OrderConfirmation,
    /// Track the parcel.
    Delivery,
    /// The ticket.
    Ticket,
    /// The booking.
    Booking,
}

impl CategoryName {
    /// Every name.
    pub const ALL: [Self; 6] =
        [Self::General, Self::Receipt, Self::OrderConfirmation, Self::Delivery, Self::Ticket, Self::Booking];

    /// The value in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Receipt => "receipt",
            Self::OrderConfirmation => "order_confirmation",
            Self::Delivery => "delivery",
            Self::Ticket => "ticket",
            Self::Booking => "booking",
        }
    }
}
