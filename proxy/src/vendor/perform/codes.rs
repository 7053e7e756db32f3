//! QR codes of the vendor's that lead to our pages ([QR](https://developer.vippsmobilepay.com/docs/APIs/qr-api/)).

use std::time::Duration;

use kvitt_vipps::{Error, QrImage};

use super::{Performer, Unseen};

/// The side of the vendor's picture, in pixels.
const SIDE: u16 = 1024;
/// The shortest that the vendor's code lasts.
const SHORTEST: Duration = Duration::from_secs(300);

impl Performer {
    /// Where the picture is of the code that leads to an order's pay page. It is made when it is asked for first.
    ///
    /// # Errors
    /// [`Unseen`], and it may be asked for again.
    pub async fn pay_page_qr(
        &self,
        sales_unit: &str,
        order_number: &str,
        pay_url: &str,
        lasts: Option<Duration>,
        drawing: bool,
    ) -> Result<String, Unseen> {
        let client = self.known(sales_unit)?;
        let image = if drawing { QrImage::Svg } else { QrImage::Png { size: SIDE } };
        let lasts = lasts.map(|lasts| lasts.max(SHORTEST));
        let made = match client.merchant_redirect_qr(order_number, pay_url, lasts, image).await {
            // It has been asked for before.
            Err(Error::Refused(problem)) if problem.status == 409 => {
                client.merchant_redirect_qr_of(order_number, image).await
            }
            made => made,
        };
        made.map(|code| code.url).map_err(|error| Unseen::of(&error))
    }
}
