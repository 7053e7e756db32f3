//! QR codes that lead to a page of the shop's own: what an invoice, a poster or a bill carries. They never expire unless told to, and their target can
//! be moved.

use std::time::Duration;

use reqwest::{Method, header::HeaderValue};
use serde::{Deserialize, Serialize};

use super::{
    Client,
    exchange::{Request, segment},
};
use crate::{Error, tolerant};

const QR: &str = "/qr/v1/merchant-redirect";

/// What the QR's picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QrImage {
    /// A drawing.
    Svg,
    /// A picture.
    Png {
        /// Side of the square in pixels: 100 to 2000.
        size: u16,
    },
}

/// A QR code that leads to a page of the shop's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantRedirectQr {
    /// Our name for it.
    #[serde(deserialize_with = "tolerant::string")]
    pub id: String,
    /// Where its picture is.
    pub url: String,
    /// Where it leads.
    pub redirect_url: String,
    /// Seconds until it expires; -1 for never.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub expires_in: Option<i64>,
}

impl Client {
    /// Makes a QR code that leads to `redirect_url` (`https`). `id` has at most 128 characters and is taken once: 409 otherwise. Without `ttl`, which
    /// is at least five minutes, it is good for ever.
    pub async fn merchant_redirect_qr(
        &self,
        id: &str,
        redirect_url: &str,
        ttl: Option<Duration>,
        image: QrImage,
    ) -> Result<MerchantRedirectQr, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            id: &'a str,
            redirect_url: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            ttl: Option<u64>,
        }
        let body = Body { id, redirect_url, ttl: ttl.map(|ttl| ttl.as_secs()) };
        let request = picture(Request::new(Method::POST, QR.to_owned()), image).json(&body)?;
        self.call(request).await?.json()
    }

    /// A QR code that was made before, with a picture of this kind; 404 when there is none, or not any more.
    pub async fn merchant_redirect_qr_of(&self, id: &str, image: QrImage) -> Result<MerchantRedirectQr, Error> {
        let path = format!("{QR}/{}", segment(id)?);
        self.call(picture(Request::new(Method::GET, path), image)).await?.json()
    }

    /// Lets a QR code that exists lead to another page.
    pub async fn move_merchant_redirect_qr(
        &self,
        id: &str,
        redirect_url: &str,
        image: QrImage,
    ) -> Result<MerchantRedirectQr, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            redirect_url: &'a str,
        }
        let path = format!("{QR}/{}", segment(id)?);
        let request = picture(Request::new(Method::PUT, path), image).json(&Body { redirect_url })?;
        self.call(request).await?.json()
    }
}

fn picture(request: Request, image: QrImage) -> Request {
    match image {
        QrImage::Svg => request.accept("image/svg+xml"),
        QrImage::Png { size } => request.accept("image/png").header("size", HeaderValue::from(size)),
    }
}
