//! What the customer finds in the app beside the payment: the category with its link, and pictures ([Order Management
//! API](https://developer.vippsmobilepay.com/docs/APIs/order-management-api/)).

use kvitt_vipps::{Added, Client, Error};
use kvitt_wire::CategoryName;

use super::{Outcome, Performer, Unavailable, code, is_auth_failure, retry, update};
use crate::checkout::category::Category;
use crate::checkout::{Reference, Update};

/// The result of an upload.
#[derive(Debug)]
pub enum Uploaded {
    /// It was uploaded.
    Now,
    /// A picture of that name exists, and was kept.
    Already,
    /// It was refused.
    Refused {
        /// The reason, as a stable code.
        trouble: String,
    },
}

impl Performer {
    /// Uploads a picture, for categories of that sales unit.
    ///
    /// # Errors
    /// [`Unavailable`]; it may be retried.
    pub async fn upload(&self, sales_unit: &str, id: &str, picture: &[u8]) -> Result<Uploaded, Unavailable> {
        match self.require(sales_unit)?.add_image(id, picture).await {
            Ok(Added::Now) => Ok(Uploaded::Now),
            Ok(Added::Already) => Ok(Uploaded::Already),
            Err(Error::Refused(problem)) if !is_auth_failure(&problem) => {
                tracing::warn!(sales_unit, %problem, "picture refused");
                Ok(Uploaded::Refused { trouble: code(&problem) })
            }
            Err(error) => Err(Unavailable::of(&error)),
        }
    }
}

pub(super) async fn categorize(client: &Client, reference: &Reference, nth: u32, category: &Category) -> Outcome {
    let body = kvitt_vipps::Category {
        category: match category.name {
            CategoryName::General => kvitt_vipps::CategoryName::General,
            CategoryName::Receipt => kvitt_vipps::CategoryName::Receipt,
            CategoryName::OrderConfirmation => kvitt_vipps::CategoryName::OrderConfirmation,
            CategoryName::Delivery => kvitt_vipps::CategoryName::Delivery,
            CategoryName::Ticket => kvitt_vipps::CategoryName::Ticket,
            CategoryName::Booking => kvitt_vipps::CategoryName::Booking,
        },
        order_details_url: category.details_url.0.clone(),
        image_id: category.image_id.clone(),
    };
    let answered = |trouble| update(reference, Update::Categorized { nth, trouble });
    match client.put_category(reference.as_str(), &body).await {
        Ok(()) => answered(None),
        Err(Error::Refused(problem)) if !is_auth_failure(&problem) => {
            tracing::warn!(%reference, %problem, "category refused");
            answered(Some(code(&problem)))
        }
        Err(error) => retry(&error),
    }
}
