//! Order Management: receipts, categories and images. They decorate a payment, so a failure here must never fail the payment. The API has no
//! idempotency keys: what can be added only once answers 409 the second time, which is read as [`Added::Already`].

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde::Serialize;

use super::{
    Client,
    request::{Answer, Request, segment},
};
use crate::{Added, Category, Error, OrderDetails, Receipt};

/// `ecom` is Order Management's name for an ePayment.
const ORDERS: &str = "/order-management/v2/ecom";

impl Client {
    /// Adds the payment's receipt. It can never be changed; one that came with the create request counts as added already.
    pub async fn add_receipt(&self, reference: &str, receipt: &Receipt) -> Result<Added, Error> {
        let path = format!("{ORDERS}/receipts/{}", segment(reference)?);
        added(self.call(Request::new(Method::POST, path).json(receipt)?).await)
    }

    /// Sets the payment's link and replaces an earlier one.
    pub async fn put_category(&self, reference: &str, category: &Category) -> Result<(), Error> {
        let path = format!("{ORDERS}/categories/{}", segment(reference)?);
        self.call(Request::new(Method::PUT, path).json(category)?).await.map(drop)
    }

    /// The payment's receipt and category.
    pub async fn order_details(&self, reference: &str) -> Result<OrderDetails, Error> {
        let path = format!("{ORDERS}/{}", segment(reference)?);
        self.call(Request::get(&path)).await?.json()
    }

    /// Uploads a PNG or JPEG, at least 167 pixels high and at most 2 MB, for use in a [`Category`]. The image of an id can never be changed:
    /// derive the id from the content.
    pub async fn add_image(&self, image_id: &str, image: &[u8]) -> Result<Added, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Image<'a> {
            image_id: &'a str,
            src: String,
            #[serde(rename = "type")]
            kind: &'static str,
        }
        let body = Image { image_id, src: STANDARD.encode(image), kind: "base64" };
        added(self.call(Request::new(Method::POST, "/order-management/v1/images".to_owned()).json(&body)?).await)
    }
}

fn added(outcome: Result<Answer, Error>) -> Result<Added, Error> {
    match outcome {
        Ok(_) => Ok(Added::Now),
        Err(Error::Refused(problem)) if problem.status == 409 => Ok(Added::Already),
        Err(error) => Err(error),
    }
}
