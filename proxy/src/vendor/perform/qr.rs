//! QR codes of Vipps MobilePay that lead to our pages ([QR
//! API](https://developer.vippsmobilepay.com/docs/APIs/qr-api/)).

use std::time::Duration;

use kvitt_vipps::{Error, QrImage};

use super::{Performer, Unavailable};

/// The side of the picture, in pixels.
const SIDE: u16 = 1024;
/// The shortest validity of a code.
const MIN_VALIDITY: Duration = Duration::from_secs(300);

impl Performer {
    /// The address of the picture of a QR code that leads to the pay page of an order. The code is created on the first
    /// call.
    ///
    /// # Errors
    /// [`Unavailable`]; it may be retried.
    pub async fn pay_page_qr(
        &self,
        sales_unit: &str,
        order_number: &str,
        pay_url: &str,
        valid_for: Option<Duration>,
        svg: bool,
    ) -> Result<String, Unavailable> {
        let client = self.require(sales_unit)?;
        let image = if svg { QrImage::Svg } else { QrImage::Png { size: SIDE } };
        let valid_for = valid_for.map(|valid_for| valid_for.max(MIN_VALIDITY));
        let created = match client.merchant_redirect_qr(order_number, pay_url, valid_for, image).await {
            // The code exists already.
            Err(Error::Refused(problem)) if problem.status == 409 => {
                client.merchant_redirect_qr_of(order_number, image).await
            }
            created => created,
        };
        created.map(|code| code.url).map_err(|error| Unavailable::of(&error))
    }
}
