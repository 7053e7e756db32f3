//! The order's lines, the VAT by rate and the total, for the start screen and the confirmation.
//!
//! All amounts come from the proxy's cart. Apart from the line's discount, what is paid by other means and the sum of the VAT nothing is
//! calculated here.

use kvitt_wire::{Amount, Cart, Line};

use super::ui::Ui;
use crate::format;
use crate::text::Word;

/// So many lines are always shown; the rest can be unfolded.
const SHOWN: usize = 5;

/// Writes the whole list. `pictures` is the proxy's address; without it the list has no pictures, as on a confirmation.
pub(super) fn lines(ui: &mut Ui<'_>, cart: &Cart, pictures: Option<&str>) {
    let currency = cart.total.currency;
    let amount = |value| Amount { value, currency };
    let pictures = pictures.filter(|_| cart.lines.iter().any(|line| line.picture.is_some()));
    ui.open("div.order");
    // Without list markers some screen readers need the role.
    ui.open("ul.lines|role=list");
    for (index, line) in cart.lines.iter().enumerate() {
        if index == SHOWN && cart.lines.len() > SHOWN + 1 {
            ui.close();
            ui.open("details.more");
            ui.fill("summary", Word::MoreLines, &[&format::count((cart.lines.len() - SHOWN) as i64)]);
            ui.open("ul.lines|role=list");
        }
        ui.open("li.line");
        if let Some(origin) = pictures {
            picture(ui, origin, line);
        }
        ui.open("div.what");
        ui.leaf("span.name", &line.name);
        ui.open("span.note");
        ui.number("quantity", line.quantity.thousandths() as i64);
        if let Some(unit) = line.unit {
            ui.text("\u{a0}");
            ui.text(unit.symbol());
        }
        ui.text(" × ");
        ui.number(currency.code(), line.unit_price);
        let discount = line.quantity.times(line.unit_price) - line.total;
        if discount != 0 {
            ui.text(" − ");
            ui.number(currency.code(), discount);
        }
        ui.close();
        ui.close();
        ui.figure("span.sum", currency.code(), line.total);
        ui.close();
    }
    ui.close();
    if cart.lines.len() > SHOWN + 1 {
        ui.close();
    }
    ui.open("dl.sums");
    let otherwise = cart.paid_otherwise();
    if otherwise != 0 {
        ui.sum("div.otherwise", ui.words.text(Word::PaidOtherwise), amount(-otherwise));
    }
    ui.sum("div.total", ui.words.text(Word::Total), cart.total);
    for (rate, vat) in vat_by_rate(&cart.lines) {
        ui.open("div.vat");
        ui.open("dt");
        ui.around(Word::Vat, |ui| ui.number("rate", rate.into()));
        ui.close();
        ui.figure("dd", currency.code(), vat);
        ui.close();
    }
    ui.close();
    ui.close();
}

fn picture(ui: &mut Ui<'_>, origin: &str, line: &Line) {
    ui.open("span.picture");
    if let Some(path) = &line.picture {
        let mut url = String::from(if path.starts_with('/') { origin } else { "" });
        url.push_str(path);
        ui.open("img|alt=|width=56|height=56");
        ui.attr("src", &url);
        ui.close();
    }
    ui.close();
}

fn vat_by_rate(lines: &[Line]) -> Vec<(u32, i64)> {
    let mut sums: Vec<(u32, i64)> = Vec::new();
    for line in lines {
        match sums.iter_mut().find(|(rate, _)| *rate == line.vat_rate) {
            Some((_, sum)) => *sum += line.vat,
            None => sums.push((line.vat_rate, line.vat)),
        }
    }
    sums
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_is_summed_by_rate() {
        let line = |vat_rate, vat| Line {
            sku: "mug".into(),
            name: "Mug".into(),
            quantity: 1.into(),
            unit_price: 10_000,
            total: 10_000,
            vat_rate,
            vat,
            ..Line::default()
        };
        let lines = [line(2500, 2000), line(1500, 1304), line(2500, 500)];
        assert_eq!(vat_by_rate(&lines), [(2500, 2500), (1500, 1304)]);
    }
}
