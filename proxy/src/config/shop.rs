//! The shop: its name and addresses, its catalogue, and how orders are opened.

use std::path::Path;

use super::catalogue::Catalogue;
use super::front::Shopfront;
use super::reader::Reader;
use super::sales_units::SalesUnit;
use super::signed_carts::SignedCarts;
use super::wordings::Wordings;
use crate::checkout::{Moment, ReceiptBy};

/// The options of `[shop]`. They are read before those of the sales units, which may differ from them.
pub(super) struct Section {
    /// The shop as customers know it.
    pub(super) front: Shopfront,
    asks_phone_number: bool,
    receipt: ReceiptBy,
    payable_ms: i64,
}

impl Section {
    pub(super) fn read(shop: &mut Reader<'_>) -> Self {
        Self {
            front: Shopfront::read(shop),
            asks_phone_number: shop.flag("asks_phone_number"),
            receipt: shop.one_of(
                "receipt",
                &[
                    ("create", ReceiptBy::Create),
                    ("order-management", ReceiptBy::OrderManagement),
                    ("none", ReceiptBy::None),
                ],
            ),
            payable_ms: shop.between("payable_hours", 1, 7 * 24) * 60 * 60 * 1000,
        }
    }
}

/// The shop and its catalogue.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The shop as customers know it, where their sales unit says nothing else.
    pub front: Shopfront,
    /// Whether customers are asked for their telephone number.
    pub asks_phone_number: bool,
    /// How the app gets the receipt.
    pub receipt: ReceiptBy,
    /// How long an order of a page can be paid, in milliseconds.
    pub payable_ms: i64,
    /// The articles and prices.
    pub catalogue: Catalogue,
    /// The keys of signed carts.
    pub signed_carts: SignedCarts,
    /// The texts of consents.
    pub wordings: Wordings,
    /// Payment requests.
    pub requests: Requests,
    /// When the brand becomes Vipps in every market.
    pub renamed_at: Moment,
    /// The URL under which customers reach the proxy, without a slash at the end.
    pub public_url: String,
    /// The origins to which a customer may return.
    pub allowed_origins: Vec<String>,
}

impl Shop {
    pub(super) fn read(
        top: &mut Reader<'_>,
        section: Section,
        folder: &Path,
        units: &[SalesUnit],
        public_url: &str,
        allowed_origins: &[String],
        renamed_at: Moment,
    ) -> Self {
        let catalogue = top.optional("catalogue").map(|path| Catalogue::read(&folder.join(path)));
        let catalogue = catalogue.unwrap_or_else(|| Ok(Catalogue::default())).unwrap_or_else(|mistakes| {
            mistakes.iter().for_each(|mistake| top.mistake("catalogue", mistake));
            Catalogue::default()
        });
        let signed_carts = SignedCarts::read(top, units);
        let wordings = Wordings::read(top);
        let requests = top.section("requests", Requests::read);
        let Section { front, asks_phone_number, receipt, payable_ms } = section;
        Self {
            front,
            asks_phone_number,
            receipt,
            payable_ms,
            catalogue,
            signed_carts,
            wordings,
            requests,
            renamed_at,
            public_url: public_url.to_owned(),
            allowed_origins: allowed_origins.to_vec(),
        }
    }
}

/// Payment requests.
#[derive(Clone, Copy, Debug)]
pub struct Requests {
    /// How long a request is open unless the shop sets another time, in milliseconds.
    pub open_ms: i64,
    /// Whether Vipps MobilePay draws the QR; the app scans that one too.
    pub vendor_qr: bool,
}

impl Requests {
    fn read(requests: &mut Reader<'_>) -> Self {
        Self {
            open_ms: requests.between("hours", 1, 180 * 24) * 60 * 60 * 1000,
            vendor_qr: requests.one_of("qr", &[("own", false), ("vipps", true)]),
        }
    }
}
