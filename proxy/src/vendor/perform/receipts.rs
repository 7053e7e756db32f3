//! Converts a receipt to the form of Vipps MobilePay: quantities are text, and no amount is negative.

use kvitt_vipps::{BottomLine, OrderLine, QuantityUnit, UnitInfo};
use kvitt_wire::{Line, PaymentSources, Unit};

use crate::checkout::effect::Receipt;

pub(super) fn body(receipt: &Receipt) -> kvitt_vipps::Receipt {
    let bottom_line = BottomLine {
        receipt_number: Some(receipt.number.clone()),
        payment_sources: payment_sources(receipt.payment_sources),
        ..BottomLine::new(receipt.currency.code())
    };
    kvitt_vipps::Receipt { order_lines: receipt.lines.iter().map(line).collect(), bottom_line }
}

fn payment_sources(sources: PaymentSources) -> Option<kvitt_vipps::PaymentSources> {
    let given = |amount: i64| (amount != 0).then_some(amount);
    let PaymentSources { gift_card, voucher, card, cash } = sources;
    (!sources.is_empty()).then(|| kvitt_vipps::PaymentSources {
        gift_card: given(gift_card),
        voucher: given(voucher),
        card: given(card),
        cash: given(cash),
    })
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
            quantity_unit: Some(match line.unit {
                None => QuantityUnit::Pieces,
                Some(Unit::Kg) => QuantityUnit::Kilograms,
                Some(Unit::Km) => QuantityUnit::Kilometres,
                Some(Unit::Minute) => QuantityUnit::Minutes,
                Some(Unit::Litre) => QuantityUnit::Litres,
                Some(Unit::Kwh) => QuantityUnit::KilowattHours,
            }),
        }),
        discount: (line.discount != 0).then_some(line.discount),
        product_url: line.url.clone(),
        // Marks a line with a negative amount: a return, a voucher, or the rounding of a cart whose lines sum to more than its total.
        is_return: (line.total < 0).then_some(true),
        is_shipping: line.shipping.then_some(true),
    }
}
