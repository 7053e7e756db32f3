//! Merchant-redirect QR codes: they lead to a page of the shop and are printed on an invoice, a poster or a bill. A code expires only when it was
//! made with a `ttl`, and its target can be changed.

use std::time::Duration;

use reqwest::{Method, header::HeaderValue};
use serde::{Deserialize, Serialize};

use super::{
    Client,
    request::{Request, segment},
};
use crate::{Error, tolerant};

const QR: &str = "/qr/v1/merchant-redirect";

/// The format of a QR code's image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QrImage {
    /// SVG.
    Svg,
    /// PNG.
    Png {
        /// Side of the square in pixels: 100 to 2000.
        size: u16,
    },
}

/// A QR code that leads to a page of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantRedirectQr {
    /// The shop's id for it.
    #[serde(deserialize_with = "tolerant::string")]
    pub id: String,
    /// The URL of its image.
    pub url: String,
    /// Its target.
    pub redirect_url: String,
    /// Seconds until it expires; -1 for never.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub expires_in: Option<i64>,
}

impl Client {
    /// Makes a QR code that leads to `redirect_url` (`https`). `id` has at most 128 characters; one that is in use is refused with 409. `ttl` is at
    /// least five minutes; without it the code never expires.
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
        let request = with_format(Request::new(Method::POST, QR.to_owned()), image).json(&body)?;
        self.call(request).await?.json()
    }

    /// An existing QR code, with an image of this format. 404 when it does not exist or has expired.
    pub async fn merchant_redirect_qr_of(&self, id: &str, image: QrImage) -> Result<MerchantRedirectQr, Error> {
        let path = format!("{QR}/{}", segment(id)?);
        self.call(with_format(Request::new(Method::GET, path), image)).await?.json()
    }

    /// Changes the target of an existing QR code.
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
        let request = with_format(Request::new(Method::PUT, path), image).json(&Body { redirect_url })?;
        self.call(request).await?.json()
    }
}

fn with_format(request: Request, image: QrImage) -> Request {
    match image {
        QrImage::Svg => request.accept("image/svg+xml"),
        QrImage::Png { size } => request.accept("image/png").header("size", HeaderValue::from(size)),
    }
}
