//! Order Management: receipts, categories and pictures. All of it is decoration of a payment, so a failure here must never fail the payment.
//! There are no idempotency keys; what can be given only once answers 409 the second time, which is read as "already there".

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde::Serialize;

use super::{
    Client,
    exchange::{Answer, Request, segment},
};
use crate::{Added, Category, Error, OrderDetails, Receipt};

/// `ecom` is how Order Management calls an ePayment.
const ORDERS: &str = "/order-management/v2/ecom";

impl Client {
    /// Gives the payment its receipt. It can never be changed; one that came with the create request is already there.
    pub async fn add_receipt(&self, reference: &str, receipt: &Receipt) -> Result<Added, Error> {
        let path = format!("{ORDERS}/receipts/{}", segment(reference)?);
        added(self.call(Request::new(Method::POST, path).json(receipt)?).await)
    }

    /// Gives the payment its link, in place of the one it had.
    pub async fn put_category(&self, reference: &str, category: &Category) -> Result<(), Error> {
        let path = format!("{ORDERS}/categories/{}", segment(reference)?);
        self.call(Request::new(Method::PUT, path).json(category)?).await.map(drop)
    }

    /// What Order Management knows of the payment.
    pub async fn order_details(&self, reference: &str) -> Result<OrderDetails, Error> {
        let path = format!("{ORDERS}/{}", segment(reference)?);
        self.call(Request::get(&path)).await?.json()
    }

    /// Gives a PNG or JPEG, at least 167 pixels high and at most 2 MB, a name to be used in a [`Category`]. The picture of a name can never be
    /// changed: derive the name from the content.
    pub async fn add_image(&self, image_id: &str, picture: &[u8]) -> Result<Added, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Image<'a> {
            image_id: &'a str,
            src: String,
            #[serde(rename = "type")]
            kind: &'static str,
        }
        let image = Image { image_id, src: STANDARD.encode(picture), kind: "base64" };
        added(self.call(Request::new(Method::POST, "/order-management/v1/images".to_owned()).json(&image)?).await)
    }
}

fn added(outcome: Result<Answer, Error>) -> Result<Added, Error> {
    match outcome {
        Ok(_) => Ok(Added::Now),
        Err(Error::Refused(problem)) if problem.status == 409 => Ok(Added::Already),
        Err(error) => Err(error),
    }
}
