//! What the customer finds in the app beside the payment: the category with its link, and pictures.

use kvitt_vipps::{Added, Client, Error};
use kvitt_wire::CategoryName;

use super::{Outcome, Performer, Unseen, again, code, is_about_us, news};
use crate::checkout::category::Category;
use crate::checkout::{Reference, Update};

/// What came of an upload.
#[derive(Debug)]
pub enum Uploaded {
    /// It is there.
    Now,
    /// There was one of that name before, which has stayed.
    Before,
    /// It was not taken.
    Refused {
        /// Why, as a stable code.
        trouble: String,
    },
}

impl Performer {
    /// Gives the vendor a picture, for categories of that sales unit.
    ///
    /// # Errors
    /// [`Unseen`], and it may be tried again.
    pub async fn upload(&self, sales_unit: &str, id: &str, picture: &[u8]) -> Result<Uploaded, Unseen> {
        match self.known(sales_unit)?.add_image(id, picture).await {
            Ok(Added::Now) => Ok(Uploaded::Now),
            Ok(Added::Already) => Ok(Uploaded::Before),
            Err(Error::Refused(problem)) if !is_about_us(&problem) => {
                tracing::warn!(sales_unit, %problem, "picture refused");
                Ok(Uploaded::Refused { trouble: code(&problem) })
            }
            Err(error) => Err(Unseen::of(&error)),
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
    let answered = |trouble| news(reference, Update::Categorized { nth, trouble });
    match client.put_category(reference.as_str(), &body).await {
        Ok(()) => answered(None),
        Err(Error::Refused(problem)) if !is_about_us(&problem) => {
            tracing::warn!(%reference, %problem, "category refused");
            answered(Some(code(&problem)))
        }
        Err(error) => again(&error),
    }
}
