//! Converts a receipt to the form of Vipps MobilePay: quantities are text, and no amount is negative.

use kvitt_vipps::{BottomLine, OrderLine, QuantityUnit, UnitInfo};
use kvitt_wire::Line;

use crate::checkout::effect::Receipt;

pub(super) fn body(receipt: &Receipt) -> kvitt_vipps::Receipt {
    let bottom_line =
        BottomLine { receipt_number: Some(receipt.number.clone()), ..BottomLine::new(receipt.currency.code()) };
    kvitt_vipps::Receipt { order_lines: receipt.lines.iter().map(line).collect(), bottom_line }
}

fn line(line: &Line) -> OrderLine {
    OrderLine {
        name: line.name.clone(),
        id: line.sku.clone(),
        total_amount: line.total.abs(),
        total_amount_excluding_tax: (line.total - line.vat).abs(),
        total_tax_amount: line.vat.abs(),
        tax_rate: Some(line.vat_rate),
        unit_info: Some(UnitInfo {
            unit_price: line.unit_price.abs(),
            quantity: line.quantity.to_string(),
            quantity_unit: Some(QuantityUnit::Pieces),
        }),
        discount: (line.discount != 0).then_some(line.discount),
        product_url: line.url.clone(),
        // Marks a line with a negative amount: the rounding of a cart whose lines sum to more than its total.
        is_return: (line.total < 0).then_some(true),
        is_shipping: line.shipping.then_some(true),
    }
}
