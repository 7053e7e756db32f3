//! What is offered to be paid later.

use super::reader::Reader;

/// What is offered to be paid later.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    /// How long it may be paid when the shop does not say, in milliseconds.
    pub stands_ms: i64,
    /// Whether the QR is the vendor's, which the app scans too.
    pub vendor_qr: bool,
}

impl Requests {
    pub(super) fn read(requests: &mut Reader<'_>) -> Self {
        Self {
            stands_ms: requests.between("hours", 1, 180 * 24) * 60 * 60 * 1000,
            vendor_qr: requests.one_of("qr", &[("own", false), ("vipps", true)]),
        }
    }
}
